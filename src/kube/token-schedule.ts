/** When a service account's token is replaced: well before its end, as kubelets do. Pure. */
import type { Random } from '../runtime/clock.js';

export interface TokenLife {
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** So that tokens issued together are not asked for together again. */
const maxJitterMs = 10_000;

/** The longest that a token is used, however long it lives. */
const longestUseMs = 24 * 3_600_000;

/** After 80 % of the token's life or a day, whichever is earlier, less up to 10 s. */
export function refreshAtMs({ issuedAtMs, expiresAtMs }: TokenLife, random: Random): number {
  const useMs = Math.min((expiresAtMs - issuedAtMs) * 0.8, longestUseMs);
  return issuedAtMs + Math.max(useMs - random() * Math.min(maxJitterMs, useMs / 10), 0);
}
