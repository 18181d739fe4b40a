import { describe, expect, it } from 'vitest';
import { fuzzLogQuery } from '../../../bench/soak/r8-log-query-fuzz.js';

describe('log queries that are malformed', () => {
  it('R8: are refused or understood, and answered within what they ask for', async () => {
    const { failures, refused, inputs } = await fuzzLogQuery(20_000);
    expect(failures).toEqual([]);
    expect(refused).toBeGreaterThan(inputs / 10);
    expect(refused).toBeLessThan(inputs);
  });
});
