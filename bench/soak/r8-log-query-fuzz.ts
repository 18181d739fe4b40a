/**
 * R8: malformed log queries, and what they lead to: options that pass are used on lines, which come as records of a log
 * file, damaged as well. Whatever comes is understood or refused with 400, the answer keeps to what was asked for, and
 * nothing is left behind. The seed of an input says all about it.
 */
import { Buffer } from 'node:buffer';
import { VkError } from '../../src/runtime/errors.js';
import { CriDecoder } from '../../src/stream/logs/cri-decoder.js';
import { encodeRecord, splitPieces } from '../../src/stream/logs/cri-format.js';
import { caughtUp, type LogItem } from '../../src/stream/logs/log-line.js';
import { parseLogQuery } from '../../src/stream/logs/log-query.js';
import { LogSelection } from '../../src/stream/logs/log-selection.js';
import { formatLogTime, parseLogTime } from '../../src/stream/logs/log-time.js';
import { type FuzzFailure, playInputs } from './fuzzing.js';
import { below, cut, pick, type Random, randomBytes, randomOf } from './seeded.js';

export interface LogQueryFuzzReport {
  readonly inputs: number;
  readonly firstSeed: number;
  /** How many queries were refused. */
  readonly refused: number;
  /** What should not have been, with the seed that shows it: `fuzzLogQueryInput(seed)`. */
  readonly failures: readonly FuzzFailure[];
  /** Growth of heap and buffers from a tenth of the inputs on, after collections (with --expose-gc). */
  readonly growthBytes: number;
}

export function fuzzLogQuery(inputs: number, firstSeed = 1): Promise<LogQueryFuzzReport> {
  return playInputs(inputs, firstSeed, fuzzLogQueryInput);
}

/** Plays one input. Whether its query was refused; throws what should not have been. */
export function fuzzLogQueryInput(seed: number): boolean {
  const random = randomOf(seed);
  let wanted: ReturnType<typeof parseLogQuery>;
  try {
    wanted = parseLogQuery(new URLSearchParams(queryOf(random)));
  } catch (error) {
    if (!(error instanceof VkError) || error.httpStatus !== 400 || error.message.length > 200) throw error;
    return true;
  }
  const selection = new LogSelection(wanted, now, { maxTailBytes: 4_096 });
  let bytes = 0;
  let lines = 0;
  for (const item of itemsOf(random)) {
    if (item === caughtUp) selection.caughtUp();
    else selection.push(item, now);
    if (selection.done) break;
  }
  selection.end();
  for (const byte of selection.takeBytes()) {
    bytes += 1;
    if (byte === 0x0a) lines += 1;
  }
  if (bytes > (wanted.limitBytes ?? Infinity)) throw new Error(`${bytes} bytes came`);
  if (!wanted.follow && lines > (wanted.tailLines ?? Infinity)) throw new Error(`${lines} lines came`);
  return false;
}

const now = Date.UTC(2026, 0, 1);
const names = [
  'follow',
  'previous',
  'timestamps',
  'tailLines',
  'limitBytes',
  'sinceSeconds',
  'sinceTime',
  'stream',
  'x',
];
const values = [
  ...['', 'true', 'false', '0', '1', '-1', '+7', '10', '1e3', '0x1', '9223372036854775807', '9223372036854775808'],
  ...['All', 'Stdout', 'Stderr', 'stdout', 'null', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59.999999999+23:59'],
  ...[
    '2026-02-30T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.9Z',
    '2026-01-01T00:00:00',
    '%',
    '\u0000',
    '١٢',
  ],
];

/** Text of a query: parameters that there are, with values that may be, now and then damaged. */
function queryOf(random: Random): string {
  const pairs = Array.from({ length: below(random, 6) }, () => {
    const value = random() < 0.8 ? pick(random, values) : randomBytes(random, below(random, 60)).toString('latin1');
    return `${pick(random, names)}=${random() < 0.5 ? encodeURIComponent(value) : value}`;
  });
  const query = pairs.join(pick(random, ['&', '&', '&', ';', '&&']));
  return random() < 0.2 ? damaged(random, Buffer.from(query)).toString('latin1') : query;
}

/** The records of a small log, read in pieces, some of them damaged. */
function itemsOf(random: Random): LogItem[] {
  const decoder = new CriDecoder();
  const records = Array.from({ length: below(random, 8) }, () => {
    const time = formatLogTime({ ms: now - below(random, 10_000), nanos: below(random, 1_000_000) });
    if (parseLogTime(time) === undefined) throw new Error(`${time} is no time`);
    const { pieces, rest } = splitPieces(randomBytes(random, below(random, 50)));
    const stream = pick(random, ['stdout', 'stderr'] as const);
    return [...pieces, { tag: 'P' as const, text: rest }].map(({ tag, text }) => encodeRecord(time, stream, tag, text));
  });
  const file = Buffer.concat(records.flat());
  const lines = cut(random, random() < 0.5 ? damaged(random, file) : file, 5).flatMap((block) => decoder.push(block));
  const last = decoder.end();
  const at = below(random, lines.length + 1);
  return [...lines.slice(0, at), caughtUp, ...lines.slice(at), ...(last ? [last] : [])];
}

function damaged(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = below(random, 4); count > 0 && copy.length > 0; count -= 1) {
    copy[below(random, copy.length)] = below(random, 256);
  }
  return random() < 0.2 ? copy.subarray(0, below(random, copy.length + 1)) : copy;
}
