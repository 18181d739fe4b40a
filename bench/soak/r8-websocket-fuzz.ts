/**
 * R8: malformed WebSocket frames and channel messages against the kubelet's WebSocket transports, which are fed by memory
 * instead of by sockets so that a million inputs take minutes.
 *
 * One input is all that one client sends: frames that are well-formed in part of the inputs, and broken in one of many
 * ways, cut and glued together at random in the others. Of a well-formed input every byte of stdin has to arrive; of any
 * input the session has to end with its client, and to leave nothing behind. The seed of an input says all about it.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../src/runtime/clock.js';
import { silentLogger } from '../../src/runtime/logger.js';
import type { UpgradeCall } from '../../src/stream/call.js';
import { acceptWebSocketPortForward } from '../../src/stream/websocket/port-forward.js';
import { acceptWebSocketRemoteCommand } from '../../src/stream/websocket/remote-command.js';
import { acceptPortForwardTunnel } from '../../src/stream/websocket/tunnel.js';
import { FuzzClock, type FuzzFailure, MemorySocket, turn, usedBytes } from './fuzzing.js';
import { below, cut, pick, randomBytes, randomOf } from './seeded.js';

export interface FuzzReport {
  readonly inputs: number;
  /** How many of the sessions ended as the client's mistake. */
  readonly refused: number;
  /** What should not have been, with the seed that shows it: `fuzzWebSocketInput(seed)`. */
  readonly failures: readonly FuzzFailure[];
  /** Growth of heap and buffers from a tenth of the inputs on, after collections (with --expose-gc). */
  readonly growthBytes: number;
}

export async function fuzzWebSocket(inputs: number, firstSeed = 1): Promise<FuzzReport> {
  const failures: FuzzFailure[] = [];
  let refused = 0;
  let atStart = 0;
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', onUnhandled).on('uncaughtException', onUnhandled);
  try {
    for (let index = 0; index < inputs; index += 1) {
      if (index === Math.floor(inputs / 10)) atStart = await usedBytes();
      const seed = firstSeed + index;
      try {
        if (await fuzzWebSocketInput(seed)) refused += 1;
      } catch (error) {
        failures.push({ seed, problem: error instanceof Error ? error.message : String(error) });
      }
      for (const error of unhandled.splice(0)) failures.push({ seed, problem: `unhandled: ${String(error)}` });
    }
  } finally {
    process.off('unhandledRejection', onUnhandled).off('uncaughtException', onUnhandled);
  }
  return { inputs, refused, failures, growthBytes: (await usedBytes()) - atStart };
}

/** Plays one input. Whether the session was ended as the client's mistake; throws what should not have been. */
export async function fuzzWebSocketInput(seed: number): Promise<boolean> {
  const random = randomOf(seed);
  const kind = pick(random, ['exec', 'exec', 'exec base64', 'port-forward', 'tunnel'] as const);
  const wellFormed = random() < 0.3;
  const frames = Array.from({ length: 1 + below(random, 8) }, () => frameOf(random, kind, wellFormed));
  let bytes: Buffer = Buffer.concat(frames.map(({ wire }) => wire));
  if (!wellFormed) bytes = damaged(random, bytes);

  const clock = new FuzzClock();
  const socket = new MemorySocket();
  const arrived = await play(kind, clock, socket);
  for (const part of cut(random, bytes, 4)) {
    socket.push(part);
    await turn();
  }
  await turn();
  const refused = arrived.gone().aborted;
  if (wellFormed) {
    const expected = Buffer.concat(frames.map(({ input }) => input));
    if (refused) throw new Error('a well-formed input was refused');
    if (!arrived.bytes().equals(expected))
      throw new Error(`${arrived.bytes().length} bytes of ${expected.length} came`);
  }
  if (arrived.bytes().length > bytes.length) throw new Error('more came than was sent');
  socket.destroy();
  for (let turns = 0; !arrived.gone().aborted || clock.pending > 0; turns += 1) {
    if (turns > 50) throw new Error(`left: ${clock.pending} timers, gone ${arrived.gone().aborted}`);
    await turn();
  }
  return refused;
}

interface Arrived {
  readonly bytes: () => Buffer;
  readonly gone: () => { readonly aborted: boolean };
}

type Kind = 'exec' | 'exec base64' | 'port-forward' | 'tunnel';

const subprotocols: Readonly<Record<Kind, string>> = {
  exec: 'v5.channel.k8s.io',
  'exec base64': 'v4.base64.channel.k8s.io',
  'port-forward': 'v4.channel.k8s.io',
  tunnel: 'SPDY/3.1+portforward.k8s.io',
};

