import { describe, expect, it } from 'vitest';
import { running } from '../../src/provider/container-state.js';
import { timestamp } from '../../src/provider/timestamp.js';
import { VkError } from '../../src/runtime/errors.js';

describe('timestamp', () => {
  it('writes whole seconds in UTC', () => {
    expect(timestamp(Date.UTC(2026, 0, 1, 0, 0, 0, 999))).toBe('2026-01-01T00:00:00Z');
    expect(timestamp(new Date('2026-01-01T01:00:00+01:00'))).toBe('2026-01-01T00:00:00Z');
  });

  it('refuses what is no time by name, as what a backend says may be none', () => {
    const error = new VkError('InvalidInput', 'time NaN: is none that a date can hold');
    expect(() => running({ startedAt: Date.parse('soon') })).toThrow(error);
    expect(() => timestamp(new Date('soon'))).toThrow(error);
    expect(() => timestamp(8.64e15 + 1)).toThrow('time 8640000000000001: is none that a date can hold');
  });
});
