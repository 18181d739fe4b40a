/**
 * Long-running operations: what a cloud takes minutes for, and answers with something to ask again with. What keeps that
 * over a restart of the process is in `run-operation.ts`.
 *
 * Invariants
 * 1. One question at a time, and never one sooner than the backend asked for.
 * 2. A question that the backend had no time for says nothing of the operation: it is asked again until the signal aborts.
 */
import { type Backoff, backoffDelayMs, retryOf } from '../../runtime/backoff.js';
import { type Clock, type Random, systemClock } from '../../runtime/clock.js';
import { hasCode } from '../../runtime/errors.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import { untilAborted } from '../../runtime/until-aborted.js';
import type { CallContext } from '../call-context.js';
import type { Throttle } from './throttle.js';

/** What a backend says of an operation: how it ended, or when to ask again and with what, if with something else. */
export type OperationState<T> =
  | { readonly done: true; readonly value: T }
  | { readonly done: true; readonly error: unknown }
  | { readonly done: false; readonly retryAfterMs?: number | undefined; readonly token?: string | undefined };

export interface OperationOptions {
  /** Ends the waiting, with its reason. The operation itself goes on. */
  readonly signal: AbortSignal;
  /** Time between two questions where the backend names none, doubled with each up to the longest. Default: 1,000. */
  readonly intervalMs?: number;
  /** Default: 10,000. */
  readonly maxIntervalMs?: number;
  /** The backend's, if it has one: questions go through it. */
  readonly throttle?: Throttle | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Told of questions that have to be repeated. No token is logged: clouds put signatures into them. */
  readonly logger?: Logger;
}

/**
 * Asks how an operation stands. One that has failed is `{ done: true, error }`. A rejection with `TooManyRequests`,
 * `Unavailable` or `Timeout` means that it could not be told: the question is repeated. Any other ends the waiting, and
 * `NotFound` means that the backend does not know the token. Should have a time limit of its own.
 */
export type OperationPoll<T> = (token: string, context: CallContext) => Promise<OperationState<T>>;

/** A backend that wants to be asked after more than that is asked all the same. */
const longestDelayMs = 3_600_000;

/**
 * Asks until the operation has ended, at once the first time, and then as often as the backend wants it, or backing off.
 * Resolves with its value, or rejects with its error, or with that of a question which cannot be answered.
 *
 * ```ts
 * const made: unknown = await awaitOperation(
 *   'https://cloud.example/operations/1',
 *   async (url, { signal }) => {
 *     const response = await fetch(url, { signal });
 *     if (response.status === 404) throw new VkError('NotFound', 'operation: not known any more');
 *     if (!response.ok) throw new VkError('Unavailable', `operation: the cloud answered ${response.status}`);
 *     if (response.status === 200) return { done: true, value: await response.json() };
 *     return { done: false, retryAfterMs: Number(response.headers.get('retry-after') ?? 2) * 1000 };
 *   },
 *   { signal: context.signal },
 * );
 * ```
 */
export async function awaitOperation<T>(token: string, poll: OperationPoll<T>, options: OperationOptions): Promise<T> {
  return valueOf(await lastState(token, poll, options, {}));
}

export function valueOf<T>(state: EndedOperation<T>): T {
  if ('error' in state) throw state.error;
  return state.value;
}

export type EndedOperation<T> = Exclude<OperationState<T>, { readonly done: false }>;

export interface Follow {
  /** When to ask first. Default: at once. */
  readonly firstAfterMs?: number | undefined;
  /** Called when the backend wants to be asked with another token from now on. */
  readonly onToken?: (token: string) => Promise<void>;
}

/** {@link awaitOperation}, with an operation that failed as an answer: it rejects where that is not known. */
export async function lastState<T>(
  token: string,
  poll: OperationPoll<T>,
  options: OperationOptions,
  follow: Follow,
): Promise<EndedOperation<T>> {
  const { signal, clock = systemClock, logger = silentLogger, throttle } = options;
  const context: CallContext = { signal, logger };
  let current = token;
  let delayMs = follow.firstAfterMs ?? 0;
  for (let asked = 1; ; asked += 1) {
    if (delayMs > 0) await clock.sleep(delayMs, signal);
    signal.throwIfAborted();
    const ask = (): Promise<OperationState<T>> => untilAborted(poll(current, context), signal);
    try {
      const state = await (throttle === undefined ? ask() : throttle.run(ask, signal));
      if (state.done) return state;
      delayMs = delayUntilNext(asked, state.retryAfterMs, options);
      if (state.token !== undefined && state.token !== current) {
        current = state.token;
        await follow.onToken?.(current);
      }
    } catch (error) {
      if (signal.aborted || !isTransient(error)) throw error;
      delayMs = delayUntilNext(asked, retryOf(error), options);
      logger.warn({ attempt: asked, delayMs, reason: codeOf(error) }, 'operation cannot be asked about, again later');
    }
  }
}

/** What the backend asked for, and up to a tenth more, so that many operations are not asked about as one; or a back-off. */
export function delayUntilNext(asked: number, afterMs: number | false | undefined, options: OperationOptions): number {
  const { intervalMs = 1_000, maxIntervalMs = 10_000, random = Math.random } = options;
  if (typeof afterMs === 'number' && afterMs > 0) return Math.min(afterMs, longestDelayMs) * (1 + random() / 10);
  const backoff: Backoff = { baseDelayMs: intervalMs, maxDelayMs: maxIntervalMs, jitter: 0.2 };
  return backoffDelayMs(asked, backoff, random);
}

function isTransient(error: unknown): boolean {
  if (retryOf(error) === false) return false;
  return hasCode(error, 'TooManyRequests') || hasCode(error, 'Unavailable') || hasCode(error, 'Timeout');
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code;
}
