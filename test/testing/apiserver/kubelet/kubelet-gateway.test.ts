/** What of the fake's way to kubelets a real apiserver cannot be asked about; the rest is in test/e2e/streams. */
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { configMaps, nodes, pods } from '../../../../src/kube/resources.js';
import type { Access } from '../../../../src/testing/apiserver/http/access.js';
import { FakeApiServer } from '../../../../src/testing/fake-api-server.js';
import { eventually } from '../../../e2e/support/eventually.js';
import { credentials, send, type RawAnswer } from '../../../e2e/support/raw-client.js';
import { ScriptedKubelet } from '../../../e2e/support/scripted-kubelet.js';

const podPath = '/api/v1/namespaces/default/pods/web';
const spdy = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' };
const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n';

describe('the fake apiserver’s way to a kubelet', () => {
  let kubelet: ScriptedKubelet;
  let server: FakeApiServer;
  let mayNot: (access: Access) => boolean;

  beforeEach(async () => {
    mayNot = () => false;
    kubelet = new ScriptedKubelet();
    await kubelet.start();
    server = new FakeApiServer({ authorize: (_, access) => !mayNot(access) });
    await server.start();
    await server.client.create(nodes, {
      metadata: { name: 'n' },
      status: {
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
      },
    });
    await server.client.create(pods, {
      metadata: { namespace: 'default', name: 'web' },
      spec: { nodeName: 'n', containers: [{ name: 'main', image: 'x' }] },
    });
  });
  afterEach(async () => {
    await server.stop();
    await kubelet.stop();
  });

  const exec = (method = 'GET'): Promise<RawAnswer> => send(server, method, `${podPath}/exec?command=a`, spdy);

  it('needs the right to create for a session, also where the request is a GET', async () => {
    mayNot = ({ subresource, verb }) => subresource === 'exec' && verb === 'create';
    const { status, body } = await exec();
    expect(status).toBe(403);
    expect(body.toString()).toContain('cannot create resource \\"pods/exec\\"');
    expect(kubelet.arrivals).toEqual([]);
    mayNot = ({ subresource, verb }) => subresource === 'exec' && verb === 'get';
    expect((await exec()).status).toBe(403);
    expect((await exec('POST')).status).not.toBe(403);
  });

  it('plays faults before anything reaches the kubelet', async () => {
    server.faults.add({ on: { resource: 'pods/exec' }, fault: { type: 'status', code: 429, retryAfterSeconds: 3 } });
    expect(await exec()).toMatchObject({ status: 429, headers: { 'retry-after': ['3'] } });
    server.faults.add({ on: { resource: 'pods/log' }, fault: { type: 'reset', when: 'before' } });
    await expect(send(server, 'GET', `${podPath}/log`)).rejects.toThrow();
    expect(kubelet.arrivals).toEqual([]);
  });

  it('counts a session in flight until it has begun, and logs it as 101', async () => {
    kubelet.upgrade = (_, socket) => void socket.write(switching);
    const { socket } = await exec();
    await server.idle();
    expect(server.requests.count({ verb: 'get', resource: 'pods/exec', status: 101 })).toBe(1);
    socket?.destroy();
  });

  it('ends with the server: sessions, followed logs, and their connections to the kubelet', async () => {
    kubelet.upgrade = (_, socket) => void socket.write(switching);
    kubelet.answer = (_, response) => void response.write('first\n');
    const { socket } = await exec();
    const log = await server.client.stream({ method: 'GET', path: `${podPath}/log`, query: { follow: true } });
    log.body.on('error', () => undefined).resume();
    expect(kubelet.connections).toBe(2);
    const ends = [socket!.resume(), log.body].map((each) => new Promise((resolve) => each.once('close', resolve)));
    await server.stop();
    await Promise.all(ends);
    await eventually(() => expect(kubelet.connections).toBe(0));
  });

  it('lets a client go whose kubelet breaks off, and tells the kubelet when a client is gone', async () => {
    let ended: Promise<unknown> = Promise.resolve();
    kubelet.upgrade = (_, socket) => {
      socket.write(switching);
      ended = once(socket.resume(), 'close');
    };
    (await exec()).socket!.destroy();
    await ended;
    kubelet.upgrade = (_, socket) => void socket.write(switching, () => socket.destroy());
    const { socket } = await exec();
    await once(socket!.resume(), 'close');
  });

  it('knows a browser by the token that it brings as a subprotocol, and keeps it from the kubelet', async () => {
    kubelet.upgrade = (request, socket) => {
      expect(request.headers['sec-websocket-protocol']).toBe('v4.channel.k8s.io');
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    };
    const token = Buffer.from(server.adminToken).toString('base64url');
    const { ca } = credentials(server.kubeconfig);
    const address = `${server.url.replace('http', 'ws')}${podPath}/exec?command=a&stdout=1`;
    const answer = (bearer: string): Promise<number | undefined> =>
      new Promise((resolve) => {
        const protocols = ['v4.channel.k8s.io', `base64url.bearer.authorization.k8s.io.${bearer}`];
        const client = new WebSocket(address, protocols, { ca });
        client.on('error', () => undefined);
        client.on('unexpected-response', (request, response) => {
          resolve(response.statusCode);
          request.destroy();
        });
      });
    expect(await answer(token)).toBe(404);
    expect(await answer('bm9ib2R5')).toBe(401);
  });

  it('proxies to the kubelet of a node, whatever is asked of it', async () => {
    kubelet.answer = (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => response.writeHead(202, { 'x-own': '1' }).end(`${request.method} ${body}`));
    };
    const nodePath = `/api/v1/nodes/n:${kubelet.port}/proxy`;
    const answer = await send(server, 'POST', `${nodePath}/run/a%20b/?x=%2F`, { 'content-type': 'text/plain' }, 'body');
    expect(answer).toMatchObject({ status: 202, headers: { 'x-own': ['1'] } });
    expect(answer.body.toString()).toBe('POST body');
    expect(kubelet.arrivals[0]).toMatchObject({ url: '/run/a%20b/?x=%2F', client: 'kube-apiserver-kubelet-client' });
    expect(kubelet.arrivals[0]?.headers['authorization']).toBeUndefined();
    expect(await send(server, 'GET', '/api/v1/nodes/n/proxy?a=b')).toMatchObject({
      status: 301,
      headers: { location: ['/api/v1/nodes/n/proxy/?a=b'] },
    });
    expect(await send(server, 'GET', '/api/v1/nodes/n:1/proxy/x')).toMatchObject({ status: 501 });
    expect(await send(server, 'GET', '/api/v1/nodes/ftp:n:1/proxy/x')).toMatchObject({ status: 400 });
    await kubelet.stop();
    const { status, body } = await send(server, 'GET', `${nodePath}/healthz`);
    expect(status).toBe(503);
    expect(body.toString()).toMatch(
      /error trying to reach service: dial tcp 127\.0\.0\.1:\d+: connect: connection refused/,
    );
  });

  it('cuts the answer to a request of nodes/proxy whose kubelet breaks off, as a real one does', async () => {
    kubelet.answer = (_, response) => void response.write('half of it', () => response.destroy());
    await expect(send(server, 'GET', '/api/v1/nodes/n/proxy/pods')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('tells kubelets whose client certificates to take', async () => {
    const at = { namespace: 'kube-system', name: 'extension-apiserver-authentication' };
    const { data } = await server.client.get(configMaps, at);
    expect(data).toEqual({ 'client-ca-file': server.ca });
  });
});
