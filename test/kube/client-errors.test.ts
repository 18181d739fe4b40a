import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ApiError, parseRetryAfter } from '../../src/kube/api-error.js';
import { KubeClient } from '../../src/kube/client.js';
import { normalizeServer, staticConnection } from '../../src/kube/connection.js';
import { nodes, pods } from '../../src/kube/resources.js';
import { VkError } from '../../src/runtime/errors.js';
import {
  clientOf,
  closingAfterEach,
  inOrder,
  json,
  pki,
  rejection,
  startPeer,
  status,
  web,
  webName,
  type Reply,
} from './client-peer.js';

const track = closingAfterEach();
const hurried = { maxReconnects: 0 };

describe('what an apiserver refuses', () => {
  it('holds the Status, has the code of it, and names the object first', async () => {
    const { client } = await clientOf(track, status(404, 'NotFound', 'pods "web" not found'));
    const error = await rejection(client.get(pods, webName));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toBeInstanceOf(VkError);
    expect(error).toMatchObject({
      name: 'ApiError',
      code: 'NotFound',
      statusCode: 404,
      object: 'pods default/web',
      message: 'pods default/web: pods "web" not found',
      status: { kind: 'Status', reason: 'NotFound', code: 404 },
      retry: undefined,
    });
  });

  it.each([
    [409, 'AlreadyExists', 'AlreadyExists', undefined],
    [409, 'Conflict', 'Conflict', undefined],
    [410, 'Expired', 'Expired', undefined],
    [401, 'Unauthorized', 'Unauthorized', undefined],
    [403, 'Forbidden', 'Forbidden', undefined],
    [422, 'Invalid', 'InvalidInput', false],
    [500, 'InternalError', 'Internal', undefined],
    [502, '', 'Unavailable', undefined],
    [503, 'ServiceUnavailable', 'Unavailable', undefined],
    [504, 'Timeout', 'Timeout', undefined],
  ] as const)('HTTP %i with reason %s is %s', async (httpStatus, reason, code, retry) => {
    const { client } = await clientOf(track, status(httpStatus, reason, 'no'));
    expect(await rejection(client.create(pods, web))).toMatchObject({ code, retry, message: 'pods default/web: no' });
  });

  it('names a collection, a cluster-wide object, a generated name and a raw request', async () => {
    const { client } = await clientOf(track, status(403, 'Forbidden', 'no'));
    const generated = { metadata: { namespace: 'default', generateName: 'web-' }, spec: { containers: [] } };
    const calls = [
      client.list(pods),
      client.list(pods, { namespace: 'default' }),
      client.get(nodes, { name: 'edge-1' }),
      client.create(pods, generated),
      client.request({ method: 'GET', path: '/apis' }),
      client.stream({ method: 'GET', path: '/api/v1/pods', query: { watch: true } }),
    ];
    const messages = (await Promise.all(calls.map(rejection))).map((error) => (error as Error).message);
    expect(messages).toEqual([
      'pods: no',
      'pods in default: no',
      'nodes edge-1: no',
      'pods default/web-*: no',
      'GET /apis: no',
      'GET /api/v1/pods: no',
    ]);
  });

  it.each<[string, Reply, string]>([
    ['plain text', (_, r) => r.writeHead(403, { 'content-type': 'text/plain' }).end('no\n entry\n'), ': no entry'],
    ['a page of HTML', (_, r) => r.writeHead(403, { 'content-type': 'text/html' }).end('<html>'), ''],
    ['JSON that is no Status', json({ error: 'x' }, 403), ': {"error":"x"}'],
    ['nothing', (_, r) => r.writeHead(403).end(), ''],
  ])('an error that is %s is made a Status', async (_what, reply, excerpt) => {
    const { client } = await clientOf(track, reply);
    expect(await rejection(client.get(pods, webName))).toMatchObject({
      code: 'Forbidden',
      message: `pods default/web: the server answered 403${excerpt}`,
      status: { kind: 'Status', status: 'Failure', code: 403, message: `the server answered 403${excerpt}` },
    });
  });

  it('a redirect is not followed: credentials go to the server that was named', async () => {
    const { client, peer } = await clientOf(track, (_, r) => r.writeHead(302, { location: '/elsewhere' }).end());
    expect(await rejection(client.get(pods, webName))).toMatchObject({ statusCode: 302 });
    expect(peer.seen).toHaveLength(1);
  });

  it('tells when to come back, from the header or the Status', async () => {
    const details = { retryAfterSeconds: 7 };
    const { client } = await clientOf(track, json({ kind: 'Status', details, message: 'busy' }, 504));
    expect(await rejection(client.create(pods, web))).toMatchObject({ code: 'Timeout', retry: { afterMs: 7_000 } });
  });

  it('Retry-After may be seconds or a date', () => {
    const nowMs = Date.UTC(2026, 0, 1);
    expect(parseRetryAfter('3', nowMs)).toBe(3_000);
    expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:05 GMT', nowMs)).toBe(5_000);
    expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:05 GMT', nowMs)).toBe(0);
    expect(parseRetryAfter('soon', nowMs)).toBeUndefined();
  });
});

