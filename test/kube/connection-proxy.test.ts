import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { connect as connectTcp, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import { loadKubeconfig } from '../../src/kube/config/load-kubeconfig.js';
import { proxyFromEnvironment, type Environment } from '../../src/kube/config/proxy.js';
import { staticConnection } from '../../src/kube/connection.js';
import { pods } from '../../src/kube/resources.js';
import { closingAfterEach, json, pki, rejection, serverTls, startPeer, web, webName } from './client-peer.js';

const track = closingAfterEach();
const ca = pki('ca.crt');

interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** `host:port` of the targets asked for, with the credentials shown. */
  readonly asked: string[];
}

async function listening(server: Server | ReturnType<typeof createTcpServer>, asked: string[]): Promise<Proxy> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}

function join(client: Socket, port: number): void {
  const upstream = connectTcp(port, '127.0.0.1');
  upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.on('close', () => upstream.destroy());
  client.pipe(upstream).pipe(client);
}

/** An HTTP proxy that knows only CONNECT, and sends everything to `port`. */
async function startConnectProxy(port: number, httpStatus = 200): Promise<Proxy> {
  const asked: string[] = [];
  const server = createHttpServer((_request, response) => response.writeHead(405).end());
  server.on('connect', ({ url, headers }, socket: Socket) => {
    asked.push(`${url ?? ''} ${headers['proxy-authorization'] ?? ''}`.trim());
    socket.write(`HTTP/1.1 ${httpStatus} x\r\n\r\n`);
    if (httpStatus === 200) join(socket, port);
    else socket.end();
  });
  return listening(server, asked);
}

/** A SOCKS5 proxy (RFC 1928) that sends everything to `port`; with `password`, only for `jo` (RFC 1929). */
async function startSocksProxy(port: number, password?: string): Promise<Proxy> {
  const asked: string[] = [];
  const server = createTcpServer((socket) => {
    void (async () => {
      const [greeting] = (await once(socket, 'data')) as [Buffer];
      const method = password === undefined ? 0 : greeting.includes(2, 2) ? 2 : 255;
      socket.write(Buffer.of(5, method));
      if (method === 2) {
        const [login] = (await once(socket, 'data')) as [Buffer];
        const right = login.equals(
          Buffer.concat([Buffer.of(1, 2), Buffer.from('jo'), Buffer.of(6), Buffer.from(password ?? '')]),
        );
        socket.write(Buffer.of(1, right ? 0 : 1));
      }
      const [request] = (await once(socket, 'data')) as [Buffer];
      const host =
        request[3] === 1
          ? [...request.subarray(4, 8)].join('.')
          : request.subarray(5, 5 + (request[4] ?? 0)).toString();
      asked.push(`${host}:${request.readUInt16BE(request.length - 2)}`);
      // The answer comes in pieces, and names an IPv6 address.
      socket.write(Buffer.of(5, 0, 0));
      setImmediate(() => {
        socket.write(Buffer.concat([Buffer.of(4), Buffer.alloc(18)]));
        join(socket, port);
      });
    })().catch(() => socket.destroy());
  });
  return listening(server, asked);
}

