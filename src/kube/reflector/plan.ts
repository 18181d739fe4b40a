/**
 * What a reflector does next, given how the last step went. Pure; `reflector.ts` carries it out.
 *
 * Decisions, and what they rest on:
 * 1. A list always reads the newest state (no resourceVersion): it can neither go back in time nor ask for a version that
 *    is compacted or in the future.
 * 2. A watch that ended, was refused or broke is opened again at the version reached; only a version that the server no
 *    longer has (or does not have yet), or a request that it finds wrong, leads to a new list.
 * 3. A page is asked for again after a passing failure. An expired continue token leads to one list without pages, which
 *    cannot expire.
 * 4. Nothing is given up: every failure is followed by a wait, and the waits grow up to a ceiling.
 * 5. A server that refuses a streaming list, or answers without ever marking its end, gets paged lists from then on.
 */
import type { Random } from '../../runtime/clock.js';
import { hasCode, type VkError } from '../../runtime/errors.js';
import { backoffMs } from './backoff.js';

export type Step =
  /** A watch that begins with all there is, and goes on as a watch. */
  | { readonly type: 'stream' }
  /** A page of a list: the first, unless `token` says where the list goes on. `whole`: all in one answer. */
  | { readonly type: 'page'; readonly token?: string; readonly whole?: boolean }
  /** A watch from the version reached. */
  | { readonly type: 'watch' };

export type Outcome =
  | { readonly type: 'page'; readonly token: string | undefined }
  /** By the server, as a watch is meant to end. */
  | ({ readonly type: 'ended' } & WatchRecord)
  /** By us, who heard nothing for too long. */
  | ({ readonly type: 'silent' } & WatchRecord)
  /** The server did not take part in a streaming list. */
  | { readonly type: 'unstreamed' }
  | ({ readonly type: 'failed'; readonly error: VkError } & WatchRecord);

/** What a watch had achieved when it ended. Nothing, for a page. */
export interface WatchRecord {
  /** Whether the store holds everything: always after a list, and once a streaming list has marked its end. */
  readonly synced: boolean;
  /** Whether events or bookmarks came after that point. */
  readonly progress: boolean;
  /** Since the server accepted the watch; 0 if it did not. */
  readonly lastedMs: number;
  /** The longest time without a byte. */
  readonly silenceMs: number;
}

export interface Plan {
  readonly step: Step;
  readonly delayMs: number;
  /** Failures in a row. */
  readonly attempt: number;
  /** Whether streaming lists are (still) worth trying. */
  readonly streaming: boolean;
}

/** A watch that ends sooner than this with nothing to show is taken for a failure, or a broken server is asked in a loop. */
const shortestWatchMs = 1_000;

/** A streaming list that failed as often is left for a paged one: something between here and the server may not bear it. */
const streamAttempts = 2;

export function firstPlan(streaming: boolean): Plan {
  return { step: listStep(streaming), delayMs: 0, attempt: 0, streaming };
}

export function nextPlan(plan: Plan, outcome: Outcome, random: Random): Plan {
  const { step, streaming } = plan;
  switch (outcome.type) {
    case 'page':
      // Failures are forgotten by a watch that works, and not before: or a watch that never does would list in a loop.
      return {
        ...plan,
        step: outcome.token === undefined ? { type: 'watch' } : { type: 'page', token: outcome.token },
        delayMs: 0,
      };
    case 'unstreamed':
      return { step: listStep(false), delayMs: 0, attempt: 0, streaming: false };
    case 'silent':
    case 'ended': {
      const next = outcome.synced ? ({ type: 'watch' } as const) : listStep(streaming);
      return hasWorked(outcome)
        ? { step: next, delayMs: 0, attempt: 0, streaming }
        : retry(plan, next, undefined, random);
    }
    case 'failed': {
      const { error } = outcome;
      const current: Plan = hasWorked(outcome) ? { ...plan, attempt: 0 } : plan;
      if (step.type === 'page') return afterPageFailure(current, step, error, random);
      if (step.type === 'stream' && !outcome.synced) {
        if (isRefusal(error)) return { step: listStep(false), delayMs: 0, attempt: 0, streaming: false };
        return retry(current, plan.attempt < streamAttempts ? step : { type: 'page' }, error, random);
      }
      if (!needsList(error)) return retry(current, { type: 'watch' }, error, random);
      const list = listStep(streaming);
      // A watch that had worked and fell behind lists at once; one that never gets anywhere waits.
      return isExpired(error) && current.attempt === 0
        ? { step: list, delayMs: 0, attempt: 1, streaming }
        : retry(current, list, error, random);
    }
  }
}

function afterPageFailure(plan: Plan, step: Step & { type: 'page' }, error: VkError, random: Random): Plan {
  if (isExpired(error) && step.token !== undefined) {
    return { ...plan, step: { type: 'page', whole: true }, delayMs: 0, attempt: plan.attempt + 1 };
  }
  // A list without pages may be too much for the way here, and a page that the server finds wrong will not get better.
  const again = step.whole || needsList(error) ? ({ type: 'page' } as const) : step;
  return retry(plan, again, error, random);
}

function retry(plan: Plan, step: Step, error: VkError | undefined, random: Random): Plan {
  return { ...plan, step, delayMs: backoffMs(plan.attempt, error, random), attempt: plan.attempt + 1 };
}

function hasWorked(watch: WatchRecord): boolean {
  return watch.synced && (watch.progress || watch.lastedMs >= shortestWatchMs);
}

function listStep(streaming: boolean): Step {
  return streaming ? { type: 'stream' } : { type: 'page' };
}

function isExpired(error: VkError): boolean {
  return hasCode(error, 'Expired');
}

/** What an apiserver without streaming lists answers: 400, 422 and the like from old ones, 404, 406 or 501 from others. */
function isRefusal(error: VkError): boolean {
  return hasCode(error, 'InvalidInput') || hasCode(error, 'NotImplemented');
}

function needsList(error: VkError): boolean {
  return isExpired(error) || hasCode(error, 'InvalidInput') || hasCode(error, 'NotFound') || isVersionTooLarge(error);
}

/**
 * The server is behind the version asked for: it was restored from a backup, or is another replica. It says so with 504
 * and this text (apimachinery's `NewTooLargeResourceVersionError`).
 */
function isVersionTooLarge(error: VkError): boolean {
  return hasCode(error, 'Timeout') && error.message.includes('Too large resource version');
}
