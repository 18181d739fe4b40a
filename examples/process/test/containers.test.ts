import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { events, pods } from 'vk-sdk';
import { markedProcesses } from '../src/supervisor/marks.js';
import { appOf, condition, context, podOf, Scene, sh } from './scene.js';

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
});

afterAll(() => scene[Symbol.asyncDispose]());

describe.concurrent('a pod of processes', () => {
  it('runs, and leaves neither a process nor a file when it is deleted', async () => {
    const pod = await scene.run(podOf('web', sh('app', 'setsid sleep 1000 & sleep 1000')));
    expect(pod.status).toMatchObject({ phase: 'Running', podIP: '127.0.0.1', hostIP: '127.0.0.1' });
    expect(condition(pod.status ?? {}, 'Ready')).toBe('True');
    const mark = `${pod.metadata.uid ?? ''}/`;
    await eventually('three processes', () => markedProcesses(mark).length === 3);
    await scene.delete('web');
    expect(markedProcesses(mark)).toEqual([]);
    expect(existsSync(scene.folder(pod))).toBe(false);
  });

  it('leaves no file of a pod whose volumes cannot be written', async () => {
    const uid = randomUUID();
    const folder = join(scene.stateFolder, 'pods', uid);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'volumes'), 'in the way of the directory');
    const env = [{ name: 'PASSWORD', value: 'hunter2' }];
    const pod = podOf('full', sh('app', 'exec sleep 1000', { env }), { volumes: [{ name: 'v', emptyDir: {} }] });
    const creation = scene.provider.createPod({ ...pod, metadata: { ...pod.metadata, uid } }, context);
    await expect(creation).rejects.toThrow('ENOTDIR');
    expect(existsSync(folder)).toBe(false);
  });

  it('keeps what its containers share in an emptyDir, and has a directory for each', async () => {
    const pod = await scene.run(
      podOf(
        'dirs',
        sh('app', 'cat $POD_ROOT/data/x; pwd; echo "$GREETING"; exec sleep 1000', {
          env: [
            { name: 'NAME', value: 'dirs' },
            { name: 'GREETING', value: 'hello from $(NAME)' },
          ],
          volumeMounts: [{ name: 'shared', mountPath: '/data' }],
        }),
        {
          initContainers: [
            sh('init', 'echo shared > $POD_ROOT/data/sub/x', {
              volumeMounts: [{ name: 'shared', mountPath: '/data/sub' }],
            }),
          ],
          volumes: [{ name: 'shared', emptyDir: {} }],
        },
      ),
    );
    const root = join(scene.folder(pod), 'containers', 'app', 'root');
    await eventually('the log', async () => (await scene.logs(pod)) === `shared\n${root}\nhello from dirs\n`);
    await scene.delete('dirs', 0);
  });

  it('kubelet-protocol §8: starts init containers and sidecars in order, and stops sidecars last, in reverse', async () => {
    const out = join(scene.stateFolder, 'order');
    const stays = (name: string) =>
      sh(name, `trap 'echo stop-${name} >> ${out}; exit 0' TERM; echo ${name} >> ${out}; while :; do sleep 0.05; done`);
    const passes = (name: string) => sh(name, `echo ${name} >> ${out}`);
    const sidecar = (name: string) => ({ ...stays(name), restartPolicy: 'Always' });
    await scene.run(
      podOf('order', stays('app'), {
        terminationGracePeriodSeconds: 5,
        initContainers: [passes('init-1'), sidecar('side-1'), passes('init-2'), sidecar('side-2')],
      }),
    );
    const order = () => readFileSync(out, 'utf8').trim().split('\n');
    await eventually('the start', () => order().length === 5);
    expect(order()).toEqual(['init-1', 'side-1', 'init-2', 'side-2', 'app']);
    await scene.delete('order');
    expect(order().slice(5)).toEqual(['stop-app', 'stop-side-2', 'stop-side-1']);
  });

  it('is given its grace, and then killed', async () => {
    const pod = await scene.run(podOf('deaf', sh('app', "trap '' TERM; echo on; while :; do sleep 0.1; done")));
    await eventually('the trap', async () => (await scene.logs(pod)) === 'on\n');
    const began = Date.now();
    await scene.delete('deaf');
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
    expect(markedProcesses(pod.metadata.uid ?? '')).toEqual([]);
  });

  it('has its hooks run, and takes its stop signal', async () => {
    const out = join(scene.stateFolder, 'hooks');
    const log = (text: string) => ({ exec: { command: ['sh', '-c', `echo ${text} >> ${out}`] } });
    await scene.run(
      podOf(
        'hooks',
        sh('app', `trap 'echo int >> ${out}; exit 0' INT; while :; do sleep 0.05; done`, {
          lifecycle: { postStart: log('postStart'), preStop: log('preStop'), stopSignal: 'SIGINT' },
        }),
        { terminationGracePeriodSeconds: 5 },
      ),
      (status) => appOf(status)?.ready,
    );
    await scene.delete('hooks');
    expect(readFileSync(out, 'utf8')).toBe('postStart\npreStop\nint\n');
  });

  it('ends when it has been active for as long as it may', async () => {
    const pod = await scene.run(
      podOf('late', sh('app', 'sleep 1000'), { activeDeadlineSeconds: 1 }),
      ({ phase }) => phase === 'Failed',
    );
    expect(pod.status?.reason).toBe('DeadlineExceeded');
    expect(appOf(pod.status)?.state?.terminated?.exitCode).toBe(143);
    await scene.delete('late');
  });

  it('that needs what processes cannot give is refused, with the reason', async () => {
    const pod = await scene.run(
      podOf('refused', { name: 'app', image: 'nginx' }, { volumes: [{ name: 'c', hostPath: { path: '/' } }] }),
      ({ reason }) => reason === 'ProviderFailed',
    );
    expect(pod.status?.message).toContain('spec.volumes[c].hostPath: there are no such volumes for processes');
    await scene.delete('refused');
    await scene.run(podOf('silent', { name: 'app', image: 'nginx' }), ({ message }) =>
      message?.includes('has no command'),
    );
    await scene.delete('silent');
    expect(scene.server.objects(events).length).toBeGreaterThan(0);
  });
});

