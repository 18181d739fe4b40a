/**
 * R8: malformed SPDY against the decoder, the header blocks and whole connections of a server, which are fed by memory
 * instead of by sockets so that a million inputs take minutes.
 *
 * One input is all that one client sends. A part of them is well-formed, and then every byte has to arrive where it
 * belongs; of any input the connection has to end with its client and leave nothing behind. The seed of an input says all
 * about it.
 */
import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { hasCode } from '../../src/runtime/errors.js';
import { dictionary } from '../../src/stream/spdy/dictionary.js';
import { FrameDecoder } from '../../src/stream/spdy/frame-decoder.js';
import {
  encodeDataHeader,
  encodeGoAway,
  encodePing,
  encodeReset,
  FrameEncoder,
} from '../../src/stream/spdy/frame-encoder.js';
import { HeaderBlockReader, type SpdyHeaders } from '../../src/stream/spdy/header-block.js';
import { defaultSpdyLimits, type SpdyLimits } from '../../src/stream/spdy/limits.js';
import { SpdyConnection } from '../../src/stream/spdy/spdy-connection.js';
import { FuzzClock, type FuzzFailure, MemorySocket, turn, usedBytes } from './fuzzing.js';
import { below, cut, pick, type Random, randomBytes, randomOf } from './seeded.js';

export interface SpdyFuzzReport {
  readonly inputs: number;
  readonly firstSeed: number;
  /** How many were refused as the client's mistake. */
  readonly refused: number;
  /** What should not have been, with the seed that shows it: `fuzzSpdyInput(seed)`. */
  readonly failures: readonly FuzzFailure[];
  /** Growth of heap and buffers from a tenth of the inputs on, after collections (with --expose-gc). */
  readonly growthBytes: number;
}

/** Small enough that inputs of some hundred bytes meet every one of them. */
const limits: SpdyLimits = {
  ...defaultSpdyLimits,
  controlFrameBytes: 600,
  headerBlockBytes: 1_000,
  headerCount: 4,
  headerValueBytes: 300,
  streams: 4,
  streamBufferBytes: 4_096,
  connectionBufferBytes: 8_192,
};

export async function fuzzSpdy(inputs: number, firstSeed = 1): Promise<SpdyFuzzReport> {
  const failures: FuzzFailure[] = [];
  let refused = 0;
  let atStart = await usedBytes();
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', onUnhandled).on('uncaughtException', onUnhandled);
  try {
    for (let index = 0; index < inputs; index += 1) {
      if (index === Math.floor(inputs / 10)) atStart = await usedBytes();
      const seed = firstSeed + index;
      try {
        if (await fuzzSpdyInput(seed)) refused += 1;
      } catch (error) {
        failures.push({ seed, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      }
      for (const error of unhandled.splice(0)) failures.push({ seed, problem: `unhandled: ${String(error)}` });
    }
  } finally {
    process.off('unhandledRejection', onUnhandled).off('uncaughtException', onUnhandled);
  }
  return { inputs, firstSeed, refused, failures, growthBytes: (await usedBytes()) - atStart };
}

/** Plays one input. Whether it was refused; throws what should not have been. */
export async function fuzzSpdyInput(seed: number): Promise<boolean> {
  const random = randomOf(seed);
  switch (below(random, 4)) {
    case 0:
      return fuzzHeaderBlocks(random);
    case 1:
      return fuzzConnection(random);
    default:
      return fuzzDecoder(random);
  }
}

/** True if `play` throws what a peer's mistake is told by. */
function isRefused(play: () => void): boolean {
  try {
    play();
    return false;
  } catch (error) {
    if (!hasCode(error, 'InvalidInput')) throw error;
    return true;
  }
}

function fuzzHeaderBlocks(random: Random): boolean {
  const reader = new HeaderBlockReader(limits);
  const level = below(random, 10);
  const { Z_SYNC_FLUSH, Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY } = zlib.constants;
  const strategy = pick(random, [Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY]);
  const compress = (text: Buffer): Buffer =>
    zlib.deflateSync(text, { dictionary, level, strategy, finishFlush: Z_SYNC_FLUSH });
  const text = random() < 0.5 ? serialized(headersOf(random)) : randomBytes(random, below(random, 400));
  return isRefused(() => {
    const size = Object.keys(reader.read(damaged(random, compress(text)))).length;
    if (size > limits.headerCount) throw new Error(`${size} headers came`);
  });
}

function fuzzDecoder(random: Random): boolean {
  const decoder = new FrameDecoder(limits);
  const input = damaged(random, Buffer.concat(sessionOf(random).frames));
  let bytes = 0;
  const refused = isRefused(() => {
    for (const chunk of cut(random, input, 6)) {
      for (const frame of decoder.decode(chunk)) bytes += frame.type === 'data' ? frame.payload.length : 0;
    }
  });
  if (bytes > input.length) throw new Error('more came than was sent');
  return refused;
}

async function fuzzConnection(random: Random): Promise<boolean> {
  const { frames, payloads } = sessionOf(random);
  const wellFormed = random() < 0.3;
  const input = wellFormed ? Buffer.concat(frames) : damaged(random, Buffer.concat(frames));
  const clock = new FuzzClock();
  const socket = new MemorySocket();
  const arrived = new Map<number, Buffer[]>();
  let open = 0;
  const connection = new SpdyConnection(socket, {
    role: 'server',
    clock,
    limits,
    onStream: (stream) => {
      open += 1;
      stream.once('close', () => (open -= 1));
      const chunks: Buffer[] = [];
      arrived.set(stream.id, chunks);
      // What is read is answered, so that the way back is walked too.
      stream.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        stream.write(chunk);
      });
      stream.once('end', () => stream.end());
    },
  });
  for (const chunk of cut(random, input, 4)) {
    socket.push(chunk);
    await turn();
  }
  await turn();
  const refused = connection.signal.aborted;
  if (wellFormed) {
    if (refused) throw new Error('a well-formed input was refused');
    for (const [id, payload] of payloads) {
      if (!Buffer.concat(arrived.get(id) ?? []).equals(payload)) throw new Error(`stream ${id}: other bytes came`);
    }
  }
  socket.destroy();
  await connection.closed;
  await turn();
  if (open > 0 || clock.pending > 0) throw new Error(`left: ${open} streams, ${clock.pending} timers`);
  return refused;
}