async function play(kind: Kind, clock: Clock, socket: Duplex): Promise<Arrived> {
  const chunks: Buffer[] = [];
  const collect = (chunk: Buffer): void => void chunks.push(chunk);
  const call = callOf(kind, socket);
  const options = { clock, maxMessageBytes: 4_096 };
  const bytes = (): Buffer => Buffer.concat(chunks);
  if (kind === 'tunnel') {
    const tunnel = await acceptPortForwardTunnel(call, options);
    tunnel.on('data', collect);
    tunnel.on('end', () => tunnel.end());
    return { bytes, gone: () => ({ aborted: tunnel.destroyed }) };
  }
  if (kind === 'port-forward') {
    const session = await acceptWebSocketPortForward(call, [80, 443], options);
    const { value } = (await session.connections[Symbol.asyncIterator]().next()) as { value: { connection: Duplex } };
    value.connection.on('data', collect);
    return { bytes, gone: () => session.gone };
  }
  const wanted = { stdin: true, stdout: true, stderr: true, tty: true };
  const session = await acceptWebSocketRemoteCommand(call, wanted, options);
  session.stdin?.on('data', collect);
  session.resize?.resume();
  return { bytes, gone: () => session.gone };
}

function callOf(kind: Kind, socket: Duplex): UpgradeCall {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': subprotocols[kind],
  };
  const headersDistinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return {
    request: { method: 'GET', headers, headersDistinct } as unknown as IncomingMessage,
    query: new URLSearchParams(),
    signal: new AbortController().signal,
    logger: silentLogger,
    socket,
    head: Buffer.alloc(0),
  };
}

/** A frame as a client sends it, and what of it is to arrive on stdin, or on the first port. */
interface FuzzFrame {
  readonly wire: Buffer;
  readonly input: Buffer;
}

const nothing = Buffer.alloc(0);

function frameOf(random: () => number, kind: Kind, wellFormed: boolean): FuzzFrame {
  const size = pick(random, [0, 1, 2, 20, 125, 126, 130, 1_000]);
  if (!wellFormed && random() < 0.5) return { wire: anyFrame(random, size), input: nothing };
  // A ping or a pong, now and then.
  if (random() < 0.2)
    return { wire: frame(random, 0x80 | pick(random, [9, 10]), randomBytes(random, 20)), input: nothing };
  const payload = randomBytes(random, size);
  if (kind === 'tunnel') return { wire: frame(random, 0x82, payload), input: payload };
  const channel = pick(random, kind === 'port-forward' ? [0, 0, 1, 2, 9] : [0, 0, 0, 1, 3, 4, 7]);
  const encoded = kind === 'exec base64' ? Buffer.from(payload.toString('base64')) : payload;
  const prefix = kind === 'exec base64' ? 0x30 + channel : channel;
  const wire = frame(random, pick(random, [0x81, 0x82]), Buffer.concat([Buffer.of(prefix), encoded]));
  return { wire, input: channel === 0 ? payload : nothing };
}

/** First byte, length, mask: anything, mostly near to what is right. */
function anyFrame(random: () => number, size: number): Buffer {
  const first = pick(random, [0x00, 0x01, 0x02, 0x08, 0x09, 0x80, 0x81, 0x82, 0x83, 0x88, 0x8b, 0xc2, 0xa2, 0x92]);
  const payload = randomBytes(random, size);
  switch (below(random, 6)) {
    case 0:
      // Not masked.
      return Buffer.concat([Buffer.of(first, Math.min(size, 125)), payload]);
    case 1:
      // Of a length that never comes, or that is over every bound.
      return Buffer.concat([Buffer.of(first, 0xff), randomBytes(random, 8), payload]);
    case 2:
      return Buffer.concat([Buffer.of(first, 0xfe), randomBytes(random, 2), payload]);
    case 3:
      // A close, with a code and a text that may be none.
      return frame(random, 0x88, randomBytes(random, below(random, 124)));
    case 4:
      return frame(random, 0x82, Buffer.concat([Buffer.of(255), randomBytes(random, below(random, 3))]));
    default:
      return frame(random, first, payload);
  }
}

function frame(random: () => number, first: number, payload: Buffer): Buffer {
  const mask = randomBytes(random, 4);
  const masked = Buffer.from(payload);
  for (let index = 0; index < masked.length; index += 1) masked[index] = (masked[index] ?? 0) ^ (mask[index & 3] ?? 0);
  const head =
    payload.length < 126
      ? Buffer.of(first, 0x80 | payload.length)
      : Buffer.of(first, 0xfe, payload.length >> 8, payload.length & 0xff);
  return Buffer.concat([head, mask, masked]);
}

function damaged(random: () => number, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = below(random, 4); count > 0 && copy.length > 0; count -= 1) {
    copy[below(random, copy.length)] = below(random, 256);
  }
  return random() < 0.3 ? copy.subarray(0, below(random, copy.length + 1)) : copy;
}
