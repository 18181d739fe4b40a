import type { Random } from 'vk-sdk';
import type { EmulatorLatencies } from './options.js';

/**
 * Times such as the service shows in practice, drawn anew for each use: answers within 50 to 400 ms, seconds until a group
 * has a place, up to half a minute for an image, seconds for a deletion. `scale` shortens all of them, for tests.
 */
export function realisticLatencies(random: Random, scale = 1): EmulatorLatencies {
  // The square makes long ones rare.
  const between = (leastMs: number, mostMs: number) => (): number =>
    scale * (leastMs + (mostMs - leastMs) * random() ** 2);
  return {
    answer: between(50, 400),
    pending: between(1_000, 6_000),
    pull: between(4_000, 30_000),
    stop: between(1_000, 5_000),
    delete: between(1_000, 8_000),
  };
}
