import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/testing/manual-clock.js';

describe('ManualClock', () => {
  it('stands still by itself', async () => {
    const clock = new ManualClock({ nowMs: 5 });
    await clock.settle();
    expect(clock.now()).toBe(5);
  });

  it('fires timers in the order of their due times, each at its own time', async () => {
    const clock = new ManualClock({ nowMs: 0 });
    const fired: [string, number][] = [];
    clock.setTimer(30, () => fired.push(['late', clock.now()]));
    clock.setTimer(10, () => fired.push(['first', clock.now()]));
    clock.setTimer(10, () => fired.push(['second', clock.now()]));
    await clock.advance(29);
    expect(fired).toEqual([
      ['first', 10],
      ['second', 10],
    ]);
    expect(clock.now()).toBe(29);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(fired.at(-1)).toEqual(['late', 30]);
  });

  it('fires timers that are set by timers and promises on the way', async () => {
    const clock = new ManualClock({ nowMs: 0 });
    const beats: number[] = [];
    const loop = async (): Promise<void> => {
      for (let beat = 0; beat < 5; beat += 1) {
        await clock.sleep(10);
        beats.push(clock.now());
      }
    };
    const looping = loop();
    await clock.advance(100);
    await looping;
    expect(beats).toEqual([10, 20, 30, 40, 50]);
    expect(clock.now()).toBe(100);
  });

  it('does not fire a cancelled timer, and a sleep ends with its signal', async () => {
    const clock = new ManualClock();
    let fired = false;
    clock
      .setTimer(1, () => {
        fired = true;
      })
      .cancel();
    const controller = new AbortController();
    const sleeping = clock.sleep(1_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    await clock.advance(10);
    expect(fired).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('lets a request over a real socket be answered between two timers', async () => {
    const clock = new ManualClock({ nowMs: 0 });
    const server = createServer((_request, response) => response.end('pong'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const answers: number[] = [];
    const ask = async (): Promise<void> => {
      for (let call = 0; call < 3; call += 1) {
        await clock.sleep(1_000);
        await (await fetch(`http://127.0.0.1:${port}/`)).text();
        answers.push(clock.now());
      }
    };
    const asking = ask();
    await clock.runUntil(() => answers.length === 3);
    await asking;
    expect(answers).toHaveLength(3);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('runs until a condition holds, or says that it does not', async () => {
    const clock = new ManualClock({ nowMs: 0 });
    await clock.runUntil(() => clock.now() >= 4_000);
    expect(clock.now()).toBe(4_000);
    await expect(clock.runUntil(() => false, { limitMs: 500 })).rejects.toThrow('condition not met within 500 ms');
    expect(clock.now()).toBe(4_500);
  });

  it('passes on what a timer throws, and refuses to be advanced twice at a time', async () => {
    const clock = new ManualClock();
    clock.setTimer(1, () => {
      throw new Error('broken');
    });
    await expect(clock.advance(2)).rejects.toThrow('broken');
    const advancing = clock.advance(1);
    await expect(clock.advance(1)).rejects.toThrow('already being advanced');
    await advancing;
  });
});
