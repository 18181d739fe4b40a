/**
 * A server that hands WebSocket upgrades to the transport under test, and real clients for it. Everything is closed at
 * the end of a test, the client's sockets first.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { silentLogger } from '../../../../src/runtime/logger.js';
import type { UpgradeCall } from '../../../../src/stream/call.js';
import { Refusal } from '../../../../src/stream/refusal.js';

export interface Serving<Session> {
  readonly port: number;
  readonly scheme: 'ws' | 'wss';
  /** The next session that was accepted. */
  next(): Promise<Session>;
  /** Sockets of the server's side, oldest first. */
  readonly sockets: Duplex[];
}

const pki = new URL('../../../fixtures/pki/', import.meta.url);

export async function serve<Session>(
  accept: (call: UpgradeCall) => Promise<Session>,
  options: { readonly tls?: boolean } = {},
): Promise<Serving<Session>> {
  const server: Server = options.tls
    ? createTlsServer({ key: readFileSync(new URL('server.key', pki)), cert: readFileSync(new URL('server.crt', pki)) })
    : createServer();
  const sockets: Duplex[] = [];
  const sessions: Session[] = [];
  let wake = (): void => undefined;
  server.on('upgrade', (request, socket, head) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    const call = { request, socket, head, query, signal: new AbortController().signal, logger: silentLogger };
    accept(call).then(
      (session) => {
        sessions.push(session);
        wake();
      },
      (error: unknown) => refuse(socket, error),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as AddressInfo).port,
    scheme: options.tls ? 'wss' : 'ws',
    sockets,
    async next() {
      for (;;) {
        const session = sessions.shift();
        if (session !== undefined) return session;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** As the kubelet's server answers what a handler throws before the upgrade. */
function refuse(socket: Duplex, error: unknown): void {
  const status = error instanceof Refusal ? error.httpStatus : 500;
  const headers = error instanceof Refusal ? Object.entries(error.headers) : [];
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const text = error instanceof Error ? error.message : String(error);
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: ${text.length}\r\n${lines}\r\n${text}`,
  );
}

export interface Client {
  readonly webSocket: WebSocket;
  /** Messages so far; `message()` takes them in turn. */
  message(): Promise<Buffer>;
  /** Resolves with code and reason when the WebSocket is closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly pings: Buffer[];
  readonly pongs: Buffer[];
}

/** Connects and waits for the 101. */
export async function dial(
  { port, scheme }: Pick<Serving<unknown>, 'port' | 'scheme'>,
  protocols: readonly string[] = [],
  options: ClientOptions = {},
): Promise<Client> {
  const webSocket = new WebSocket(`${scheme}://127.0.0.1:${port}/`, [...protocols], {
    rejectUnauthorized: false,
    ...options,
  });
  onTestFinished(() => webSocket.terminate());
  const messages: Buffer[] = [];
  const pings: Buffer[] = [];
  const pongs: Buffer[] = [];
  let wake = (): void => undefined;
  webSocket.on('message', (message: Buffer) => {
    messages.push(message);
    wake();
  });
  webSocket.on('ping', (data) => pings.push(data));
  webSocket.on('pong', (data) => pongs.push(data));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    webSocket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await once(webSocket, 'open');
  webSocket.on('error', () => undefined);
  return {
    webSocket,
    closed,
    pings,
    pongs,
    async message() {
      for (;;) {
        const message = messages.shift();
        if (message !== undefined) return message;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';

/** `ws` as a client knows no subprotocol with a slash: it is asked for, and its answer taken away, below of `ws`. */
export function dialTunnel(serving: Pick<Serving<unknown>, 'port' | 'scheme'>): Promise<Client> {
  return dial(serving, [], {
    headers: { 'Sec-WebSocket-Protocol': tunnelProtocol },
    createConnection: () => {
      const socket = connect(serving.port, '127.0.0.1');
      const { push } = socket;
      socket.push = (chunk: Buffer | null, encoding) => {
        const line = `Sec-WebSocket-Protocol: ${tunnelProtocol}\r\n`;
        const start = chunk?.indexOf(line) ?? -1;
        if (chunk === null || start < 0) return push.call(socket, chunk, encoding);
        socket.push = push;
        return socket.push(Buffer.concat([chunk.subarray(0, start), chunk.subarray(start + line.length)]));
      };
      return socket;
    },
  });
}

/** A client of bytes: it sends an upgrade as given, and whatever the test writes. */
export async function dialRaw(port: number, headers: readonly string[], method = 'GET'): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.setNoDelay();
  socket.write([`${method} / HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n'));
  return socket;
}

export const upgradeHeaders: readonly string[] = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** Everything that the socket receives until it is closed, or until `enough`. */
export async function received(socket: Socket, enough: (text: string) => boolean = () => false): Promise<string> {
  let text = '';
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1');
    if (enough(text)) break;
  }
  return text;
}