interface Session {
  readonly frames: Buffer[];
  /** What is to be read of each stream that is taken. */
  readonly payloads: Map<number, Buffer>;
}

/** A few streams, as a client may open and use them. */
function sessionOf(random: Random): Session {
  const encoder = new FrameEncoder();
  const frames: Buffer[] = [];
  const payloads = new Map<number, Buffer>();
  const open: number[] = [];
  for (let count = 1 + below(random, 12); count > 0; count -= 1) {
    const id = pick(random, open);
    switch (below(random, 8)) {
      case 0:
      case 1:
        if (payloads.size === limits.streams) break;
        open.push(2 * payloads.size + 1);
        payloads.set(2 * payloads.size + 1, Buffer.alloc(0));
        frames.push(encoder.synStream(open.at(-1) ?? 1, headersOf(random)));
        break;
      case 2:
        frames.push(encodePing(below(random, 1_000)));
        break;
      case 3:
        frames.push(ignoredOf(random));
        break;
      case 4:
        if (random() < 0.2) frames.push(encodeGoAway(0, 0));
        break;
      case 5:
        if (id === undefined || random() < 0.7) break;
        frames.push(encodeDataHeader(id, 0, true));
        open.splice(open.indexOf(id), 1);
        break;
      default: {
        if (id === undefined) break;
        const payload = randomBytes(random, below(random, 200));
        frames.push(Buffer.concat([encodeDataHeader(id, payload.length, false), payload]));
        payloads.set(id, Buffer.concat([payloads.get(id) ?? Buffer.alloc(0), payload]));
      }
    }
  }
  return { frames, payloads };
}

function headersOf(random: Random): SpdyHeaders {
  const names = ['streamtype', 'port', 'requestid', '__proto__'].slice(0, below(random, 5));
  return Object.fromEntries(names.map((name) => [name, ['x'.repeat(below(random, 40))]]));
}

/** A frame that has to be ignored: SETTINGS, WINDOW_UPDATE, or of no known type, or a reset of nothing. */
function ignoredOf(random: Random): Buffer {
  if (random() < 0.3) return encodeReset(2 * below(random, 50) + 101, 'Cancel');
  const payload = randomBytes(random, below(random, 30));
  const type = pick(random, [0, 4, 5, 9, 10, 77, 65_535]);
  return Buffer.concat([
    Buffer.of(0x80, 0x03, type >> 8, type & 0xff, below(random, 256), 0, 0, payload.length),
    payload,
  ]);
}

function serialized(headers: SpdyHeaders): Buffer {
  const number = (value: number): Buffer => Buffer.of(0, 0, value >> 8, value & 0xff);
  const entries = Object.entries(headers);
  const texts = entries.flatMap(([name, values]) => [name, values.join('\0')]);
  return Buffer.concat([number(entries.length), ...texts.flatMap((text) => [number(text.length), Buffer.from(text)])]);
}

/** Bytes changed, put in, taken out, repeated; numbers made large; the end cut off. */
function damaged(random: Random, bytes: Buffer): Buffer {
  let copy = Buffer.from(bytes);
  for (let count = below(random, 5); count > 0 && copy.length > 0; count -= 1) {
    const at = below(random, copy.length);
    const end = Math.min(copy.length, at + below(random, 20));
    switch (below(random, 6)) {
      case 0:
        copy[at] = below(random, 256);
        break;
      case 1:
        copy[at] = (copy[at] ?? 0) ^ (1 << below(random, 8));
        break;
      case 2:
        copy = Buffer.concat([copy.subarray(0, at), copy.subarray(end)]);
        break;
      case 3:
        copy = Buffer.concat([copy.subarray(0, end), copy.subarray(at)]);
        break;
      case 4:
        copy = Buffer.concat([copy.subarray(0, at), randomBytes(random, below(random, 12)), copy.subarray(at)]);
        break;
      default:
        copy.fill(0xff, at, end);
    }
  }
  return random() < 0.2 ? copy.subarray(0, below(random, copy.length + 1)) : copy;
}
