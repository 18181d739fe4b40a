/**
 * R7: bytes through SPDY streams over TLS, in both directions, by writers and readers of every pace, with half-closes in
 * every order and pings on both sides. What arrives is compared with what was sent, byte for byte; a transfer that is not
 * done in time hangs. The seed of a transfer says all about it but the order in which the machine runs things.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { CertificateAuthority } from '../../src/kube/pki/certificates.js';
import { SpdyConnection } from '../../src/stream/spdy/spdy-connection.js';
import type { SpdyStream } from '../../src/stream/spdy/spdy-stream.js';
import { below, pick, type Random, randomBytes, randomOf } from './seeded.js';

export interface TransferReport {
  readonly transfers: number;
  readonly firstSeed: number;
  readonly bytes: number;
  readonly mismatches: number;
  readonly hangs: number;
  /** What went wrong, by the seed of the transfer. */
  readonly failures: readonly { readonly seed: number; readonly problem: string }[];
}

const streamsPerConnection = 8;
const longestMs = 60_000;
/** What is sent repeats this, from an offset of its own: no two transfers look alike, and none needs to be kept. */
const patternBytes = 65_521;

export async function transfers(count: number, firstSeed = 1): Promise<TransferReport> {
  const failures: { seed: number; problem: string; kind: 'mismatch' | 'hang' }[] = [];
  let bytes = 0;
  const pattern = randomBytes(randomOf(firstSeed), patternBytes);
  const server = await Server.start();
  try {
    for (let begun = 0; begun < count; begun += streamsPerConnection) {
      const seeds = Array.from(
        { length: Math.min(streamsPerConnection, count - begun) },
        (_, index) => firstSeed + begun + index,
      );
      const pair = await server.connect();
      const pings = pingUntilClosed(pair.client, pair.server);
      await Promise.all(
        seeds.map(async (seed) => {
          try {
            const carried = await within(longestMs, transfer(pair, seed, pattern));
            bytes += carried;
          } catch (error) {
            const problem = error instanceof Error ? error.message : String(error);
            failures.push({ seed, problem, kind: problem === late ? 'hang' : 'mismatch' });
          }
        }),
      );
      await within(longestMs, Promise.all([pair.client.close(), pair.server.close()])).catch((error: unknown) => {
        failures.push({ seed: seeds[0] ?? firstSeed, problem: `closing: ${String(error)}`, kind: 'hang' });
        pair.client.destroy();
        pair.server.destroy();
      });
      await pings;
    }
  } finally {
    await server.close();
  }
  return {
    transfers: count,
    firstSeed,
    bytes,
    mismatches: failures.filter(({ kind }) => kind === 'mismatch').length,
    hangs: failures.filter(({ kind }) => kind === 'hang').length,
    failures: failures.map(({ seed, problem }) => ({ seed, problem })),
  };
}

interface Pair {
  readonly client: SpdyConnection;
  readonly server: SpdyConnection;
  /** The server's end of a stream of the client's. */
  readonly accepted: (stream: SpdyStream) => SpdyStream;
}

/** How many bytes were sent, both ways together. Rejects when others came. */
async function transfer(pair: Pair, seed: number, pattern: Buffer): Promise<number> {
  const random = randomOf(seed);
  const client = await pair.client.openStream({ seed: [String(seed)] });
  const server = pair.accepted(client);
  const [up, down] = [sizeOf(random), sizeOf(random)];
  const [offsetUp, offsetDown] = [below(random, patternBytes), below(random, patternBytes)];
  const upSent = (): Promise<void> => send(client, source(pattern, offsetUp, up), randomOf(seed + 1));
  const downSent = (): Promise<void> => send(server, source(pattern, offsetDown, down), randomOf(seed + 2));
  const upRead = (): Promise<void> => receive(server, source(pattern, offsetUp, up), randomOf(seed + 3));
  const downRead = (): Promise<void> => receive(client, source(pattern, offsetDown, down), randomOf(seed + 4));
  const order = pick(random, ['together', 'question', 'greeting'] as const);
  if (order === 'together') await Promise.all([upSent(), downSent(), upRead(), downRead()]);
  // One side speaks when the other has ended: the first direction is half-closed while the second is used.
  if (order === 'question') await Promise.all([upSent(), upRead().then(downSent), downRead()]);
  if (order === 'greeting') await Promise.all([downSent(), downRead().then(upSent), upRead()]);
  await Promise.all([finished(client), finished(server)]);
  return up + down;
}

