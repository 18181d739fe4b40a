/** Clients of exec, over SPDY and over WebSocket, that look the same to a test. */
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Status } from '../../../src/kube/types.js';
import { SpdyConnection } from '../../../src/stream/spdy/spdy-connection.js';
import type { SpdyStream } from '../../../src/stream/spdy/spdy-stream.js';
import { apiserver } from '../server/kubelet-scene.js';
import { upgrade, type Target } from './scene.js';

export interface ExecEnd {
  readonly stdout: string;
  /** What came over the error stream, whole. */
  readonly error: string;
  /** Whether the session ended as the protocol has it, and was not cut. */
  readonly inOrder: boolean;
}

export interface ExecClient {
  readonly stdin: { write(text: string): void; end(): void };
  /** Resolves when stdout is that long. */
  received(length: number): Promise<void>;
  /** Reads no more, until `read`. */
  stopReading(): void;
  read(): void;
  /** Resolves when the status is here, which may be before the end. */
  readonly gotStatus: Promise<unknown>;
  readonly ended: Promise<ExecEnd>;
}

export type ExecDialer = (target: Target, path: string) => Promise<ExecClient>;

export const v4 = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': 'v4.channel.k8s.io' };

/** The status that a client has from what came over the error stream: none means success to it, in version 4 too. */
export function statusOf({ error }: ExecEnd): Status {
  return error === '' ? { metadata: {}, status: 'Success' } : (JSON.parse(error) as Status);
}

/** A SPDY connection behind an upgrade, closed after the test. */
export async function dialSpdy(target: Target, path: string, headers = v4): Promise<SpdyConnection> {
  const answer = await upgrade(target, path, headers);
  if (!('socket' in answer)) throw new Error(`${answer.status}: ${answer.body}`);
  const connection = new SpdyConnection(answer.socket, { role: 'client', head: answer.head });
  onTestFinished(async () => {
    connection.destroy();
    await connection.closed;
  });
  return connection;
}

/** What has been received. */
export class Text {
  #text = '';
  #changed = (): void => undefined;

  add(text: string): void {
    this.#text += text;
    this.#changed();
  }

  get text(): string {
    return this.#text;
  }

  async atLeast(length: number): Promise<void> {
    while (this.#text.length < length) await new Promise<void>((resolve) => (this.#changed = resolve));
  }
}

export const execOverSpdy: ExecDialer = async (target, path) => {
  const connection = await dialSpdy(target, path);
  const { searchParams } = new URL(path, 'https://localhost');
  const open = async (type: string, wanted = true): Promise<SpdyStream | undefined> =>
    wanted ? connection.openStream({ streamtype: [type] }) : undefined;
  const error = await open('error');
  const stdin = await open('stdin', searchParams.get('input') === '1');
  const stdout = await open('stdout', searchParams.get('output') === '1');
  const stderr = await open('stderr', searchParams.get('error') === '1');
  const [output, errors] = [new Text(), new Text()];
  stdout?.on('data', (chunk: Buffer) => output.add(chunk.toString('latin1')));
  stderr?.resume();
  error?.on('data', (chunk: Buffer) => errors.add(chunk.toString()));
  const ends = [stdout, stderr, error].flatMap((stream) => (stream ? [endOf(stream)] : []));
  const ended = Promise.all(ends).then(async (inOrder): Promise<ExecEnd> => {
    connection.destroy();
    await connection.closed;
    return { stdout: output.text, error: errors.text, inOrder: inOrder.every(Boolean) };
  });
  return {
    stdin: { write: (text) => stdin?.write(text), end: () => stdin?.end() },
    received: (length) => output.atLeast(length),
    stopReading: () => stdout?.pause(),
    read: () => stdout?.resume(),
    gotStatus: error === undefined ? Promise.resolve() : endOf(error),
    ended,
  };
};

/** Whether the stream ended, when it is closed. */
function endOf(stream: SpdyStream): Promise<boolean> {
  return new Promise((resolve) => {
    stream.once('end', () => resolve(true));
    stream.once('close', () => resolve(stream.readableEnded));
  });
}

export const execOverWebSocket: ExecDialer = async (target, path) => {
  const webSocket = newWebSocket(target, path, 'v5.channel.k8s.io');
  const [output, errors] = [new Text(), new Text()];
  webSocket.on('message', (message: Buffer) => {
    if (message[0] === 1) output.add(message.toString('latin1', 1));
    if (message[0] === 3) errors.add(message.toString('utf8', 1));
  });
  const closed = once(webSocket, 'close') as Promise<[number]>;
  await Promise.race([once(webSocket, 'open'), closed]);
  // As kubectl does, which the server takes for a sign of life.
  const pings = setInterval(() => webSocket.ping(), 50);
  void closed.then(() => clearInterval(pings));
  return {
    stdin: {
      write: (text) => webSocket.send(Buffer.concat([Buffer.of(0), Buffer.from(text)])),
      end: () => webSocket.send(Buffer.of(255, 0)),
    },
    received: (length) => output.atLeast(length),
    stopReading: () => webSocket.pause(),
    read: () => webSocket.resume(),
    gotStatus: errors.atLeast(1),
    ended: closed.then(([code]) => ({ stdout: output.text, error: errors.text, inOrder: code === 1000 })),
  };
};

/** Closed after the test. */
export function newWebSocket({ port, certificate }: Target, path: string, protocol: string): WebSocket {
  const webSocket = new WebSocket(`wss://127.0.0.1:${port}${path}`, [protocol], {
    ...{ ca: certificate, servername: 'edge-1', cert: apiserver.certificate, key: apiserver.key },
  });
  onTestFinished(() => webSocket.terminate());
  webSocket.on('error', () => undefined);
  return webSocket;
}
