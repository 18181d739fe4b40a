import { it } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.js';

it('leaves a timer of the system clock pending', () => {
  systemClock.setTimer(60_000, () => undefined);
});
