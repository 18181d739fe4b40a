import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { acceptWebSocketPortForward } from '../../../src/stream/websocket/port-forward.js';
import { acceptWebSocketRemoteCommand } from '../../../src/stream/websocket/remote-command.js';
import { acceptPortForwardTunnel } from '../../../src/stream/websocket/tunnel.js';
import { isWebSocketUpgrade } from '../../../src/stream/websocket/upgrade.js';
import { dial, dialRaw, received, serve, upgradeHeaders } from './support/web-socket-server.js';

const all = { stdin: true, stdout: true, stderr: true, tty: false };
const tunnel = 'SPDY/3.1+portforward.k8s.io';
const endOfHeaders = (text: string): boolean => text.includes('\r\n\r\n');

function serveExec() {
  return serve((call) => acceptWebSocketRemoteCommand(call, all));
}

async function answerTo(headers: readonly string[], method = 'GET'): Promise<string> {
  const { port } = await serveExec();
  return received(await dialRaw(port, headers, method), endOfHeaders);
}

function without(name: string): string[] {
  return upgradeHeaders.filter((header) => !header.startsWith(name));
}

describe('a WebSocket upgrade', () => {
  it('is recognised by its headers, in any case and among others', () => {
    const request = (connection: string, upgrade: string): IncomingMessage =>
      ({ headers: { upgrade }, headersDistinct: { connection: [connection] } }) as unknown as IncomingMessage;
    expect(isWebSocketUpgrade(request('keep-alive, UPGRADE', 'WebSocket'))).toBe(true);
    expect(isWebSocketUpgrade(request('keep-alive', 'websocket'))).toBe(false);
    expect(isWebSocketUpgrade(request('Upgrade', 'SPDY/3.1'))).toBe(false);
  });

  it('kubelet-protocol §1: is answered with 101 and the one subprotocol that was chosen', async () => {
    const answer = await answerTo([...upgradeHeaders, 'Sec-WebSocket-Protocol: v4.channel.k8s.io, v5.channel.k8s.io']);
    expect(answer).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(answer).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
    expect(answer.match(/^Sec-WebSocket-Protocol: .*$/gm)).toEqual(['Sec-WebSocket-Protocol: v5.channel.k8s.io']);
  });

  it('kubelet-protocol §1: names no subprotocol where the client offers none', async () => {
    const answer = await answerTo(upgradeHeaders);
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).not.toContain('Sec-WebSocket-Protocol');
  });

  it('kubelet-protocol §1: takes subprotocols from several header lines', async () => {
    const lines = ['Sec-WebSocket-Protocol: v9.channel.k8s.io', 'Sec-WebSocket-Protocol: v4.channel.k8s.io'];
    expect(await answerTo([...upgradeHeaders, ...lines])).toContain('Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n');
  });

  it('takes a subprotocol that is offered twice, or next to something that is none, as Go does', async () => {
    const line = 'Sec-WebSocket-Protocol: a(b, v4.channel.k8s.io, v4.channel.k8s.io';
    expect(await answerTo([...upgradeHeaders, line])).toContain('Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n');
  });

  it('kubelet-protocol §1: is refused with 403 where no subprotocol is supported, and told which are', async () => {
    const answer = await answerTo([...upgradeHeaders, 'Sec-WebSocket-Protocol: v3.channel.k8s.io']);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toMatch(/^X-Accepted-Stream-Protocol-Versions: .*v4\.channel\.k8s\.io.*v5\.channel\.k8s\.io/m);
  });

  it.each([
    ['without a key', without('Sec-WebSocket-Key')],
    ['with a key that is none', [...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: short']],
    ['without a version', without('Sec-WebSocket-Version')],
    ['with another version', [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 7']],
    ['to something else', [...without('Upgrade'), 'Upgrade: SPDY/3.1']],
  ])('is refused with 400 %s', async (_what, headers) => {
    const answer = await answerTo(headers);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('Sec-WebSocket-Version: 13\r\n');
  });

  it('is refused with 405 when it is no GET', async () => {
    expect(await answerTo(upgradeHeaders, 'POST')).toMatch(/^HTTP\/1\.1 405 .*\r\nAllow: GET\r\n/s);
  });

  it('agrees to no compression, whatever the client offers', async () => {
    const extension = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits';
    const answer = await answerTo([...upgradeHeaders, extension]);
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).not.toContain('Sec-WebSocket-Extensions');
  });

  it('is served whatever page it comes from: the origin is that of the page that the apiserver let in', async () => {
    expect(await answerTo([...upgradeHeaders, 'Origin: https://dashboard.example'])).toMatch(/^HTTP\/1\.1 101 /);
  });

  it('loses nothing that the client sent with it', async () => {
    const server = await serveExec();
    const socket = await dialRaw(server.port, upgradeHeaders);
    socket.write(Buffer.from([0x82, 0x84, 0, 0, 0, 0, 0, 0x61, 0x62, 0x63]));
    const session = await server.next();
    for await (const chunk of session.stdin!) {
      expect(String(chunk)).toBe('abc');
      break;
    }
  });

  it('kubelet-protocol §4: of a port-forward without ports is refused with 400', async () => {
    const { port } = await serve((call) => acceptWebSocketPortForward(call, []));
    expect(await received(await dialRaw(port, upgradeHeaders), endOfHeaders)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each([
    ['v4.channel.k8s.io', 128],
    ['v4.base64.channel.k8s.io', 40],
  ])('of a port-forward by %s has room for %d ports, and is refused with 400 for more', async (protocol, most) => {
    const headers = [...upgradeHeaders, `Sec-WebSocket-Protocol: ${protocol}`];
    const statuses = [];
    for (const count of [most, most + 1]) {
      const { port } = await serve((call) => acceptWebSocketPortForward(call, new Array<number>(count).fill(80)));
      statuses.push((await received(await dialRaw(port, headers), endOfHeaders)).slice(9, 12));
    }
    expect(statuses).toEqual(['101', '400']);
  });

  it('kubelet-protocol §1: of a tunnel is answered with its subprotocol, and refused with 403 for channels', async () => {
    const server = await serve((call) => acceptPortForwardTunnel(call));
    const socket = await dialRaw(server.port, [...upgradeHeaders, `Sec-WebSocket-Protocol: ${tunnel}`]);
    const answer = await received(socket, endOfHeaders);
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toContain(`Sec-WebSocket-Protocol: ${tunnel}\r\n`);
    await expect(dial(server, ['v4.channel.k8s.io'])).rejects.toThrow('403');
  });
});
