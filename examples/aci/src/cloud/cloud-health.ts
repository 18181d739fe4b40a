/**
 * Whether the cloud is in reach, from what becomes of the calls that are made anyway. Pure.
 *
 * Invariants
 * 1. A cloud that throttles, or refuses a request, is in reach.
 * 2. One failure is none: only failures for as long as `patienceMs`, without an answer in between, are.
 */
import { hasCode, VkError } from 'vk-sdk';

export interface CloudHealth {
  /** When the cloud last answered, in ms since the epoch. */
  readonly answeredAt?: number;
  /** The failures since then. */
  readonly failing?: { readonly since: number; readonly error: VkError };
}

/** Long enough for a token to be fetched anew and a connection to be made again. */
const patienceMs = 30_000;
/** An answer that is not older makes it unnecessary to ask. */
const freshMs = 30_000;

/** What is known after a call that began when nothing but `health` was, and ended now. */
export function afterCall(health: CloudHealth, error: unknown, now: number): CloudHealth {
  if (error === undefined || isAnswer(error)) return { answeredAt: now };
  // Whoever called it off says nothing of the cloud.
  if (hasCode(error, 'Aborted')) return health;
  // Since now, if the clock was set back: it would take as long to get there again.
  const since = Math.min(health.failing?.since ?? now, now);
  return { ...health, failing: { since, error: VkError.from(error) } };
}

/** Whether the cloud has to be asked for anybody to know. */
export function needsProbe({ answeredAt, failing }: CloudHealth, now: number): boolean {
  return failing !== undefined || answeredAt === undefined || Math.abs(now - answeredAt) > freshMs;
}

/** What keeps the node from being ready; undefined while nothing does. */
export function outage({ answeredAt, failing }: CloudHealth, now: number): VkError | undefined {
  if (failing === undefined) return undefined;
  // A node that has never had an answer has nothing to be patient for.
  return answeredAt === undefined || now - failing.since >= patienceMs ? failing.error : undefined;
}

function isAnswer(error: unknown): boolean {
  const unanswered = ['Unavailable', 'Timeout', 'Unauthorized', 'Forbidden', 'Internal', 'Aborted'] as const;
  return !unanswered.some((code) => hasCode(error, code));
}
