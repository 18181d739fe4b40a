/** Two sockets made one. */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../runtime/clock.js';

/** How long the second direction may go on when the first has ended: a real apiserver closes both at once. */
const lingerMs = 1_000;

/**
 * Carries bytes both ways, as fast as the slower side takes them. Resolves when both are gone: when one breaks, the
 * other is cut; when one ends, so does the other, after what was on its way.
 */
export async function join(a: Duplex, b: Duplex, clock: Clock): Promise<void> {
  const closings = [closed(a), closed(b)];
  carry(a, b, clock);
  carry(b, a, clock);
  await Promise.all(closings);
}

function carry(from: Duplex, to: Duplex, clock: Clock): void {
  // What broke it shows in the close that follows.
  from.on('error', () => undefined);
  from.once('end', () => {
    const timer = clock.setTimer(lingerMs, () => from.destroy());
    from.once('close', () => timer.cancel());
  });
  from.once('close', () => {
    if (from.readableEnded && !to.writableFinished) to.once('finish', () => to.destroy());
    else to.destroy();
  });
  from.pipe(to);
}

function closed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', resolve);
  });
}
