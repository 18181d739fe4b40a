/** Which connections are followed, counted and cut. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { KubeletServer } from '../../../src/stream/server/kubelet-server.js';
import { eventually } from '../../e2e/support/eventually.js';
import { apiserver, ask, clientOf, authority, startServer, TableAuthorizer } from './kubelet-scene.js';
import { exchange, openTls } from './raw-client.js';

describe('KubeletServer', () => {
  let server: KubeletServer;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close({ graceMs: 100 });
  });

  /** From one port of the peer's to two addresses of the server's: two connections, though their peer is the same. */
  async function twins(): Promise<[Socket, Socket]> {
    const { port } = server.address;
    const first = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.1' });
    sockets.push(first);
    await once(first, 'connect');
    const second = connect({ host: '127.0.0.2', port, localAddress: '127.0.0.1', localPort: first.localPort });
    sockets.push(second);
    await once(second, 'connect');
    for (const socket of [first, second]) socket.on('error', () => undefined).resume();
    return [first, second];
  }

  it('S3: a peer that comes by two of the server’s addresses from one port is two strangers', async () => {
    server = await startServer({ host: '0.0.0.0', limits: { strangers: 1, handshakeTimeoutMs: 60_000 } });
    const [first] = await twins();
    await eventually(() => expect(first.destroyed).toBe(true));
  });

  it('is closed though a peer came by two of its addresses from one port', async () => {
    server = await startServer({ host: '0.0.0.0', limits: { handshakeTimeoutMs: 60_000 } });
    const [first, second] = await twins();
    const at = { address: { host: '127.0.0.1', port: server.address.port }, certificate: server.certificate };
    expect(await ask(at, '/healthz', { as: apiserver })).toMatchObject({ status: 200 });
    const closed = server.close({ graceMs: 100 });
    await Promise.all([once(first, 'close'), once(second, 'close')]);
    await closed;
  });

  it('S4: who is known and may nothing keeps no connection', async () => {
    server = await startServer({ authorizer: new TableAuthorizer({ alice: ['get/healthz'] }) });
    const forbidden = await exchange(
      await openTls(server, clientOf(authority, 'bob')),
      'GET /healthz HTTP/1.1\r\nHost: edge-1\r\n\r\n',
      1_000,
    );
    expect(forbidden).toMatchObject({ statuses: [403], closed: true });
    const allowed = await exchange(
      await openTls(server, clientOf(authority, 'alice')),
      'GET /healthz HTTP/1.1\r\nHost: edge-1\r\n\r\n',
    );
    expect(allowed).toMatchObject({ statuses: [200], closed: false });
  });
});
