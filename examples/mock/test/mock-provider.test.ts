import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { duplexPair, MemorySession, silentLogger, type ContainerLogOptions, type Pod, type PodStatus } from 'vk-sdk';
import { ManualClock } from 'vk-sdk/testing';
import { NotifyingMockProvider, type MockProviderOptions } from '../src/mock-provider.js';

const node = { cpu: '1', memory: '1Gi', pods: '10', others: {}, labels: {} };

function podWith(spec: Partial<Pod['spec']> = {}, annotations: Record<string, string> = {}): Pod {
  return {
    metadata: { namespace: 'default', name: 'web', uid: 'uid-1', annotations },
    spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
  };
}

function setUp(options: Partial<MockProviderOptions> = {}) {
  const clock = new ManualClock();
  const provider = new NotifyingMockProvider({ node, clock, ...options });
  const told: PodStatus[] = [];
  provider.notifyPods((pod) => pod.status && told.push(pod.status));
  const context = { signal: new AbortController().signal, logger: silentLogger };
  return { clock, provider, told, context, deletion: { ...context, gracePeriodSeconds: 30 } };
}

describe('the mock provider', () => {
  it('takes a pod that it has already for its own', async () => {
    const { provider, context } = setUp();
    await provider.createPod(podWith(), context);
    const before = await provider.getPods();
    await provider.createPod(podWith(), context);
    expect(await provider.getPods()).toEqual(before);
  });

  it('tells of the pod’s end, and forgets it', async () => {
    const { provider, told, context, deletion } = setUp();
    await provider.createPod(podWith(), context);
    await provider.deletePod({ ...podWith() }, deletion);
    expect(told.at(-1)).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ state: { terminated: { exitCode: 0 } } }],
    });
    expect(await provider.getPods()).toEqual([]);
    await provider.deletePod(podWith(), deletion);
  });

  it('restarts a container that ends, later each time, and counts', async () => {
    const { provider, clock, context, told } = setUp();
    await provider.createPod(podWith({}, { 'mock.vk-sdk.io/complete-after': '10s' }), context);
    await clock.advance(10_000);
    expect(told.at(-1)).toMatchObject({
      phase: 'Running',
      containerStatuses: [{ restartCount: 0, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
    });
    await clock.advance(1_000);
    expect(told.at(-1)?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      state: { running: {} },
      lastState: { terminated: { exitCode: 0 } },
    });
    await clock.advance(11_999);
    expect(told.at(-1)?.containerStatuses?.[0]?.restartCount).toBe(1);
    await clock.advance(1);
    expect(told.at(-1)?.containerStatuses?.[0]?.restartCount).toBe(2);
    provider.close();
    expect(clock.pending).toBe(0);
  });

  it('restarts on OnFailure only what failed, and ends sidecars with the last container', async () => {
    const { provider, clock, context, told } = setUp();
    const spec = {
      restartPolicy: 'OnFailure',
      initContainers: [{ name: 'init' }, { name: 'proxy', restartPolicy: 'Always' }],
    };
    await provider.createPod(podWith(spec, { 'mock.vk-sdk.io/complete-after': '1s' }), context);
    expect(told.at(-1)?.phase).toBe('Running');
    await clock.advance(1_000);
    expect(told.at(-1)?.phase).toBe('Succeeded');
    expect(told.at(-1)?.initContainerStatuses?.every(({ state }) => state?.terminated?.exitCode === 0)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('has containers waiting for as long as it is told to', async () => {
    const { provider, clock, context, told } = setUp({ startDelayMs: 5_000 });
    await provider.createPod(podWith(), context);
    expect(told.at(-1)).toMatchObject({ phase: 'Pending', containerStatuses: [{ state: { waiting: {} } }] });
    await clock.advance(5_000);
    expect(told.at(-1)?.phase).toBe('Running');
  });

  it('starts nothing for a creation that is aborted while it takes its time', async () => {
    const { provider, clock, context } = setUp({ createDelayMs: 5_000 });
    const aborting = new AbortController();
    const creation = provider.createPod(podWith(), { ...context, signal: aborting.signal });
    aborting.abort(new Error('deleted'));
    await expect(creation).rejects.toThrow('deleted');
    await clock.advance(10_000);
    expect(await provider.getPods()).toEqual([]);
  });

  it('starts ephemeral containers, and takes over resized resources, on an update', async () => {
    const { provider, context, told } = setUp();
    await provider.createPod(podWith(), context);
    const resources = { requests: { cpu: '2' } };
    await provider.updatePod(
      podWith({ containers: [{ name: 'app', image: 'app:2', resources }], ephemeralContainers: [{ name: 'debug' }] }),
    );
    expect(told.at(-1)).toMatchObject({
      phase: 'Running',
      containerStatuses: [{ image: 'app:2', resources, restartCount: 0 }],
      ephemeralContainerStatuses: [{ state: { running: {} } }],
    });
  });
});

describe('the streams of the mock provider', () => {
  const ref = { namespace: 'default', name: 'web', uid: 'uid-1', container: 'app' };

  async function running(pod = podWith(), options: Partial<MockProviderOptions> = {}) {
    const mock = setUp(options);
    await mock.provider.createPod(pod, mock.context);
    const log = async (wanted: ContainerLogOptions): Promise<string> =>
      text(await mock.provider.getContainerLogs(ref, wanted, mock.context));
    return { ...mock, log };
  }

  it('have logs that go on while the container runs, and end with it', async () => {
    const { provider, clock, context, deletion, log } = await running();
    await clock.advance(25_000);
    expect(await log({})).toBe('app: started\napp: has run for 10 s\napp: has run for 20 s\n');
    expect(await log({ tailLines: 1, timestamps: true })).toBe(
      '2026-01-01T00:00:20.000000000Z app: has run for 20 s\n',
    );
    const following = text(await provider.getContainerLogs(ref, { follow: true, tailLines: 0 }, context));
    await clock.advance(5_000);
    await provider.deletePod(podWith(), deletion);
    await clock.advance(10_000);
    expect(await following).toBe('app: has run for 30 s\napp: ended with exit code 0\n');
    await expect(log({})).rejects.toMatchObject({ code: 'NotFound' });
    expect(clock.pending).toBe(0);
  });

  it('have the log of the run before, and of a run that has ended', async () => {
    const { provider, clock, log } = await running(
      podWith({}, { 'mock.vk-sdk.io/complete-after': '15s', 'mock.vk-sdk.io/exit-code': '3' }),
    );
    await expect(log({ previous: true })).rejects.toMatchObject({ code: 'NotFound' });
    await clock.advance(15_000);
    const first = 'app: started\napp: has run for 10 s\napp: ended with exit code 3\n';
    expect(await log({})).toBe(first);
    expect(await log({ previous: true })).toBe(first);
    await clock.advance(1_000);
    expect(await log({})).toBe('app: started\n');
    expect(await log({ previous: true })).toBe(first);
    provider.close();
  });

  it('keep no more than the last thousand lines', async () => {
    const { clock, log } = await running();
    await clock.advance(20_000_000);
    const lines = (await log({})).trimEnd().split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([1_000, 'app: has run for 20000 s']);
  });

  it('echo what an exec is given, and end with the exit code that it asks for', async () => {
    const { provider } = await running();
    const session = new MemorySession();
    session.stdin.end('hello');
    expect(await session.run((io) => provider.runInContainer(ref, ['tar', 'x'], io))).toEqual({
      result: 0,
      stdout: 'mock container app runs tar x\nhello',
      stderr: '',
    });
    const failing = new MemorySession();
    expect((await failing.run((io) => provider.runInContainer(ref, ['exit', '7'], io))).result).toBe(7);
    const unknown = new MemorySession().run((io) => provider.runInContainer({ ...ref, uid: 'x' }, ['ls'], io));
    await expect(unknown).rejects.toMatchObject({ code: 'NotFound' });
  });

  it.each([
    ['Ctrl-D', '\x04', 0],
    ['Ctrl-C', '\x03', 130],
  ])('echo keys and sizes on a terminal, until %s', async (_, key, exitCode) => {
    const { provider } = await running();
    const session = new MemorySession({ tty: true });
    session.resize({ width: 80, height: 24 });
    session.stdin.write(`ls\r${key}`);
    const answer = await session.run((io) => provider.runInContainer(ref, ['sh'], io));
    expect(answer.result).toBe(exitCode);
    expect(answer.stdout).toContain('mock container app runs sh\r\n');
    expect(answer.stdout).toContain('80x24\r\n');
    expect(answer.stdout).toContain('ls\r\n');
  });

  it('echo what an attach is given, and show it the log where it gives nothing', async () => {
    const { provider, clock, context, deletion } = await running();
    const talking = new MemorySession();
    talking.stdin.end('hello');
    const { stdout } = await talking.run((io) => provider.attachToContainer(ref, io, context));
    expect(stdout).toBe('attached to mock container app\nhello');
    const watching = new MemorySession({ stdin: false });
    const watched = watching.run((io) => provider.attachToContainer(ref, io, context));
    await clock.advance(15_000);
    await provider.deletePod(podWith(), deletion);
    await clock.advance(10_000);
    expect((await watched).stdout).toBe('app: has run for 10 s\napp: ended with exit code 0\n');
  });

  it('echo on every port, or on those that the pod names', async () => {
    const { provider } = await running();
    const [client, connection] = duplexPair();
    client.end('ping');
    const [heard] = await Promise.all([text(client), provider.portForward(ref, 80, connection)]);
    expect(heard).toBe('ping');
    const containers = [{ name: 'app', ports: [{ containerPort: 8080 }] }];
    const picky = await running(podWith({ containers }));
    await expect(picky.provider.portForward(ref, 80, duplexPair()[1])).rejects.toThrow(
      'port 80 of pod default/web: nobody listens there',
    );
  });

  it('have figures that grow with time, for what runs', async () => {
    const { provider, clock } = await running();
    provider.configureNode({ metadata: { name: 'mock-1' } });
    const usage = async () => {
      const { node, pods } = await provider.getStatsSummary();
      return { nodeName: node.nodeName, cpu: node.cpu?.usageCoreNanoSeconds ?? 0, pods };
    };
    await clock.advance(10_000);
    const early = await usage();
    await clock.advance(10_000);
    const late = await usage();
    expect(late.nodeName).toBe('mock-1');
    expect(late.cpu).toBeGreaterThan(early.cpu);
    expect(late.pods).toMatchObject([
      { podRef: { name: 'web' }, containers: [{ name: 'app', memory: { workingSetBytes: expect.any(Number) } }] },
    ]);
    const { usageNanoCores = 0, usageCoreNanoSeconds } = late.pods[0]?.cpu ?? {};
    expect(usageCoreNanoSeconds).toBe(usageNanoCores * 20);
  });
});
