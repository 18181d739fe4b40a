import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import { staticConnection } from '../../src/kube/connection.js';
import { leases, nodes, pods } from '../../src/kube/resources.js';
import { sdkVersion } from '../../src/kube/user-agent.js';
import { clientOf, closingAfterEach, json, rejection, startPeer, web, webName } from './client-peer.js';

const track = closingAfterEach();

describe('requests on the wire', () => {
  it('get asks for the object, or for its subresource', async () => {
    const { client, peer } = await clientOf(track, json(web));
    expect(await client.get(pods, webName)).toEqual(web);
    await client.get(pods, webName, { subresource: 'status' });
    await client.get(nodes, { name: 'edge-1', namespace: 'ignored' });
    expect(peer.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /api/v1/namespaces/default/pods/web',
      'GET /api/v1/namespaces/default/pods/web/status',
      'GET /api/v1/nodes/edge-1',
    ]);
  });

  it('list puts selectors, pages and versions into the query, for one namespace or all', async () => {
    const { client, peer } = await clientOf(track, json({ metadata: {}, items: [] }));
    await client.list(pods);
    await client.list(leases, { namespace: 'kube-node-lease' });
    const continued = { limit: 500, resourceVersion: '0', continue: 'a+b/c=' };
    await client.list(pods, { fieldSelector: 'spec.nodeName=edge-1', ...continued });
    expect(peer.seen.map(({ url }) => url)).toEqual([
      '/api/v1/pods',
      '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases',
      '/api/v1/pods?fieldSelector=spec.nodeName%3Dedge-1&limit=500&resourceVersion=0&continue=a%2Bb%2Fc%3D',
    ]);
  });

  it('create and replace send the object, with field manager and dry run in the query', async () => {
    const { client, peer } = await clientOf(track, json(web));
    await client.create(pods, web, { fieldManager: 'vk', dryRun: true });
    await client.replace(pods, web, { subresource: 'status' });
    expect(peer.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/v1/namespaces/default/pods?fieldManager=vk&dryRun=All',
      'PUT /api/v1/namespaces/default/pods/web/status',
    ]);
    expect(peer.seen.map(({ body }) => JSON.parse(body) as unknown)).toEqual([web, web]);
    expect(peer.seen[0]?.headers['content-type']).toBe('application/json');
  });

  it.each([
    ['json', 'application/json-patch+json'],
    ['merge', 'application/merge-patch+json'],
    ['strategic', 'application/strategic-merge-patch+json'],
    ['apply', 'application/apply-patch+yaml'],
  ] as const)('a patch of type %s is sent as %s', async (type, contentType) => {
    const { client, peer } = await clientOf(track, json(web));
    await client.patch(pods, webName, type, { a: 'ü' }, { subresource: 'status', fieldManager: 'vk', force: true });
    expect(peer.seen[0]).toMatchObject({
      method: 'PATCH',
      url: '/api/v1/namespaces/default/pods/web/status?fieldManager=vk&force=true',
      body: '{"a":"ü"}',
    });
    expect(peer.seen[0]?.headers['content-type']).toBe(contentType);
  });

  it('delete carries grace, propagation and preconditions in its body', async () => {
    const { client, peer } = await clientOf(track, json({ kind: 'Status', status: 'Success' }));
    const answer = await client.delete(pods, webName, {
      gracePeriodSeconds: 0,
      uid: 'u1',
      propagationPolicy: 'Orphan',
    });
    await client.delete(pods, webName);
    expect(answer).toEqual({ kind: 'Status', status: 'Success' });
    const options = { apiVersion: 'v1', kind: 'DeleteOptions' };
    expect(peer.seen.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { ...options, gracePeriodSeconds: 0, propagationPolicy: 'Orphan', preconditions: { uid: 'u1' } },
      options,
    ]);
  });

  it('request sends any method, path, query, header and body', async () => {
    const { client, peer } = await clientOf(track, json({ ok: true }));
    const query = { dryRun: 'All', left: undefined, force: true };
    const path = '/api/v1/namespaces/default/pods/web/eviction';
    expect(await client.request({ method: 'POST', path, query, body: { kind: 'Eviction' } })).toEqual({ ok: true });
    await client.request({
      method: 'PUT',
      path: '/x',
      headers: { 'Content-Type': 'text/plain', Accept: '*/*' },
      body: 'as it is',
    });
    expect(peer.seen[0]).toMatchObject({ url: `${path}?dryRun=All&force=true`, body: '{"kind":"Eviction"}' });
    expect(peer.seen[1]?.headers).toMatchObject({ 'content-type': 'text/plain', accept: '*/*' });
    expect(peer.seen[1]?.body).toBe('as it is');
  });

  it('an answer without a body is undefined', async () => {
    const { client } = await clientOf(track, (_request, response) => response.writeHead(200).end());
    expect(await client.request({ method: 'GET', path: '/livez' })).toBeUndefined();
  });

  it('says who asks, and the version is that of the package', async () => {
    const { client, peer } = await clientOf(track, json(web));
    await client.get(pods, webName);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(sdkVersion).toBe(version);
    expect(peer.seen[0]?.headers['user-agent']).toMatch(new RegExp(`^vk-sdk/${version} \\(\\w+/\\w+\\) node/`));
    expect(peer.seen[0]?.headers.accept).toBe('application/json');
  });

  it('keeps the path of the server’s address', async () => {
    const peer = track(await startPeer(json(web)));
    const client = track(new KubeClient(staticConnection(`${peer.url}/k8s/clusters/c-1/`)));
    await client.get(pods, webName);
    expect(peer.seen[0]?.url).toBe('/k8s/clusters/c-1/api/v1/namespaces/default/pods/web');
  });

  it('acts as somebody else with every part of the impersonation', async () => {
    const peer = track(await startPeer(json(web)));
    const extra = { 'example.com/team': ['a', 'b'] };
    const impersonate = { user: 'jane', uid: '7', groups: ['dev', 'ops'], extra };
    const client = track(new KubeClient(staticConnection(peer.url, { token: 't', impersonate })));
    await client.get(pods, webName);
    expect(peer.seen[0]?.headers).toMatchObject({
      authorization: 'Bearer t',
      'impersonate-user': 'jane',
      'impersonate-uid': '7',
      'impersonate-group': 'dev, ops',
      'impersonate-extra-example.com%2fteam': 'a, b',
    });
  });

  it.each(['', '.', '..'])('never takes the name "%s" for the path of something else', async (name) => {
    const { client, peer } = await clientOf(track, json(web));
    expect(await rejection(client.delete(pods, { namespace: 'default', name }))).toMatchObject({
      code: 'InvalidInput',
    });
    expect(await rejection(client.get(pods, { namespace: name, name: 'web' }))).toMatchObject({ code: 'InvalidInput' });
    expect(peer.seen).toEqual([]);
  });

  it('encodes names, so that a slash in one cannot reach another resource', async () => {
    const { client, peer } = await clientOf(track, json(web));
    await client.get(pods, { namespace: 'default', name: '../../secrets/a?b#c' });
    expect(peer.seen[0]?.url).toBe('/api/v1/namespaces/default/pods/..%2F..%2Fsecrets%2Fa%3Fb%23c');
  });

  it('does not let a header of a request start another one', async () => {
    const { client, peer } = await clientOf(track, json(web));
    const call = client.request({ method: 'GET', path: '/x', headers: { 'x-a': 'b\r\nAuthorization: c' } });
    expect(await rejection(call)).toMatchObject({
      code: 'InvalidInput',
      message: 'GET /x: not sent: invalid x-a header',
    });
    expect(peer.seen).toEqual([]);
  });
});
