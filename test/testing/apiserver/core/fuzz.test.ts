/** The soak runs at a size for every day. At full size: `npm run soak -- r8`. */
import { describe, expect, it } from 'vitest';
import { fuzzPatches } from '../../../../bench/soak/r8-patches-fuzz.js';

describe('patches that are malformed', () => {
  it('R8: are applied or refused, and a refused one changes nothing', async () => {
    const { failures, refused, inputs } = await fuzzPatches(3_000);
    expect(failures).toEqual([]);
    // Neither is everything refused nor nothing.
    expect(refused).toBeGreaterThan(inputs / 5);
    expect(refused).toBeLessThan((inputs * 4) / 5);
  });
});