describe('through a proxy', () => {
  it('calls and streams go by CONNECT, with TLS to the server inside', async () => {
    const peer = track(await startPeer(json(web), serverTls));
    const proxy = track(await startConnectProxy(peer.port));
    const proxyUrl = `http://jo:a%3Ab@127.0.0.1:${proxy.port}`;
    const cert = { cert: pki('client.crt'), key: pki('client.key') };
    const connection = staticConnection('https://localhost:6443', { ca, proxyUrl, ...cert });
    const client = track(new KubeClient(connection));
    expect(await client.get(pods, webName)).toEqual(web);
    const { body } = await client.stream({ method: 'GET', path: '/' });
    await body.toArray();
    const basic = Buffer.from('jo:a:b').toString('base64');
    expect(proxy.asked).toEqual([`localhost:6443 Basic ${basic}`, `localhost:6443 Basic ${basic}`]);
    expect(peer.seen.map(({ clientName }) => clientName)).toEqual(['admin', 'admin']);
    expect(peer.seen[0]?.headers['proxy-authorization']).toBeUndefined();
  });

  it('every impersonated group arrives', async () => {
    const peer = track(await startPeer(json(web)));
    const proxy = track(await startConnectProxy(peer.port));
    const impersonate = { user: 'jane', groups: ['dev', 'ops'] };
    const connection = staticConnection('http://apiserver.example', {
      proxyUrl: `http://127.0.0.1:${proxy.port}`,
      impersonate,
    });
    await track(new KubeClient(connection)).get(pods, webName);
    expect(peer.seen[0]?.headers['impersonate-group']).toBe('dev, ops');
    expect(proxy.asked).toEqual(['apiserver.example:80']);
  });

  it('the certificate is checked for the server’s name, not the proxy’s', async () => {
    const peer = track(await startPeer(json(web), { cert: pki('named-server.crt'), key: pki('named-server.key') }));
    const proxy = track(await startConnectProxy(peer.port));
    const proxyUrl = `http://127.0.0.1:${proxy.port}`;
    const named = track(new KubeClient(staticConnection('https://apiserver.example', { ca, proxyUrl })));
    expect(await named.get(pods, webName)).toEqual(web);
    const other = track(
      new KubeClient(staticConnection('https://other.example', { ca, proxyUrl }), { maxReconnects: 0 }),
    );
    expect(String(await rejection(other.get(pods, webName)))).toContain('its certificate is for another name');
  });

  it.each([
    [407, 'wants credentials (407)'],
    [403, 'refused to connect to localhost:6443 (403)'],
  ])('that answers %i, the error names it and shows no password', async (httpStatus, told) => {
    const proxy = track(await startConnectProxy(1, httpStatus));
    const proxyUrl = `http://jo:geheim@127.0.0.1:${proxy.port}`;
    const client = track(
      new KubeClient(staticConnection('https://localhost:6443', { ca, proxyUrl }), { maxReconnects: 0 }),
    );
    const message = `pods default/web: no answer from https://localhost:6443: proxy http://127.0.0.1:${proxy.port}: ${told}`;
    expect(await rejection(client.get(pods, webName))).toMatchObject({ code: 'Unavailable', message });
  });

  it('that is not there, the error names it', async () => {
    const client = track(
      new KubeClient(staticConnection('https://localhost:6443', { proxyUrl: 'http://127.0.0.1:1' }), {
        maxReconnects: 0,
      }),
    );
    const error = await rejection(client.get(pods, webName));
    expect((error as Error).message).toMatch(/no answer from https:\/\/localhost:6443: .*proxy http:\/\/127.0.0.1:1/);
  });

  it('of type SOCKS5, names are resolved by it', async () => {
    const peer = track(await startPeer(json(web), serverTls));
    const proxy = track(await startSocksProxy(peer.port));
    const options = { ca, proxyUrl: `socks5://127.0.0.1:${proxy.port}`, tlsServerName: 'localhost' };
    const client = track(new KubeClient(staticConnection('https://apiserver.example:6443', options)));
    expect(await client.get(pods, webName)).toEqual(web);
    const byAddress = track(new KubeClient(staticConnection('https://10.0.0.1', options)));
    expect(await byAddress.get(pods, webName)).toEqual(web);
    expect(proxy.asked).toEqual(['apiserver.example:6443', '10.0.0.1:443']);
  });

  it('of type SOCKS5, a user name and a password are shown to it', async () => {
    const peer = track(await startPeer(json(web), serverTls));
    const proxy = track(await startSocksProxy(peer.port, 'geheim'));
    const clientAs = (user: string): KubeClient => {
      const options = { ca, proxyUrl: `socks5://${user}127.0.0.1:${proxy.port}` };
      return track(new KubeClient(staticConnection('https://localhost:6443', options), { maxReconnects: 0 }));
    };
    expect(await clientAs('jo:geheim@').get(pods, webName)).toEqual(web);
    expect(String(await rejection(clientAs('jo:falsch@').get(pods, webName)))).toContain(
      'refused the user name or password',
    );
    expect(String(await rejection(clientAs('').get(pods, webName)))).toContain('wants credentials');
  });
});

