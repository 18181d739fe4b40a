/** What every fuzz of R8 stands on: a peer in memory, a clock that counts its timers, how much memory is held. */
import type { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../src/runtime/clock.js';

/** What should not have been, with the seed that shows it. */
export interface FuzzFailure {
  readonly seed: number;
  readonly problem: string;
}

const inputsPerTurn = 1_000;

/** Plays inputs that never wait, one seed after the other. `play` answers whether its input was refused. */
export async function playInputs(inputs: number, firstSeed: number, play: (seed: number) => boolean) {
  const failures: FuzzFailure[] = [];
  let refused = 0;
  let atStart = await usedBytes();
  for (let index = 0; index < inputs; index += 1) {
    if (index === Math.floor(inputs / 10)) atStart = await usedBytes();
    if (index % inputsPerTurn === 0) await turn();
    const seed = firstSeed + index;
    try {
      if (play(seed)) refused += 1;
    } catch (error) {
      failures.push({ seed, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  return { inputs, firstSeed, refused, failures, growthBytes: (await usedBytes()) - atStart };
}

/** The server's end of a connection whose client takes everything. */
export class MemorySocket extends Duplex {
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}

/** Stands still; counts its timers. */
export class FuzzClock implements Clock {
  pending = 0;
  now(): number {
    return 0;
  }
  setTimer(): Timer {
    this.pending += 1;
    let set = true;
    return {
      cancel: () => {
        if (set) this.pending -= 1;
        set = false;
      },
    };
  }
  sleep(): Promise<void> {
    return Promise.reject(new Error('nothing sleeps here'));
  }
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Heap and buffers, after a collection where there is `--expose-gc`. */
export async function usedBytes(): Promise<number> {
  await turn();
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
