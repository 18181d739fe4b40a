import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pods, nodes } from '../../src/kube/resources.js';
import type { Pod } from '../../src/kube/types.js';
import { VirtualNode } from '../../src/node/virtual-node.js';
import { VkError } from '../../src/runtime/errors.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { MemoryProvider } from '../controller/pods/memory-provider.js';
import { eventually } from '../e2e/support/eventually.js';

const podOf = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default', name },
  spec: { nodeName: 'edge-1', containers: [{ name: 'c', image: 'i' }] },
});

describe('VirtualNode', () => {
  let server: FakeApiServer;
  let provider: MemoryProvider;
  let node: VirtualNode;

  beforeEach(async () => {
    server = new FakeApiServer();
    await server.start();
    provider = new MemoryProvider();
    node = new VirtualNode('edge-1', provider, server.client);
  });

  afterEach(async () => {
    await node.close();
    await server.stop();
  });

  it('becomes Ready, runs a pod and lets it go', async () => {
    await node.start();
    await node.ready();
    await server.client.create(pods, podOf('web'));
    await eventually(async () => {
      const pod = await server.client.get(pods, { namespace: 'default', name: 'web' });
      expect(pod.status).toMatchObject({ phase: 'Running' });
    });
    await server.client.delete(pods, { namespace: 'default', name: 'web' });
    await eventually(async () => expect((await server.client.list(pods)).items).toEqual([]));
    expect(provider.instances.size).toBe(0);
    expect(provider.journal).toEqual(['create default/web', 'delete default/web']);
  });

  it('refuses a provider that is none, and a client that is still awaited', () => {
    const nothing = async () => undefined;
    const lacking = { createPod: nothing, updatePod: nothing, deletePod: nothing, getPod: nothing };
    expect(() => new VirtualNode('edge-2', lacking as never, server.client)).toThrow(
      new VkError('InvalidInput', 'node edge-2: its provider lacks getPodStatus, getPods'),
    );
    expect(() => new VirtualNode('edge-2', provider, Promise.resolve(server.client) as never)).toThrow(
      new VkError('InvalidInput', 'node edge-2: its client is none; give it what connect() resolves with'),
    );
  });

  it('emits its phases, its readiness and what becomes of pods', async () => {
    const seen: string[] = [];
    node.on('phase', (phase) => seen.push(phase));
    node.on('readiness', (ready) => seen.push(`ready ${ready}`));
    node.on('podStatus', (pod) => seen.push(`${pod.metadata.name} ${pod.status?.phase}`));
    node.on('podGone', (ref) => seen.push(`${ref.name} gone`));
    await server.client.create(pods, podOf('web'));
    await node.start();
    await node.ready();
    await eventually(() => expect(seen).toContain('web Running'));
    await server.client.delete(pods, { namespace: 'default', name: 'web' });
    await eventually(() => expect(seen).toContain('web gone'));
    await node.close();
    expect(seen.filter((entry) => !entry.startsWith('web'))).toEqual([
      'starting',
      'running',
      'ready true',
      'closing',
      'closed',
    ]);
  });

  it('goes on when a listener throws', async () => {
    node.on('podStatus', () => {
      throw new Error('listener');
    });
    await server.client.create(pods, podOf('web'));
    await node.start();
    await eventually(async () => {
      const pod = await server.client.get(pods, { namespace: 'default', name: 'web' });
      expect(pod.status).toMatchObject({ phase: 'Running' });
    });
  });

  it('is not Ready before the backend has told what it runs', async () => {
    let answer: (() => void) | undefined;
    provider.before = (call) => (call === 'list' ? new Promise<void>((resolve) => (answer = resolve)) : undefined);
    await node.start();
    let ready = false;
    const becameReady = node.ready().then(() => (ready = true));
    await eventually(() => expect(answer).toBeDefined());
    expect(ready).toBe(false);
    answer?.();
    await becameReady;
  });

  it('lets the provider configure the node, live status included', async () => {
    Object.assign(provider, {
      configureNode: (template: { status: { capacity: object } }) => {
        template.status.capacity = { cpu: '3', memory: '1Gi', pods: '7' };
      },
    });
    await node.start();
    await node.ready();
    const made = await server.client.get(nodes, { name: 'edge-1' });
    expect(made.status?.capacity).toMatchObject({ cpu: '3', pods: '7' });
  });

  it('says goodbye: NotReady, pods and node stay', async () => {
    await server.client.create(pods, podOf('web'));
    await node.start();
    await node.ready();
    await eventually(() => expect(provider.instances.size).toBe(1));
    await node.close();
    const left = await server.client.get(nodes, { name: 'edge-1' });
    expect(left.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
    expect(provider.instances.size).toBe(1);
  });

  it('can be closed in any phase, and never starts afterwards', async () => {
    await Promise.all([node.close(), node.close()]);
    await expect(node.start()).rejects.toMatchObject({ code: 'Aborted' });
    const starting = new VirtualNode('edge-2', new MemoryProvider(), server.client);
    const started = starting.start();
    await starting.close();
    await started.catch(() => undefined);
    expect(starting.status.phase).toBe('closed');
    await expect(starting.ready()).rejects.toMatchObject({ code: 'Aborted' });
  });

  it('refuses a name that Kubernetes would refuse', () => {
    expect(() => new VirtualNode('Edge_1', provider, server.client)).toThrow('node "Edge_1"');
  });

  it('gives up waiting to be ready when the signal says so', async () => {
    provider.before = (call) => (call === 'list' ? Promise.reject(new Error('backend is down')) : undefined);
    await node.start();
    await expect(node.ready(AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