describe.concurrent('a container that ends', () => {
  it.each([
    ['Never', 'exit 3', 'Failed', 3],
    ['Never', 'exit 0', 'Succeeded', 0],
    ['OnFailure', 'exit 0', 'Succeeded', 0],
  ])('with policy %s by "%s": the pod is %s', async (restartPolicy, script, phase, exitCode) => {
    const name = `job-${restartPolicy.toLowerCase()}-${exitCode}`;
    const pod = await scene.run(podOf(name, sh('app', script), { restartPolicy }), (status) => status.phase === phase);
    expect(appOf(pod.status)).toMatchObject({ restartCount: 0, state: { terminated: { exitCode } } });
    await scene.delete(name);
  });

  it('is started again, at once and then with growing delays, and keeps the log of the run before', async () => {
    const pod = await scene.run(
      podOf('loop', sh('app', 'echo $VK_PROCESS_RUN; exit 4')),
      (status) =>
        (appOf(status)?.restartCount ?? 0) >= 2 && appOf(status)?.state?.waiting?.reason === 'CrashLoopBackOff',
    );
    expect(appOf(pod.status)).toMatchObject({
      ready: false,
      lastState: { terminated: { exitCode: 4, reason: 'Error' } },
    });
    // A log may be gone by the time it is read: the container goes on restarting.
    const runOf = async (previous: boolean): Promise<number> => {
      const said = await scene.logs(pod, 'app', { previous }).catch(() => '');
      return Number(/\/app\/(\d+)\n$/.exec(said)?.[1]);
    };
    await eventually('the logs of two runs in a row', async () => (await runOf(false)) === (await runOf(true)) + 1);
    await scene.delete('loop');
  });

  it('kubelet-protocol §8: says why in its message, or by the end of its log', async () => {
    const says = 'mkdir -p dev; echo out of luck > dev/termination-log; exit 1';
    const pod = await scene.run(
      podOf('says', sh('app', says), { restartPolicy: 'Never' }),
      ({ phase }) => phase === 'Failed',
    );
    expect(appOf(pod.status)?.state?.terminated?.message).toBe('out of luck\n');
    const fallback = sh('app', 'echo one; echo two; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' });
    const other = await scene.run(
      podOf('logs', fallback, { restartPolicy: 'Never' }),
      ({ phase }) => phase === 'Failed',
    );
    expect(appOf(other.status)?.state?.terminated?.message).toBe('one\ntwo\n');
    await scene.delete('says');
    await scene.delete('logs');
  });

  it('cannot be started: says what is missing', async () => {
    const missing = { name: 'app', image: 'not-used', command: ['no-such-program'] };
    const pod = await scene.run(
      podOf('missing', missing, { restartPolicy: 'Never' }),
      ({ phase }) => phase === 'Failed',
    );
    expect(appOf(pod.status)?.state?.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: 'no-such-program: executable file not found in $PATH',
    });
    await scene.delete('missing');
  });
});

