import { afterEach, describe, expect, it } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import type { KubeClientOptions } from '../../src/kube/client-options.js';
import { staticConnection } from '../../src/kube/connection.js';
import { leases, nodes, pods } from '../../src/kube/resources.js';
import type { Pod } from '../../src/kube/types.js';
import { json, startPeer, type Peer, type Reply } from './client-peer.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function clientOf(reply: Reply, options?: KubeClientOptions): Promise<{ client: KubeClient; peer: Peer }> {
  const peer = await startPeer(reply);
  const client = new KubeClient(staticConnection(peer.url), options);
  open.push(peer, client);
  return { client, peer };
}

const web: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default', name: 'web' },
  spec: { containers: [] },
};

describe('requests on the wire', () => {
  it('get asks for the object, or for its subresource', async () => {
    const { client, peer } = await clientOf(json(web));
    expect(await client.get(pods, { namespace: 'default', name: 'web' })).toEqual(web);
    await client.get(pods, { namespace: 'default', name: 'web' }, { subresource: 'status' });
    await client.get(nodes, { name: 'edge-1', namespace: 'ignored' });
    expect(peer.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /api/v1/namespaces/default/pods/web',
      'GET /api/v1/namespaces/default/pods/web/status',
      'GET /api/v1/nodes/edge-1',
    ]);
  });

  it('list puts selectors, pages and versions into the query, for one namespace or all', async () => {
    const { client, peer } = await clientOf(json({ metadata: {}, items: [] }));
    await client.list(pods);
    await client.list(leases, { namespace: 'kube-node-lease' });
    await client.list(pods, {
      fieldSelector: 'spec.nodeName=edge-1',
      limit: 500,
      resourceVersion: '0',
      continue: 'a+b/c=',
    });
    expect(peer.seen.map(({ url }) => url)).toEqual([
      '/api/v1/pods',
      '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases',
      '/api/v1/pods?fieldSelector=spec.nodeName%3Dedge-1&limit=500&resourceVersion=0&continue=a%2Bb%2Fc%3D',
    ]);
  });

  it('create and replace send the object, with field manager and dry run in the query', async () => {
    const { client, peer } = await clientOf(json(web));
    await client.create(pods, web, { fieldManager: 'vk', dryRun: true });
    await client.replace(pods, web, { subresource: 'status' });
    expect(peer.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/v1/namespaces/default/pods?fieldManager=vk&dryRun=All',
      'PUT /api/v1/namespaces/default/pods/web/status',
    ]);
    expect(peer.seen.map(({ body }) => JSON.parse(body) as unknown)).toEqual([web, web]);
    expect(peer.seen[0]?.headers['content-type']).toBe('application/json');
  });
});
