/** Two ends of a TLS socket on loopback, and a SPDY connection on one or both. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import tls from 'node:tls';
import { afterEach } from 'vitest';
import { FrameDecoder } from '../../../src/stream/spdy/frame-decoder.js';
import { encodeDataHeader, encodePing, FrameEncoder } from '../../../src/stream/spdy/frame-encoder.js';
import type { Frame } from '../../../src/stream/spdy/frames.js';
import { defaultSpdyLimits } from '../../../src/stream/spdy/limits.js';
import type { SpdyConnectionOptions } from '../../../src/stream/spdy/spdy-connection-options.js';
import { SpdyConnection } from '../../../src/stream/spdy/spdy-connection.js';
import type { SpdyStream } from '../../../src/stream/spdy/spdy-stream.js';

export function pki(name: string): string {
  return readFileSync(new URL(`../../fixtures/pki/${name}`, import.meta.url), 'utf8');
}

export interface SocketPair {
  readonly client: tls.TLSSocket;
  readonly server: tls.TLSSocket;
}

const sockets: tls.TLSSocket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Both ends are destroyed after the test. Neither closes by itself when the other does. */
export async function socketPair(): Promise<SocketPair> {
  const listener = tls.createServer({ key: pki('server.key'), cert: pki('server.crt'), allowHalfOpen: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const accepted = once(listener, 'secureConnection') as Promise<[tls.TLSSocket]>;
  // Node's types do not know that a client's end can stay open too.
  const options = { port, host: '127.0.0.1', rejectUnauthorized: false, allowHalfOpen: true };
  const client = tls.connect(options);
  const [server] = await accepted;
  if (!client.authorizationError) await once(client, 'secureConnect');
  listener.close();
  sockets.push(client, server);
  return { client, server };
}

export interface ConnectionPair extends SocketPair {
  readonly ofClient: SpdyConnection;
  readonly ofServer: SpdyConnection;
  /** The streams that the server was handed, as they come. */
  readonly accepted: AsyncIterator<SpdyStream>;
}

export async function connectionPair(
  serverOptions: Partial<SpdyConnectionOptions> = {},
  clientOptions: Partial<SpdyConnectionOptions> = {},
): Promise<ConnectionPair> {
  const pair = await socketPair();
  const streams = new Queue<SpdyStream>();
  const ofServer = new SpdyConnection(pair.server, {
    role: 'server',
    onStream: (stream) => streams.push(stream),
    ...serverOptions,
  });
  const ofClient = new SpdyConnection(pair.client, { role: 'client', ...clientOptions });
  return { ...pair, ofServer, ofClient, accepted: streams };
}

/** A stream of the client's and the server's end of it. */
export async function streamPair(pair: ConnectionPair): Promise<{ client: SpdyStream; server: SpdyStream }> {
  const client = await pair.ofClient.openStream({ streamtype: ['data'] });
  const { value } = await pair.accepted.next();
  return { client, server: value as SpdyStream };
}

/** What is pushed, to be awaited one by one. */
export class Queue<T> implements AsyncIterator<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  push(item: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#items.push(item);
    else next(item);
  }

  async next(): Promise<IteratorResult<T>> {
    const item = this.#items.shift();
    return { value: item ?? (await new Promise<T>((resolve) => this.#waiting.push(resolve))) };
  }
}

/** Everything that is left to read. A `for await` of the stream itself would destroy its other direction at the end. */
export async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** One end of a socket that speaks frame by frame, right or wrong. */
export class RawPeer {
  readonly encoder = new FrameEncoder();
  /** What has come, data included, in order. Data of a frame may come in parts. */
  readonly frames: Frame[] = [];
  readonly ended: Promise<void>;
  readonly #socket: tls.TLSSocket;
  readonly #came = new Set<() => void>();

  constructor(socket: tls.TLSSocket) {
    this.#socket = socket;
    const decoder = new FrameDecoder(defaultSpdyLimits);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.frames.push(...decoder.decode(chunk));
      for (const look of this.#came) look();
    });
    this.ended = new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
  }

  send(...frames: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(frames));
  }

  data(id: number, payload: string | Buffer, fin = false): Buffer {
    const bytes = Buffer.from(payload);
    return Buffer.concat([encodeDataHeader(id, bytes.length, fin), bytes]);
  }

  /** Waits for the first frame that matches, and returns it. */
  async frame(matches: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#came.delete(look);
          resolve();
        };
        this.#came.add(look);
      });
    }
  }

  /** Waits until all that was sent so far has been acted on: an echo comes after every other answer. */
  async settled(): Promise<void> {
    const id = 2 * this.#socket.bytesWritten + 1;
    this.send(encodePing(id));
    await this.frame((frame) => frame.type === 'ping' && frame.id === id);
  }
}

/** A server's connection, and a client that sends whatever it likes. */
export async function rawClient(
  options: Partial<SpdyConnectionOptions> = {},
): Promise<SocketPair & { peer: RawPeer; connection: SpdyConnection; accepted: AsyncIterator<SpdyStream> }> {
  const pair = await socketPair();
  const accepted = new Queue<SpdyStream>();
  const connection = new SpdyConnection(pair.server, {
    role: 'server',
    onStream: (stream) => accepted.push(stream),
    ...options,
  });
  return { ...pair, peer: new RawPeer(pair.client), connection, accepted };
}
