/** Clients of a port-forward: over SPDY, over the tunnel, and over a WebSocket's channels. */
import { once } from 'node:events';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';
import { createWebSocketStream, WebSocket } from 'ws';
import { SpdyConnection } from '../../../src/stream/spdy/spdy-connection.js';
import type { SpdyStream } from '../../../src/stream/spdy/spdy-stream.js';
import { apiserver } from '../server/kubelet-scene.js';
import { dialSpdy, newWebSocket, Text } from './exec-client.js';
import type { Target } from './scene.js';

const portForwardV1 = {
  Connection: 'Upgrade',
  Upgrade: 'SPDY/3.1',
  'X-Stream-Protocol-Version': 'portforward.k8s.io',
};

export type SpdyDialer = (target: Target) => Promise<SpdyConnection>;

export const dialForward: SpdyDialer = (target) => dialSpdy(target, '/portForward/default/web', portForwardV1);

/** SPDY inside of a WebSocket. */
export const dialTunnel: SpdyDialer = async ({ port, certificate }) => {
  const protocol = 'SPDY/3.1+portforward.k8s.io';
  const webSocket = new WebSocket(`wss://127.0.0.1:${port}/portForward/default/web`, [], {
    headers: { 'Sec-WebSocket-Protocol': protocol },
    createConnection: () => {
      const { certificate: cert, key } = apiserver;
      const socket = tls.connect({ host: '127.0.0.1', port, ca: certificate, servername: 'edge-1', cert, key });
      return withoutLine(socket, `Sec-WebSocket-Protocol: ${protocol}\r\n`);
    },
  });
  onTestFinished(() => webSocket.terminate());
  await once(webSocket, 'open');
  const stream = createWebSocketStream(webSocket);
  // An error is seen by its 'close'.
  stream.on('error', () => undefined);
  return new SpdyConnection(stream, { role: 'client' });
};

/** As a client `ws` knows no subprotocol with a slash, so the answer loses it before `ws` sees it. */
function withoutLine(socket: tls.TLSSocket, line: string): tls.TLSSocket {
  const { push } = socket;
  socket.push = (chunk: Buffer | null, encoding) => {
    const start = chunk?.indexOf(line) ?? -1;
    if (chunk === null || start < 0) return push.call(socket, chunk, encoding);
    socket.push = push;
    return socket.push(Buffer.concat([chunk.subarray(0, start), chunk.subarray(start + line.length)]));
  };
  return socket;
}

export interface SpdyForward {
  readonly data: SpdyStream;
  readonly error: SpdyStream;
  /** What came over the error stream, when it is closed. */
  readonly failure: Promise<string>;
}

let requests = 0;

/** As kubectl does: the error stream first, whose half the client ends at once. */
export async function forward(connection: SpdyConnection, port: number): Promise<SpdyForward> {
  requests += 1;
  const headers = { port: [String(port)], requestid: [String(requests)] };
  const error = await connection.openStream({ ...headers, streamtype: ['error'] });
  error.end();
  let text = '';
  error.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const failure = new Promise<string>((resolve) => error.once('close', () => resolve(text)));
  const data = await connection.openStream({ ...headers, streamtype: ['data'] });
  return { data, error, failure };
}

/** One connection to a port, over a session of its own. */
export interface ForwardClient {
  write(bytes: Buffer): void;
  /** Resolves when that many bytes have come. */
  received(length: number): Promise<void>;
  stopReading(): void;
  read(): void;
  /** Resolves with the message of a failure, if there was one, when the session is over. */
  readonly ended: Promise<string>;
}

export type ForwardDialer = (target: Target, port: number) => Promise<ForwardClient>;

export function overSpdy(dial: SpdyDialer): ForwardDialer {
  return async (target, port) => {
    const connection = await dial(target);
    const { data, failure } = await forward(connection, port);
    const output = new Text();
    data.on('data', (chunk: Buffer) => output.add(chunk.toString('latin1')));
    return {
      write: (bytes) => void data.write(bytes),
      received: (length) => output.atLeast(length),
      stopReading: () => data.pause(),
      read: () => data.resume(),
      ended: connection.closed.then(() => failure),
    };
  };
}

export const overChannels: ForwardDialer = async (target, port) => {
  const webSocket = newWebSocket(target, `/portForward/default/web?port=${port}`, 'v4.channel.k8s.io');
  const [output, errors] = [new Text(), new Text()];
  webSocket.on('message', (message: Buffer) => {
    (message[0] === 0 ? output : errors).add(message.toString('latin1', 1));
  });
  const closed = once(webSocket, 'close');
  await Promise.race([once(webSocket, 'open'), closed]);
  const pings = setInterval(() => webSocket.ping(), 50);
  void closed.then(() => clearInterval(pings));
  return {
    write: (bytes) => webSocket.send(Buffer.concat([Buffer.of(0), bytes])),
    // Each channel begins with its port, in two bytes.
    received: (length) => output.atLeast(2 + length),
    stopReading: () => webSocket.pause(),
    read: () => webSocket.resume(),
    ended: closed.then(() => errors.text.slice(2)),
  };
};