describe.concurrent('probes', () => {
  const every = { periodSeconds: 1, failureThreshold: 1 };

  it('make a container ready, and unready, by a command', async () => {
    const exec = { command: ['test', '-e', 'ready'] };
    const pod = await scene.run(podOf('ready', sh('app', 'sleep 1000', { readinessProbe: { exec, ...every } })));
    expect(condition(pod.status ?? {}, 'Ready')).toBe('False');
    writeFileSync(join(scene.folder(pod), 'containers', 'app', 'root', 'ready'), '');
    await scene.until('ready', (status) => condition(status, 'Ready') === 'True');
    await scene.exec(pod, ['rm', 'ready']);
    await scene.until('ready', (status) => condition(status, 'Ready') === 'False');
    await scene.delete('ready');
  });

  it('restart a container that fails its liveness, and hold others back until it has started', async () => {
    const startupProbe = { exec: { command: ['test', '-e', 'started'] }, periodSeconds: 1, failureThreshold: 10 };
    const livenessProbe = { exec: { command: ['test', '-e', 'alive'] }, ...every };
    const script = 'sleep 0.5; touch started; sleep 1000';
    const pod = await scene.run(podOf('alive', sh('app', script, { startupProbe, livenessProbe })));
    expect(appOf(pod.status)).toMatchObject({ started: false, ready: false });
    const restarted = await scene.until('alive', (status) => appOf(status)?.restartCount === 1);
    expect(appOf(restarted.status)?.lastState?.terminated?.exitCode).toBe(143);
    await scene.delete('alive');
  });

  it('ask by HTTP, by the name of a port, and by TCP', async () => {
    const server = (port: number, status: number) =>
      `require('http').createServer((q, s) => { s.statusCode = q.url === '/ok' ? 200 : ${status}; s.end(); }).listen(${port}, '127.0.0.1')`;
    const container = (name: string, port: number, status: number, readinessProbe: object) => ({
      name,
      image: 'not-used',
      command: [process.execPath, '-e', server(port, status)],
      ports: [{ name: 'web', containerPort: port }],
      readinessProbe: { ...readinessProbe, ...every },
    });
    await scene.run(
      podOf('http', container('app', 18_231, 500, { httpGet: { path: '/ok', port: 'web' } }), {
        containers: [
          container('app', 18_231, 500, { httpGet: { path: '/ok', port: 'web' } }),
          container('bad', 18_232, 500, { httpGet: { path: '/', port: 'web' } }),
          container('tcp', 18_233, 500, { tcpSocket: { port: 18_233 } }),
        ],
      }),
      ({ containerStatuses = [] }) => containerStatuses.map(({ ready }) => ready).join() === 'true,false,true',
    );
    await scene.delete('http');
  });
});

describe.concurrent('an update of a pod', () => {
  it('kubelet-protocol §8: starts ephemeral containers, once', async () => {
    const pod = await scene.run(podOf('debugged', sh('app', 'sleep 1000')));
    const ephemeralContainers = [sh('debugger', 'echo looking; exit 2')];
    const where = { namespace: 'default', name: 'debugged' };
    const options = { subresource: 'ephemeralcontainers' };
    await scene.server.client.patch(pods, where, 'strategic', { spec: { ephemeralContainers } }, options);
    const debugged = await scene.until(
      'debugged',
      (status) => status.ephemeralContainerStatuses?.[0]?.state?.terminated,
    );
    expect(debugged.status?.ephemeralContainerStatuses?.[0]).toMatchObject({
      name: 'debugger',
      restartCount: 0,
      state: { terminated: { exitCode: 2 } },
    });
    expect(appOf(debugged.status)?.state?.running).toBeDefined();
    expect(await scene.logs(pod, 'debugger')).toBe('looking\n');
    await scene.delete('debugged', 0);
  });

  it('kubelet-protocol §8: acknowledges resources that are resized in place', async () => {
    const resources = (cpu: string) => ({ requests: { cpu } });
    await scene.run(podOf('resized', sh('app', 'exec sleep 1000', { resources: resources('10m') })));
    const where = { namespace: 'default', name: 'resized' };
    const spec = { containers: [{ name: 'app', resources: resources('20m') }] };
    await scene.server.client.patch(pods, where, 'strategic', { spec }, { subresource: 'resize' });
    const pod = await scene.until('resized', (status) => appOf(status)?.allocatedResources?.['cpu'] === '20m');
    expect(appOf(pod.status)).toMatchObject({ restartCount: 0, resources: resources('20m') });
    await scene.delete('resized', 0);
  });
});
