import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, Program } from '@vk-sdk-examples/shared/testing';
import { nodes, pods, type Pod } from 'vk-sdk';
import { FakeApiServer } from 'vk-sdk/testing';

const folder = fileURLToPath(new URL('..', import.meta.url));

const kubectlProgram = process.env['KUBECTL'] ?? 'kubectl';
const hasKubectl = spawnSync(kubectlProgram, ['version', '--client']).status === 0;

/** Runs kubectl to its end, with a greeting as its input. */
function kubectl(args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(kubectlProgram, args, { timeout: 20_000 }, (error, stdout) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout }),
    );
    child.stdin?.end('hello\n');
  });
}

function podNamed(name: string, annotations: Record<string, string> = {}, spec: Partial<Pod['spec']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name, annotations },
    spec: {
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [{ name: 'app', image: 'app:1' }],
      ...spec,
    },
  };
}

describe('npm run mock', () => {
  const opened: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
  });

  async function startCluster(): Promise<FakeApiServer> {
    const server = new FakeApiServer({ scheduler: true });
    opened.push(server);
    await server.start();
    return server;
  }

  function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    // Any port: other nodes of this machine may have the kubelet's own.
    const program = new Program(folder, args, { KUBELET_PORT: '0', ...env });
    opened.push(program);
    return program;
  }

  function pod(server: FakeApiServer, name: string): Pod | undefined {
    return server.objects(pods).find(({ metadata }) => metadata.name === name);
  }

  async function inPhase(server: FakeApiServer, name: string, phase: string): Promise<Pod> {
    return eventually(`pod ${name} in phase ${phase}`, () => {
      const found = pod(server, name);
      return found?.status?.phase === phase && found;
    });
  }

  it.each(['notify', 'sync'])('runs pods, completes them and ends them, in mode %s', async (mode) => {
    const server = await startCluster();
    const program = start(['--kubeconfig', server.kubeconfig, '--nodename', 'mock-1', '--mode', mode]);
    await program.says(/node is ready/);
    const job = { 'mock.vk-sdk.io/complete-after': '50ms' };
    const failing = { ...job, 'mock.vk-sdk.io/exit-code': '3' };
    await server.client.create(pods, podNamed('web'));
    await server.client.create(pods, podNamed('job', job, { restartPolicy: 'Never' }));
    await server.client.create(pods, podNamed('failing', failing, { restartPolicy: 'Never' }));

    const web = await inPhase(server, 'web', 'Running');
    expect(web.status?.podIP).toMatch(/^10\.88\./);
    expect(web.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    await inPhase(server, 'job', 'Succeeded');
    const failed = await inPhase(server, 'failing', 'Failed');
    expect(failed.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(3);

    await server.client.delete(pods, { namespace: 'default', name: 'web' });
    await eventually('pod web is gone', () => pod(server, 'web') === undefined);

    program.signal('SIGTERM');
    expect(await program.ended()).toBe(0);
    const [node] = server.objects(nodes);
    expect(node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status).not.toBe('True');
    expect(pod(server, 'job')).toBeDefined();
  });

  it('takes the node from the configuration file, and from the variables of Go’s binary', async () => {
    const server = await startCluster();
    const temporary = await mkdtemp(join(tmpdir(), 'vk-sdk-mock-'));
    opened.push({ [Symbol.asyncDispose]: () => rm(temporary, { recursive: true }) });
    const file = join(temporary, 'mock.json');
    const section = {
      cpu: '2',
      memory: '32Gi',
      pods: '128',
      others: { 'x.io/gpu': '4' },
      providerID: 'mock://1',
      labels: { a: 'b' },
    };
    await writeFile(file, JSON.stringify({ 'mock-2': section }));
    const program = start(['--provider-config', file], {
      KUBECONFIG: server.kubeconfig,
      DEFAULT_NODE_NAME: 'mock-2',
      KUBELET_PORT: '10251',
      VKUBELET_POD_IP: '192.0.2.7',
      VKUBELET_TAINT_KEY: 'my/taint',
      VKUBELET_TAINT_VALUE: 'yes',
      VKUBELET_TAINT_EFFECT: 'NoExecute',
    });
    await program.says(/node is ready/);
    const [node] = server.objects(nodes);
    expect(node).toMatchObject({
      metadata: { name: 'mock-2', labels: { a: 'b' } },
      spec: { providerID: 'mock://1' },
      status: {
        capacity: { cpu: '2', memory: '32Gi', pods: '128', 'x.io/gpu': '4' },
        daemonEndpoints: { kubeletEndpoint: { Port: 10251 } },
      },
    });
    expect(node?.spec?.taints).toContainEqual({ key: 'my/taint', value: 'yes', effect: 'NoExecute' });
    expect(node?.status?.addresses).toContainEqual({ type: 'InternalIP', address: '192.0.2.7' });
    program.signal('SIGINT');
    expect(await program.ended()).toBe(0);
  });

  it('serves its pods’ logs through the apiserver, and execs by kubectl', async (test) => {
    const server = await startCluster();
    const program = start(['--kubeconfig', server.kubeconfig, '--nodename', 'mock-3']);
    await program.says(/node is ready/);
    await server.client.create(pods, podNamed('web'));
    await inPhase(server, 'web', 'Running');
    const path = '/api/v1/namespaces/default/pods/web/log';
    const { body } = await server.client.stream({ method: 'GET', path, query: { tailLines: 1 } });
    expect(await text(body)).toMatch(/^app: (started|has run for \d+ s)\n$/);

    if (!hasKubectl) test.skip('no kubectl on the path');
    const exec = (...args: string[]) =>
      kubectl(['--kubeconfig', server.kubeconfig, 'exec', '-i', 'web', '--', ...args]);
    expect(await exec('cat')).toEqual({ code: 0, stdout: 'mock container app runs cat\nhello\n' });
    expect((await exec('exit', '7')).code).toBe(7);
  });

  it('fails creations as it is told, which shows in the pod, and then gets it running', async () => {
    const server = await startCluster();
    const program = start(['--kubeconfig', server.kubeconfig, '--fail-create', '2', '--disable-taint']);
    await program.says(/node is ready/);
    await server.client.create(pods, podNamed('web', {}, { tolerations: [] }));
    await eventually('the failure in the status', () => pod(server, 'web')?.status?.reason === 'ProviderFailed');
    expect(pod(server, 'web')?.status?.message).toContain('creation fails, as --fail-create asks');
    const web = await inPhase(server, 'web', 'Running');
    expect(web.status?.reason).toBeUndefined();
    program.signal('SIGTERM');
    expect(await program.ended()).toBe(0);
  });

  it('ends with an error where the node is not ready in time', async () => {
    const server = await startCluster();
    server.faults.add({ on: { resource: 'nodes' }, fault: { type: 'hang' }, times: Infinity });
    const program = start(['--kubeconfig', server.kubeconfig, '--startup-timeout', '500ms']);
    expect(await program.ended()).toBe(1);
    expect(program.stderr).toContain('node virtual-kubelet: not ready within 500 ms (--startup-timeout)');
  });

  it.each([
    [[], 'no cluster'],
    [['--kubeconfig', '/does/not/exist'], '/does/not/exist'],
    [['--kubeconfig', 'x', '--mode', 'both'], '--mode: "both"'],
  ])('refuses %j', async (args, message) => {
    const program = start(args);
    expect([1, 2]).toContain(await program.ended());
    expect(program.stderr).toContain(message);
  });
});
