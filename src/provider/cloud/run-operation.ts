/**
 * A long-running operation that a restart of the process does not begin again. How it is waited for: `operation.ts`; where
 * its token is kept: `annotation-store.ts`, or wherever a backend has room (a tag).
 *
 * Invariants
 * 1. What is stored is the token of an operation of whose end nobody has been told. A run that resolves leaves none.
 * 2. An operation whose token was lost is begun again: `begin` has to find what it began before.
 * 3. In one run at most two operations are begun.
 */
import { hasCode, VkError } from '../../runtime/errors.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import type { CallContext } from '../call-context.js';
import {
  delayUntilNext,
  type EndedOperation,
  lastState,
  type OperationOptions,
  type OperationPoll,
  type OperationState,
  valueOf,
} from './operation.js';

/** Where the token of one operation of one pod is kept. Calls for one store do not overlap. */
export interface OperationStore {
  /** The token that was saved last, or undefined. Rejects if it cannot tell. */
  load(signal: AbortSignal): Promise<string | undefined>;
  /** Replaces the token; undefined takes it away, which is done also where there is nothing left to take it from. */
  save(token: string | undefined, signal: AbortSignal): Promise<void>;
}

/** What begins an operation: the token to ask with, or how it ended if it was done at once. */
export type BegunOperation<T> =
  string | EndedOperation<T> | (Extract<OperationState<T>, { readonly done: false }> & { readonly token: string });

/** Refusals that leave open how the operation ended. */
const lockedOut = ['Unauthorized', 'Forbidden', 'Aborted'] as const;

export interface RunOperationOptions<T> extends OperationOptions {
  readonly store: OperationStore;
  /**
   * Begins the operation. Called again after a crash before the token was saved, and where the backend has forgotten it:
   * so it must take what an earlier call began for its own (a name made of the pod's uid, a PUT). Its errors are passed on.
   */
  readonly begin: (context: CallContext) => Promise<BegunOperation<T>>;
  readonly poll: OperationPoll<T>;
}

/**
 * Goes on with the operation whose token is stored, or begins one and stores its token; resolves with its value once it
 * has ended and the token is gone, or rejects with its error.
 *
 * Where it is not known how the operation ended (the signal aborts, the backend lets nobody in) the token stays, and the
 * next run goes on with it. A token that cannot be stored is lost in a crash, no more; one that cannot be taken away makes
 * the run reject, so that it comes again. One run at a time for a store.
 *
 * ```ts
 * const begin = async (): Promise<{ id: string }> => …;
 * const stateOf = async (id: string): Promise<{ state: string; message: string }> => …;
 * await runOperation({
 *   store: annotationStore(client, podRef(pod), 'cloud.example/creating'),
 *   begin: async () => (await begin()).id,
 *   poll: async (id) => {
 *     const { state, message } = await stateOf(id);
 *     if (state === 'Running') return { done: false };
 *     return state === 'Failed' ? { done: true, error: new Error(message) } : { done: true, value: undefined };
 *   },
 *   signal: context.signal,
 *   logger: context.logger,
 * });
 * ```
 */
export async function runOperation<T>(options: RunOperationOptions<T>): Promise<T> {
  const stored = new StoredToken(options);
  const loaded = await stored.load();
  const resumed = loaded === undefined ? undefined : await follow(loaded, 0, stored, options);
  const state = resumed ?? (await beginAndFollow(stored, options));
  if ('error' in state) await stored.clear().catch(() => undefined);
  else await stored.clear();
  return valueOf(state);
}

async function beginAndFollow<T>(stored: StoredToken, options: RunOperationOptions<T>): Promise<EndedOperation<T>> {
  const { signal, throttle, logger = silentLogger } = options;
  const begin = (): Promise<BegunOperation<T>> => options.begin({ signal, logger });
  const begun = await (throttle === undefined ? begin() : throttle.run(begin, signal));
  if (typeof begun !== 'string' && begun.done) return begun;
  const { token, retryAfterMs } = typeof begun === 'string' ? { token: begun } : begun;
  await stored.save(token);
  const state = await follow(token, delayUntilNext(1, retryAfterMs, options), stored, options);
  return state ?? { done: true, error: new VkError('Unavailable', 'operation: the backend forgot it before it ended') };
}

/** How the operation ended, or undefined if the backend does not know it. Rejects where its end is not known. */
async function follow<T>(
  token: string,
  firstAfterMs: number,
  stored: StoredToken,
  options: RunOperationOptions<T>,
): Promise<EndedOperation<T> | undefined> {
  try {
    return await lastState(token, options.poll, options, { firstAfterMs, onToken: (next) => stored.save(next) });
  } catch (error) {
    if (options.signal.aborted || lockedOut.some((code) => hasCode(error, code))) throw error;
    return hasCode(error, 'NotFound') ? undefined : { done: true, error };
  }
}

/** What is in a store, as far as one run knows. */
class StoredToken {
  readonly #store: OperationStore;
  readonly #signal: AbortSignal;
  readonly #logger: Logger;
  #mayBeThere = false;

  constructor({ store, signal, logger = silentLogger }: RunOperationOptions<unknown>) {
    this.#store = store;
    this.#signal = signal;
    this.#logger = logger;
  }

  async load(): Promise<string | undefined> {
    const token = await this.#store.load(this.#signal);
    this.#mayBeThere = token !== undefined;
    // What somebody emptied by hand is no token.
    return token || undefined;
  }

  /** Never rejects: the operation goes on without. */
  async save(token: string): Promise<void> {
    try {
      await this.#store.save(token, this.#signal);
      this.#mayBeThere = true;
    } catch (error) {
      this.#mayBeThere ||= hasCode(error, 'Timeout') || hasCode(error, 'Unavailable');
      this.#logger.warn({ err: error }, 'token of an operation cannot be stored, a restart would begin it again');
    }
  }

  async clear(): Promise<void> {
    if (this.#mayBeThere) await this.#store.save(undefined, this.#signal);
  }
}