describe('which proxy', () => {
  const kubeconfig = (server: string, proxyUrl?: string): string =>
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server, 'proxy-url': proxyUrl } }],
      contexts: [{ name: 'x', context: { cluster: 'c' } }],
      'current-context': 'x',
    });

  it('is the one of the kubeconfig before that of the environment', async () => {
    const env = { HTTPS_PROXY: 'http://env:1' };
    const load = async (contents: string): Promise<string | undefined> =>
      (await loadKubeconfig({ contents }, { env })).proxyUrl;
    expect(await load(kubeconfig('https://host', 'socks5://config:1'))).toBe('socks5://config:1');
    expect(await load(kubeconfig('https://host'))).toBe('http://env:1');
  });

  it.each<[string, string, Environment, string | undefined]>([
    ['none by default', 'https://host', {}, undefined],
    ['by scheme', 'https://host', { HTTPS_PROXY: 'http://s:1', HTTP_PROXY: 'http://p:1' }, 'http://s:1'],
    ['by scheme', 'http://host', { HTTPS_PROXY: 'http://s:1', HTTP_PROXY: 'http://p:1' }, 'http://p:1'],
    ['lower case', 'https://host', { https_proxy: 'http://s:1' }, 'http://s:1'],
    ['upper before lower case', 'https://host', { HTTPS_PROXY: 'http://S:1', https_proxy: 'http://s:1' }, 'http://S:1'],
    ['without a scheme', 'https://host', { HTTPS_PROXY: 'proxy:3128' }, 'http://proxy:3128'],
    ['not for localhost', 'https://localhost:6443', { HTTPS_PROXY: 'http://s:1' }, undefined],
    ['not for loopback', 'https://127.1.2.3', { HTTPS_PROXY: 'http://s:1' }, undefined],
    ['not for IPv6 loopback', 'https://[::1]:6443', { HTTPS_PROXY: 'http://s:1' }, undefined],
  ])('%s: %s', (_what, server, env, proxy) => {
    expect(proxyFromEnvironment(server, env)).toBe(proxy);
  });

  it.each<[string, string, boolean]>([
    ['*', 'https://any', true],
    ['example.com', 'https://example.com', true],
    ['example.com', 'https://api.example.com:6443', true],
    ['example.com', 'https://notexample.com', false],
    ['.example.com', 'https://api.example.com', true],
    ['.example.com', 'https://example.com', false],
    ['*.example.com', 'https://api.example.com', true],
    ['EXAMPLE.com', 'https://Api.Example.Com', true],
    ['example.com:6443', 'https://example.com:6443', true],
    ['example.com:6443', 'https://example.com', false],
    ['example.com:443', 'https://example.com', true],
    ['10.0.0.1', 'https://10.0.0.1:6443', true],
    ['10.0.0.1:443', 'https://10.0.0.1:6443', false],
    ['10.0.0.0/8', 'https://10.200.3.4', true],
    ['10.0.0.0/8', 'https://11.0.0.1', false],
    ['10.0.0.0/8', 'https://ten.example', false],
    ['10.0.0.0/99', 'https://10.0.0.1', false],
    ['fd00::/8', 'https://[fd00::1]:6443', true],
    ['fd00::1', 'https://[fd00:0:0::1]', true],
    ['[fd00::1]:6443', 'https://[fd00::1]:6443', true],
    ['fd00::/8', 'https://10.0.0.1', false],
    [' a.example , ,10.0.0.0/8 ', 'https://10.0.0.1', true],
    ['', 'https://host', false],
  ])('NO_PROXY=%s exempts %s: %s', (NO_PROXY, server, exempt) => {
    expect(proxyFromEnvironment(server, { HTTPS_PROXY: 'http://s:1', NO_PROXY })).toBe(
      exempt ? undefined : 'http://s:1',
    );
    expect(proxyFromEnvironment(server, { HTTPS_PROXY: 'http://s:1', no_proxy: NO_PROXY })).toBe(
      exempt ? undefined : 'http://s:1',
    );
  });
});
