/**
 * A server of WebSockets over TLS: `/exec` as a kubelet serves it, `/bare` by `ws` alone. Both move the same bytes: with
 * `direction=out` the server sends `bytes` of them in pieces, with `direction=in` it reads until the client has sent them.
 */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { CertificateAuthority } from '../../src/kube/pki/certificates.js';
import { silentLogger } from '../../src/runtime/logger.js';
import { serveExec } from '../../src/stream/remote-command/routes.js';
import { serve } from './serve.js';

const nowMs = Date.now();
const authority = new CertificateAuthority('bench authority', nowMs);
const { certificate, key } = authority.issue(
  { commonName: 'bench' },
  { hosts: ['127.0.0.1'], usages: ['serverAuth'], nowMs },
);
const bare = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const container = { namespace: 'default', name: 'web', uid: '1', container: 'main' };
/** What the last provider wrote, and the socket that it went to. */
let output: { produced: number; socket: Socket } | undefined;
let cpu = process.cpuUsage();

async function write(stdout: Writable, bytes: number, piece: number): Promise<void> {
  const chunk = Buffer.alloc(piece, 7);
  for (let written = 0; written < bytes; written += piece) {
    if (output) output.produced += piece;
    if (!stdout.write(chunk)) await once(stdout, 'drain');
  }
}

async function read(stdin: Readable): Promise<void> {
  stdin.resume();
  await once(stdin, 'end');
}

function sendBare(webSocket: WebSocket, bytes: number, piece: number): void {
  const chunk = Buffer.alloc(piece, 7);
  let sent = 0;
  const next = (): void => {
    if (sent >= bytes) {
      webSocket.close(1000);
      return;
    }
    sent += piece;
    webSocket.send(chunk, next);
  };
  next();
}

function receiveBare(webSocket: WebSocket, bytes: number): void {
  let received = 0;
  webSocket.on('message', (message: Buffer) => {
    received += message.length;
    if (received >= bytes) webSocket.close(1000);
  });
}

const server = createServer({ cert: certificate, key });
server.on('upgrade', (request, socket: Socket, head) => {
  const url = new URL(request.url ?? '/', 'https://localhost');
  const query = url.searchParams;
  const [bytes, piece] = [Number(query.get('bytes')), Number(query.get('piece'))];
  const outward = query.get('direction') === 'out';
  output = { produced: 0, socket };
  if (url.pathname === '/bare') {
    bare.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => undefined);
      if (outward) sendBare(webSocket, bytes, piece);
      else receiveBare(webSocket, bytes);
    });
    return;
  }
  const call = { request, socket, head, query, signal: new AbortController().signal, logger: silentLogger };
  void serveExec(call, container, {
    runInContainer: async (_ref, _command, { stdin, stdout }) => {
      if (outward && stdout) await write(stdout, bytes, piece);
      if (!outward && stdin) await read(stdin);
      return 0;
    },
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

serve({
  port: () => (server.address() as AddressInfo).port,
  certificate: () => authority.certificate,
  /** CPU time since the last time, in milliseconds. */
  cpu: () => {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    return (user + system) / 1000;
  },
  /** Once nothing moves: what the provider has written and the kernel has not taken. */
  buffered: async () => {
    let before = -1;
    while (output && before !== output.produced) {
      before = output.produced;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    if (!output) return 0;
    const { produced, socket } = output;
    return produced - (socket.bytesWritten - socket.writableLength);
  },
});
