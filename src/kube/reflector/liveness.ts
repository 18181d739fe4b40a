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
 * Whether the next watch can be expected never to be silent for long, from how the last one went. One that was too short
 * to tell leaves the expectation as it was.
 */
export function isChatty(wasChatty: boolean, last: { readonly lastedMs: number; readonly silenceMs: number }): boolean {
  if (last.silenceMs >= quietMs) return false;
  return wasChatty || last.lastedMs >= quietMs;
}

/**
 * How long to ask the server to keep the next watch open, in whole seconds. A watch that may be silent lasts 40 to 50 s,
 * so that its bookmark and its end come before `longestSilenceMs`; a chatty one between half of `watchTimeoutMs` and all.
 */
export function watchSeconds(chatty: boolean, watchTimeoutMs: number, random: Random): number {
  const [shortestMs, longestMs] = chatty ? [watchTimeoutMs / 2, watchTimeoutMs] : quietWatchMs;
  const drawnMs = shortestMs + random() * (longestMs - shortestMs);
  return Math.max(1, Math.round(Math.min(drawnMs, watchTimeoutMs) / 1000));
}