describe('when no usable answer comes', () => {
  it('refused connections are Unavailable, with the server and what to look at', async () => {
    const peer = await startPeer(json(web));
    await peer.close();
    const client = track(new KubeClient(staticConnection(peer.url), hurried));
    const error = await rejection(client.get(pods, webName));
    const told = `pods default/web: no answer from ${peer.url}: connection refused: is the apiserver running, and are address and port right?`;
    expect(error).toMatchObject({ name: 'VkError', code: 'Unavailable', object: 'pods default/web', message: told });
    expect((error as Error).cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each<[string, Reply, string]>([
    ['a hang-up before the answer', (_, r) => r.destroy(), 'connection lost before the answer was complete'],
    [
      'a hang-up within the answer',
      (_, r) => {
        r.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        r.write('{"kind":', () => r.destroy());
      },
      'connection lost before the answer was complete',
    ],
    [
      'a hang-up within chunks',
      (_, r) => {
        r.writeHead(200, { 'content-type': 'application/json' });
        r.write('{"kind":', () => r.destroy());
      },
      'connection lost before the answer was complete',
    ],
    [
      'JSON that stops',
      (_, r) => r.writeHead(200, { 'content-type': 'application/json' }).end('{"metadata":{'),
      'the JSON of the answer is cut off',
    ],
    [
      'a log-in page',
      (_, r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'the answer is not JSON but text/html: is this the address of an apiserver?',
    ],
  ])('%s is Unavailable', async (_what, reply, told) => {
    const { client, peer } = await clientOf(track, reply, hurried);
    const message = `pods default/web: no answer from ${peer.url}: ${told}`;
    expect(await rejection(client.get(pods, webName))).toMatchObject({ code: 'Unavailable', message });
  });

  it('an answer above the bound is refused before it fills the memory, with what to do', async () => {
    const { client, peer } = await clientOf(track, (_, r) => r.writeHead(200).end('x'.repeat(5_000_000)), {
      maxResponseBytes: 1_000_000,
    });
    expect(await rejection(client.list(pods))).toMatchObject({
      code: 'InvalidInput',
      message: 'pods: answer larger than 1000000 bytes: ask for pages (limit), or raise maxResponseBytes',
    });
    expect(peer.seen).toHaveLength(1);
  });
});

describe('secrets', () => {
  it('do not show when a client, its connection or its errors are printed', async () => {
    const peer = track(await startPeer(inOrder(json(web), (_, r) => r.destroy(), status(403, 'Forbidden', 'no'))));
    const key = pki('client.key');
    const options = { token: 'geheim', cert: pki('client.crt'), key };
    const client = track(new KubeClient(staticConnection(peer.url, options), hurried));
    await client.get(pods, webName);
    const errors = [await rejection(client.get(pods, webName)), await rejection(client.get(pods, webName))];
    const printed = inspect([client, errors], { depth: Infinity, showHidden: true });
    expect(printed).toContain(peer.url);
    expect(printed).not.toContain('geheim');
    expect(printed).not.toContain(key.split('\n')[1]);
  });
});

describe('addresses', () => {
  it('are normalized, and refused without showing what somebody wrote into them', () => {
    expect(normalizeServer('https://10.0.0.1:6443/')).toBe('https://10.0.0.1:6443');
    expect(normalizeServer('https://[::1]:6443')).toBe('https://[::1]:6443');
    expect(normalizeServer('https://host/k8s/')).toBe('https://host/k8s');
    for (const server of ['', '10.0.0.1:6443', 'ftp://host', 'https://admin:geheim@host']) {
      expect(() => normalizeServer(server)).toThrow(VkError);
      expect(() => normalizeServer(server)).not.toThrow(/geheim/);
    }
  });
});
