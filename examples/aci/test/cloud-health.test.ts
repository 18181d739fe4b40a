import { describe, expect, it } from 'vitest';
import { VkError } from 'vk-sdk';
import { afterCall, needsProbe, outage, type CloudHealth } from '../src/cloud/cloud-health.js';

const unreachable = new VkError('Unavailable', 'cloud: out of reach');

/** What is known after calls that ended so, each at its second. */
function after(...calls: readonly (readonly [second: number, error?: unknown])[]): CloudHealth {
  return calls.reduce<CloudHealth>((health, [second, error]) => afterCall(health, error, second * 1_000), {});
}

describe("the cloud's health", () => {
  it('is fine while nothing has failed, and has to be asked for when nothing was asked', () => {
    expect(outage({}, 0)).toBeUndefined();
    expect(needsProbe({}, 0)).toBe(true);
    expect(needsProbe(after([10]), 30_000)).toBe(false);
    expect(needsProbe(after([10]), 41_000)).toBe(true);
  });

  it('suffers no single failure, but half a minute of nothing else', () => {
    const health = after([0], [10, unreachable], [20, unreachable], [39, unreachable]);
    expect(outage(health, 39_000)).toBeUndefined();
    expect(outage(health, 40_000)).toBe(unreachable);
    expect(needsProbe(health, 40_000)).toBe(true);
    expect(outage(afterCall(health, undefined, 41_000), 41_000)).toBeUndefined();
  });

  it('is out at once for a node that has never had an answer', () => {
    expect(outage(after([1, unreachable]), 1_000)).toBe(unreachable);
  });

  it('does not suffer from throttling, refusals, or calls that somebody called off', () => {
    for (const code of ['TooManyRequests', 'Conflict', 'InvalidInput', 'NotFound', 'Aborted'] as const) {
      const calls = Array.from({ length: 100 }, (_, second) => [second, new VkError(code, 'x')] as const);
      expect(outage(after([0], ...calls), 100_000)).toBeUndefined();
    }
  });

  it.each(['Unauthorized', 'Forbidden', 'Timeout', 'Internal'] as const)('suffers from %s', (code) => {
    const error = new VkError(code, 'x');
    expect(outage(after([0], [1, error], [32, error]), 32_000)).toBe(error);
  });

  it('upstream §7: is seen to suffer, and asked for, though the clock was set back by an hour', () => {
    const health = after([3_600], [3_610, unreachable], [10, unreachable], [39, unreachable]);
    expect(outage(health, 39_000)).toBeUndefined();
    expect(outage(health, 40_000)).toBe(unreachable);
    expect(needsProbe(after([3_600]), 10_000)).toBe(true);
  });
});