/** Mostly little, sometimes nothing, now and then more than every buffer on the way. */
function sizeOf(random: Random): number {
  const most = pick(random, [0, 1, 100, 32_768, 32_769, 200_000, 200_000, 1_000_000, 6_000_000]);
  return random() < 0.3 ? most : below(random, most + 1);
}

interface Source {
  readonly size: number;
  /** The bytes from `start` to before `end`. */
  readonly slice: (start: number, end: number) => Buffer;
}

function source(pattern: Buffer, offset: number, size: number): Source {
  const slice = (start: number, end: number): Buffer => {
    const bytes = Buffer.allocUnsafe(end - start);
    for (let filled = 0; filled < bytes.length;) {
      const from = (offset + start + filled) % pattern.length;
      filled += pattern.copy(bytes, filled, from, Math.min(pattern.length, from + bytes.length - filled));
    }
    return bytes;
  };
  return { size, slice };
}

async function send(stream: Duplex, { size, slice }: Source, random: Random): Promise<void> {
  const most = pick(random, [10, 1_000, 32_768, 65_536, 500_000]);
  const pace = paceOf(random);
  // Small pieces of a large transfer would only take long.
  const least = Math.max(1, Math.floor(size / 400));
  for (let sent = 0; sent < size;) {
    const end = Math.min(size, sent + least + below(random, most));
    if (!stream.write(slice(sent, end))) await once(stream, 'drain');
    sent = end;
    await pace();
  }
  stream.end();
}

async function receive(stream: Readable, { size, slice }: Source, random: Random): Promise<void> {
  const pace = paceOf(random);
  let received = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Buffer;
    const end = received + bytes.length;
    if (end > size || !bytes.equals(slice(received, end))) throw new Error(`other bytes after ${received} of ${size}`);
    received = end;
    await pace();
  }
  if (received < size) throw new Error(`ended after ${received} of ${size} bytes`);
}

/** What is waited for between two pieces: nothing, a turn of the event loop, or a while now and then. */
function paceOf(random: Random): () => Promise<unknown> {
  const nothing = Promise.resolve();
  return pick(random, [
    () => nothing,
    () => turn(),
    () => (random() < 0.05 ? delay(below(random, 20)) : nothing),
    () => (random() < 0.5 ? delay(1) : turn()),
  ]);
}

async function pingUntilClosed(...connections: readonly SpdyConnection[]): Promise<void> {
  const pinging = connections.map(async (connection) => {
    while (!connection.signal.aborted) {
      await connection.ping().catch(() => undefined);
      await delay(5);
    }
  });
  await Promise.all(pinging);
}

class Server {
  readonly #server: tls.Server;

  private constructor(server: tls.Server) {
    this.#server = server;
  }

  static async start(): Promise<Server> {
    const nowMs = Date.now();
    const authority = new CertificateAuthority('soak authority', nowMs);
    const request = { hosts: ['127.0.0.1'], usages: ['serverAuth' as const], nowMs };
    const { certificate, key } = authority.issue({ commonName: 'soak' }, request);
    const server = tls.createServer({ cert: certificate, key, allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Server(server);
  }

  async connect(): Promise<Pair> {
    const secured = once(this.#server, 'secureConnection') as Promise<[tls.TLSSocket]>;
    const { port } = this.#server.address() as AddressInfo;
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const [accepted] = await secured;
    const streams = new Map<number, SpdyStream>();
    const server = new SpdyConnection(accepted, {
      role: 'server',
      onStream: (stream) => streams.set(stream.id, stream),
    });
    const client = new SpdyConnection(socket, { role: 'client' });
    return {
      client,
      server,
      accepted: ({ id }) => {
        const stream = streams.get(id);
        if (stream === undefined) throw new Error(`stream ${id} was replied to and not handed out`);
        return stream;
      },
    };
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const late = 'not done in time';

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const timeout = delay(ms, undefined, { signal: timer.signal }).then(() => Promise.reject(new Error(late)));
  timeout.catch(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer.abort();
  }
}
