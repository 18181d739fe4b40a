/** The soak runs at a size for every day. At full size: `npm run soak`. */
import { describe, expect, it } from 'vitest';
import { transfers } from '../../../bench/soak/r7-transfers.js';
import { fuzzSpdy } from '../../../bench/soak/r8-spdy-fuzz.js';

describe('SPDY over time', () => {
  it('R7: transfers with slow readers, half-closes and pings arrive as they were sent, and none hangs', async () => {
    const { bytes, mismatches, hangs, failures } = await transfers(32, 11);
    expect({ mismatches, hangs, failures }).toEqual({ mismatches: 0, hangs: 0, failures: [] });
    expect(bytes).toBeGreaterThan(1_000_000);
  });

  it('R8: malformed input ends its connection and nothing else', async () => {
    const { inputs, refused, failures } = await fuzzSpdy(2_000);
    expect(failures).toEqual([]);
    // Neither is everything refused nor nothing.
    expect(refused).toBeGreaterThan(inputs / 4);
    expect(refused).toBeLessThan((inputs * 3) / 4);
  });
});
