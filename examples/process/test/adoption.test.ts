import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, Program } from '@vk-sdk-examples/shared/testing';
import { podRef, pods, type Pod, type PodStatus } from 'vk-sdk';
import { FakeApiServer } from 'vk-sdk/testing';
import { ProcessProvider } from '../src/process-provider.js';
import { identify } from '../src/supervisor/identity.js';
import { markedProcesses } from '../src/supervisor/marks.js';
import { appOf, context, podOf, sh, text } from './scene.js';

const folder = fileURLToPath(new URL('..', import.meta.url));
const opened: (AsyncDisposable | (() => unknown))[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) {
    await (typeof each === 'function' ? each() : each[Symbol.asyncDispose]());
  }
});

function newStateFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'vk-process-'));
  opened.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function newProvider(stateFolder: string): ProcessProvider {
  const provider = new ProcessProvider({ nodeName: 'node-1', stateFolder });
  opened.push(() => provider.remove());
  return provider;
}

function withUid(pod: Pod, uid: string): Pod {
  return { ...pod, metadata: { ...pod.metadata, uid } };
}

/** As the supervisor wrote it. */
function pidOf(stateFolder: string, uid: string): number {
  const path = join(stateFolder, 'pods', uid, 'containers', 'app', 'runs', '0', 'started.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid;
}

describe('a provider that is killed', () => {
  it('is followed by one that has its pods again, as if nothing had happened', { timeout: 30_000 }, async () => {
    const server = new FakeApiServer({ scheduler: true });
    opened.push(server);
    await server.start();
    const stateFolder = newStateFolder();
    const start = (): Program => {
      const args = ['--kubeconfig', server.kubeconfig, '--nodename', 'node-1', '--state-dir', stateFolder];
      const program = new Program(folder, args, { VKUBELET_POD_IP: '127.0.0.1', KUBELET_PORT: '18250' });
      opened.push(program);
      return program;
    };
    const podNamed = (name: string): Pod | undefined =>
      server.objects(pods).find(({ metadata }) => metadata.name === name);
    const until = (name: string, wanted: (pod: Pod) => unknown): Promise<Pod> =>
      eventually(`pod ${name}: ${String(wanted)}`, () => {
        const pod = podNamed(name);
        return pod && wanted(pod) ? pod : undefined;
      });

    const first = start();
    await first.says(/node is ready/);
    expect(first.stderr).toContain('nothing isolates them');
    const count = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done';
    const wait = `while [ ! -e ${stateFolder}/go ]; do sleep 0.02; done; echo gone; exit 9`;
    await server.client.create(pods, podOf('counter', sh('app', count, { stdin: true })));
    await server.client.create(pods, podOf('away', sh('app', wait), { restartPolicy: 'Never' }));
    const before = await until('counter', ({ status }) => status?.phase === 'Running');
    const away = await until('away', ({ status }) => status?.phase === 'Running');
    const uid = before.metadata.uid ?? '';
    const pid = pidOf(stateFolder, uid);

    first.signal('SIGKILL');
    await first.ended();
    writeFileSync(join(stateFolder, 'go'), '');
    const exit = join(stateFolder, 'pods', away.metadata.uid ?? '', 'containers/app/runs/0/exit.json');
    await eventually('the end of the other', () => readFileSync(exit, 'utf8').includes('9'), 5_000).catch(
      () => undefined,
    );

    const second = start();
    await second.says(/node is ready/);
    const ended = await until('away', ({ status }) => status?.phase === 'Failed');
    expect(appOf(ended.status)?.state?.terminated).toMatchObject({ exitCode: 9 });
    const counter = podNamed('counter');
    expect(appOf(counter?.status)).toEqual(appOf(before.status));
    expect(pidOf(stateFolder, uid)).toBe(pid);
    expect(identify(pid)).toBeDefined();

    second.signal('SIGKILL');
    await second.ended();
    const third = newProvider(stateFolder);
    third.start();
    expect((await third.getPods()).map(({ metadata }) => metadata.name).sort()).toEqual(['away', 'counter']);
    const ref = { ...podRef(before), container: 'app' };
    await eventually(
      'the process',
      async () => (await third.getPodStatus(ref))?.containerStatuses?.[0]?.state?.running,
    );
    const stdout = new PassThrough();
    expect(await third.runInContainer(ref, ['echo', 'here'], { stdout, tty: false }, context)).toBe(0);
    expect(stdout.read()).toEqual(Buffer.from('here\n'));
    const gone = new AbortController();
    const attached = new PassThrough();
    const signal = gone.signal;
    const attaching = third.attachToContainer(ref, { stdout: attached, tty: false }, { ...context, signal });
    await eventually('output', () => attached.readableLength > 0);
    gone.abort();
    await expect(attaching).rejects.toThrow();

    const followed = await third.getContainerLogs(ref, { follow: true }, context);
    let said = '';
    followed.on('data', (chunk) => (said += String(chunk)));
    await eventually('the log', () => said.length > 0);
    await third.deletePod(before, { ...context, gracePeriodSeconds: 1 });
    await finished(followed);
    const lines = said.trim().split('\n');
    expect(lines.length).toBeGreaterThan(50);
    expect(lines).toEqual(lines.map((_, index) => String(index + 1)));
    await eventually('the end of the pod', async () => (await third.getPod(ref)) === undefined);
    expect(markedProcesses(uid)).toEqual([]);
  });

  it('is not followed by two at a time', () => {
    const stateFolder = newStateFolder();
    newProvider(stateFolder).start();
    expect(() => new ProcessProvider({ nodeName: 'node-1', stateFolder }).start()).toThrow(
      `state folder ${stateFolder}: process ${process.pid} uses it; choose another`,
    );
  });
});

describe('what a provider left unfinished', () => {
  it('before it had taken the pod over, is cleared away', async () => {
    const stateFolder = newStateFolder();
    mkdirSync(join(stateFolder, 'pods', 'u1'), { recursive: true });
    writeFileSync(join(stateFolder, 'pods', 'u1', 'pod.json.new'), '{"half');
    const provider = newProvider(stateFolder);
    provider.start();
    expect(await provider.getPods()).toEqual([]);
    await provider.createPod(withUid(podOf('again', sh('app', 'exec sleep 1000')), 'u1'), context);
    await eventually('the process', () => markedProcesses('u1/').length === 1);
  });

  it('before it had started a container, is started, once', async () => {
    const stateFolder = newStateFolder();
    const pod = withUid(podOf('begun', sh('app', 'echo hello; exec sleep 1000')), 'u2');
    const dead = new ProcessProvider({ nodeName: 'node-1', stateFolder });
    dead.start();
    await dead.createPod(pod, context);
    // The order is written; the supervisor may be on its way, or not.
    dead.close();
    const provider = newProvider(stateFolder);
    provider.start();
    await provider.createPod(pod, context);
    const ref = { ...podRef(pod), container: 'app' };
    await eventually('the process', async () => (await provider.getPodStatus(ref))?.phase === 'Running');
    await eventually(
      'its word',
      async () => (await text(await provider.getContainerLogs(ref, {}, context))) === 'hello\n',
    );
    expect(markedProcesses('u2/')).toHaveLength(1);
  });

  it('before a pod had stopped, goes on stopping', async () => {
    const stateFolder = newStateFolder();
    const pod = withUid(podOf('stopping', sh('app', "trap '' TERM; while :; do sleep 0.1; done")), 'u3');
    const dead = new ProcessProvider({ nodeName: 'node-1', stateFolder });
    dead.start();
    await dead.createPod(pod, context);
    await eventually('the process', () => markedProcesses('u3/').length > 0);
    await dead.deletePod(pod, { ...context, gracePeriodSeconds: 1 });
    dead.close();
    const provider = newProvider(stateFolder);
    provider.start();
    await eventually('the end of the pod', async () => (await provider.getPods()).length === 0);
    expect(markedProcesses('u3/')).toEqual([]);
  });

  it('is as healthy as it was: a container does not become unready by another provider', async () => {
    const stateFolder = newStateFolder();
    const readinessProbe = { exec: { command: ['true'] }, initialDelaySeconds: 1, periodSeconds: 1 };
    const pod = withUid(podOf('ready', sh('app', 'exec sleep 1000', { readinessProbe })), 'u5');
    const dead = new ProcessProvider({ nodeName: 'node-1', stateFolder });
    dead.start();
    await dead.createPod(pod, context);
    const ref = podRef(pod);
    await eventually('readiness', async () => appOf(await dead.getPodStatus(ref))?.ready);
    const before = await dead.getPodStatus(ref);
    dead.close();
    const provider = newProvider(stateFolder);
    const told: (PodStatus | undefined)[] = [];
    provider.notifyPods(({ status }) => told.push(status));
    provider.start();
    await eventually('the process', async () => {
      const stdout = new PassThrough();
      return (
        (await provider.runInContainer({ ...ref, container: 'app' }, ['true'], { stdout, tty: false }, context)) === 0
      );
    });
    expect(await provider.getPodStatus(ref)).toEqual(before);
    expect(told).toEqual([]);
  });

  it('of a pod whose processes died with the machine, is told, and started again', async () => {
    const stateFolder = newStateFolder();
    const pod = withUid(podOf('lost', sh('app', 'exec sleep 1000')), 'u4');
    const dead = new ProcessProvider({ nodeName: 'node-1', stateFolder });
    dead.start();
    await dead.createPod(pod, context);
    await eventually('the process', () => markedProcesses('u4/').length > 0);
    dead.close();
    const run = join(stateFolder, 'pods', 'u4', 'containers', 'app', 'runs', '0');
    const { pid } = JSON.parse(readFileSync(join(run, 'claim'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    const provider = newProvider(stateFolder);
    provider.start();
    const ref = podRef(pod);
    const status = await eventually('the restart', async () => {
      const found = appOf(await provider.getPodStatus(ref));
      return found?.restartCount === 1 && found.state?.running ? found : undefined;
    });
    expect(status.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' });
    expect(markedProcesses('u4/')).toHaveLength(1);
  });
});
