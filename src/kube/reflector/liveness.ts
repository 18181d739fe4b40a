/**
 * How a watch is known to be alive. Pure; why it is done so: `docs/designs/reflector.md`.
 *
 * A watch that says nothing is alive or dead, and nothing but bytes from the server tells which. Servers end a watch after
 * the `timeoutSeconds` they were given, and send a bookmark about every minute and 2 s before that end. So a quiet watch is
 * kept short, and one that was never silent for long is let go on.
 */
import type { Random } from '../../runtime/clock.js';

/** A watch that is silent for longer is taken for dead. Below the minute after which a cache is no longer fresh. */
export const longestSilenceMs = 55_000;

/** A watch that is never silent for this long needs no end to show that it lives. */
const quietMs = 30_000;

/** The shortest and the longest end of a watch that may be silent: its bookmark and its end leave 5 s for the way here. */
const quietWatchMs = [40_000, 50_000] as const;

/**
 * How long to ask the server to keep the next watch open, in whole seconds. `silenceMs`: the longest silence in the last
 * one (`undefined`: there was none). A watch that may be silent lasts 40 to 50 s, so that its bookmark and its end come
 * before `longestSilenceMs`; one that is not lasts between half of `watchTimeoutMs` and all of it.
 */
export function watchSeconds(silenceMs: number | undefined, watchTimeoutMs: number, random: Random): number {
  const chatty = silenceMs !== undefined && silenceMs < quietMs;
  const [shortestMs, longestMs] = chatty ? [watchTimeoutMs / 2, watchTimeoutMs] : quietWatchMs;
  const drawnMs = shortestMs + random() * (longestMs - shortestMs);
  return Math.max(1, Math.round(Math.min(drawnMs, watchTimeoutMs) / 1000));
}
