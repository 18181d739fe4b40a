import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodes, pods } from '../../src/kube/resources.js';
import type { Node, NodeStatus, Pod } from '../../src/kube/types.js';
import { VirtualNode } from '../../src/node/virtual-node.js';
import type { VirtualNodeOptions } from '../../src/node/virtual-node-options.js';
import type { ContainerLogs } from '../../src/provider/provider.js';
import type { Logger } from '../../src/runtime/logger.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { MemoryProvider } from '../controller/pods/memory-provider.js';
import { eventually } from '../e2e/support/eventually.js';
import { apiserver, ask, authority } from '../stream/server/kubelet-scene.js';

class LoggingProvider extends MemoryProvider implements ContainerLogs {
  async getContainerLogs(): Promise<Readable> {
    return Readable.from(['hello\n']);
  }
}

const web: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default', name: 'web' },
  spec: { nodeName: 'edge-1', containers: [{ name: 'c', image: 'i' }] },
};

describe('VirtualNode with a kubelet server', () => {
  let server: FakeApiServer;
  let node: VirtualNode | undefined;

  beforeEach(async () => {
    server = new FakeApiServer();
    await server.start();
  });

  afterEach(async () => {
    await node?.close({ graceMs: 100 });
    await server.stop();
  });

  const make = (options: VirtualNodeOptions): VirtualNode => {
    node = new VirtualNode('edge-1', new LoggingProvider(), server.client, options);
    return node;
  };
  const statusOfNode = async (): Promise<NodeStatus & { declaredFeatures?: string[] }> =>
    (await server.client.get(nodes, { name: 'edge-1' })).status ?? {};

  it('publishes address, port and that it takes WebSockets, and serves its pods', async () => {
    const edge = make({ kubelet: { port: 0, clientAuthorities: authority.certificate } });
    expect(edge.status.kubelet).toBeUndefined();
    await edge.start();
    await edge.ready();
    const { address, port, certificate } = edge.status.kubelet ?? { address: '', port: 0, certificate: '' };
    expect(address).toBe('127.0.0.1');
    const status = await statusOfNode();
    expect(status.addresses).toContainEqual({ type: 'InternalIP', address });
    expect(status.daemonEndpoints).toEqual({ kubeletEndpoint: { Port: port } });
    expect(status.declaredFeatures).toEqual(['ExtendWebSocketsToKubelet']);
    await server.client.create(pods, web);
    await eventually(async () => {
      const pod = await server.client.get(pods, { namespace: 'default', name: 'web' });
      expect(pod.status?.phase).toBe('Running');
    });
    const at = { address: { host: address, port }, certificate };
    expect(await ask(at, '/containerLogs/default/web/c', { as: apiserver })).toMatchObject({ body: 'hello\n' });
    expect(await ask(at, '/containerLogs/default/web/c')).toMatchObject({ status: 401 });
    expect(JSON.parse((await ask(at, '/pods', { as: apiserver })).body)).toMatchObject({
      items: [{ metadata: { name: 'web' } }],
    });
  });

  it('does not say that it takes WebSockets if told so', async () => {
    const edge = make({ kubelet: { port: 0, clientAuthorities: authority.certificate, declareWebSockets: false } });
    await edge.start();
    await edge.ready();
    const status = await statusOfNode();
    expect(status.daemonEndpoints).toEqual({ kubeletEndpoint: { Port: edge.status.kubelet?.port } });
    expect(status).not.toHaveProperty('declaredFeatures');
  });

  it('shows what it is doing as metrics', async () => {
    const edge = make({ kubelet: { port: 0, clientAuthorities: authority.certificate } });
    await edge.start();
    await edge.ready();
    await server.client.create(pods, web);
    await eventually(() => expect(server.objects(pods)[0]?.status?.phase).toBe('Running'));
    const { address: host, port, certificate } = edge.status.kubelet ?? { address: '', port: 0, certificate: '' };
    const scrape = (): Promise<{ body: string }> =>
      ask({ address: { host, port }, certificate }, '/metrics', { as: apiserver });
    await scrape();
    const { body } = await scrape();
    const shown = new Set([...body.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
    const documented = await readFile(new URL('../../docs/designs/stats.md', import.meta.url), 'utf8');
    const names = [...documented.matchAll(/^\| (`.*?`) +\|/gm)].flatMap(([, cell]) =>
      [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    );
    // What has not happened is not shown.
    const never = [
      'workqueue_retries_total',
      'vk_workqueue_failures_total',
      'vk_stream_sessions',
      'vk_stream_sessions_total',
    ];
    expect(names.filter((name) => !shown.has(name ?? '') && !never.includes(name ?? ''))).toEqual([]);
    expect([...shown].filter((name) => !names.includes(name))).toEqual([]);
    expect(body).toContain('vk_cache_state{resource="pods",state="watching"} 1');
    expect(body).toMatch(/^process_start_time_seconds \d+/m);
  });

  it('serves until the node is NotReady, and no longer', async () => {
    const edge = make({ kubelet: { port: 0, clientAuthorities: authority.certificate } });
    await edge.start();
    await edge.ready();
    const { address: host, port, certificate } = edge.status.kubelet ?? { address: '', port: 0, certificate: '' };
    const closing = edge.close();
    while (edge.status.kubelet !== undefined) await new Promise((resolve) => setImmediate(resolve));
    const ready = server.objects(nodes)[0]?.status?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready?.status).toBe('False');
    await closing;
    expect(edge.status.kubelet).toBeUndefined();
    await expect(ask({ address: { host, port }, certificate }, '/healthz')).rejects.toThrow('ECONNREFUSED');
  });

  it('leaves alone what configureNode says of address and port, and listens on the former', async () => {
    const provider = new LoggingProvider();
    Object.assign(provider, {
      configureNode: (template: Node): void => {
        template.status = {
          addresses: [{ type: 'InternalIP', address: '127.0.0.2' }],
          daemonEndpoints: { kubeletEndpoint: { Port: 443 } },
        };
      },
    });
    node = new VirtualNode('edge-1', provider, server.client, { kubelet: { port: 0 } });
    await node.start();
    expect(node.status.kubelet?.address).toBe('127.0.0.2');
    await node.ready();
    const status = await statusOfNode();
    expect(status.addresses).toEqual([{ type: 'InternalIP', address: '127.0.0.2' }]);
    expect(status.daemonEndpoints).toEqual({ kubeletEndpoint: { Port: 443 } });
  });

  it('does not start on a port that is taken, and says what to do; nothing is registered then', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const edge = make({ kubelet: { port } });
    await expect(edge.start()).rejects.toThrow(`kubelet server 127.0.0.1:${port}: the port is taken`);
    await edge.close();
    expect(server.objects(nodes)).toEqual([]);
    other.close();
    await once(other, 'close');
  });

  it('leaves nothing that listens where it cannot start', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    const edge = make({ kubelet: { port }, heartbeat: { leaseDurationSeconds: 1.5 } });
    await expect(edge.start()).rejects.toThrow('option leaseDurationSeconds');
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('does not start on an address that is not its machine’s, and says what to do', async () => {
    const edge = make({ node: { internalIP: '192.0.2.1' }, kubelet: { port: 0 } });
    await expect(edge.start()).rejects.toThrow('set host to one that is, or to 0.0.0.0');
  });

  it('listens on every address for a node whose address is somebody else’s', async () => {
    const edge = make({ node: { internalIP: '192.0.2.1' }, kubelet: { port: 0, host: '0.0.0.0' } });
    await edge.start();
    await edge.ready();
    expect((await statusOfNode()).addresses).toContainEqual({ type: 'InternalIP', address: '192.0.2.1' });
    expect(edge.status.kubelet?.address).toBe('192.0.2.1');
  });

  it('takes back that it takes WebSockets when it starts again without a server', async () => {
    const first = make({ kubelet: { port: 0 } });
    await first.start();
    await first.ready();
    expect((await statusOfNode()).declaredFeatures).toEqual(['ExtendWebSocketsToKubelet']);
    await first.close();
    const second = make({});
    await second.start();
    await second.ready();
    expect((await statusOfNode()).declaredFeatures ?? []).toEqual([]);
  });

  it('says once that streams are not served where nobody asked for a server', async () => {
    const said: string[] = [];
    const note = (_fields: object, message: string): void => void said.push(message);
    const logger: Logger = { debug: () => undefined, info: note, warn: note, error: note };
    const edge = make({ logger });
    await edge.start();
    await edge.ready();
    expect(said.filter((message) => message.includes('kubelet: {}'))).toHaveLength(1);
    expect((await statusOfNode()).daemonEndpoints?.kubeletEndpoint?.Port ?? 0).toBe(0);
  });

  it('can be closed while its server starts', async () => {
    const edge = make({ kubelet: { port: 0 } });
    const started = edge.start();
    await edge.close();
    await expect(started).rejects.toMatchObject({ code: 'Aborted' });
  });
});
