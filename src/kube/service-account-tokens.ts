/**
 * Tokens of service accounts, bound to pods, by the TokenRequest API (concepts/security/service-accounts). Neighbours:
 * `token-schedule.ts` says when one is replaced, `referenced-objects.ts` does the same for objects.
 *
 * 1. A token is asked for once for all who need the same one, and again before its end, as long as somebody needs it.
 * 2. With its last holder a token goes from memory, and so does its timer.
 * 3. No token is in a log, an error or a key that is shown.
 * 4. A failure to replace a token leaves the old one in use until its end.
 */
import { systemClock, type Clock, type Random, type Timer } from '../runtime/clock.js';
import { setDueTimer } from '../runtime/due-timer.js';
import { VkError } from '../runtime/errors.js';
import { silentLogger, type Logger } from '../runtime/logger.js';
import type { KubeApi } from './api.js';
import { backoffMs } from './reflector/backoff.js';
import { resourcePath, serviceAccounts } from './resources.js';
import type { Sourced } from './sourced.js';
import { refreshAtMs } from './token-schedule.js';

/** What a token is for. Two requests that are equal in all of it share one token. */
export interface TokenSpec {
  readonly namespace: string;
  readonly serviceAccountName: string;
  /** Left out: the apiserver's own. */
  readonly audience?: string | undefined;
  /** The life that is asked for. The apiserver may give another, 10 minutes at least. */
  readonly expirationSeconds: number;
  /** Makes the request a Conflict once the service account has been made anew. Default: any account of that name. */
  readonly serviceAccountUid?: string | undefined;
  /** The token ends with this pod. */
  readonly pod: { readonly name: string; readonly uid: string };
}

export interface ServiceAccountTokensOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

/** One holder's interest in one token. */
export interface TokenReference {
  /** Undefined before the first answer; `missing` where there is no such service account. */
  read(): Sourced<string> | undefined;
  /** Idempotent. */
  release(): void;
}

interface Kept {
  readonly spec: TokenSpec;
  readonly holders: Set<() => void>;
  readonly ending: AbortController;
  known: Sourced<string> | undefined;
  expiresAtMs: number;
  attempt: number;
  timer: Timer | undefined;
}

const shortestDelayMs = 1_000;

interface TokenAnswer {
  readonly spec?: { readonly expirationSeconds?: number };
  readonly status?: { readonly token?: string };
}

/**
 * ```ts
 * await using tokens = new ServiceAccountTokens(client);
 * const reference = tokens.acquire(
 *   { namespace: 'shop', serviceAccountName: 'robot', expirationSeconds: 3600, pod: { name: 'web', uid: 'u-1' } },
 *   () => console.log(reference.read()?.state),
 * );
 * ```
 */
export class ServiceAccountTokens implements AsyncDisposable {
  readonly #api: KubeApi;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #kept = new Map<string, Kept>();
  readonly #calls = new Set<Promise<void>>();
  #closed = false;

  constructor(api: KubeApi, options: ServiceAccountTokensOptions = {}) {
    this.#api = api;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Tokens in memory. */
  get size(): number {
    return this.#kept.size;
  }

  /** Asks for a token, or shares one. `onChange` is called, never from within this call, when `read` answers anew. */
  acquire(spec: TokenSpec, onChange: () => void): TokenReference {
    if (this.#closed) throw new VkError('Aborted', `${subjectOf(spec)}: no longer asked for, as the node ends`);
    const key = JSON.stringify([
      spec.namespace,
      spec.serviceAccountName,
      spec.pod.uid,
      spec.audience ?? '',
      spec.serviceAccountUid ?? '',
      spec.expirationSeconds,
    ]);
    const kept = this.#kept.get(key) ?? this.#begin(key, spec);
    const holder = (): void => onChange();
    kept.holders.add(holder);
    return {
      read: () => this.#read(kept),
      release: () => {
        kept.holders.delete(holder);
        if (kept.holders.size === 0 && this.#kept.get(key) === kept) this.#end(key, kept);
      },
    };
  }

  /** Forgets every token. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const [key, kept] of this.#kept) this.#end(key, kept);
    await Promise.all(this.#calls);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #read({ known, expiresAtMs, spec }: Kept): Sourced<string> | undefined {
    if (known?.state !== 'found' || this.#clock.now() < expiresAtMs) return known;
    return {
      state: 'unreadable',
      error: new VkError('Expired', `${subjectOf(spec)}: expired and could not be replaced`),
    };
  }

  #begin(key: string, spec: TokenSpec): Kept {
    const kept: Kept = {
      spec,
      holders: new Set(),
      ending: new AbortController(),
      known: undefined,
      expiresAtMs: 0,
      attempt: 0,
      timer: undefined,
    };
    this.#kept.set(key, kept);
    this.#ask(kept);
    return kept;
  }

  #end(key: string, kept: Kept): void {
    this.#kept.delete(key);
    kept.holders.clear();
    kept.timer?.cancel();
    kept.known = undefined;
    kept.ending.abort(new VkError('Aborted', `${subjectOf(kept.spec)}: no longer needed`));
  }

  #ask(kept: Kept): void {
    const call = this.#request(kept).finally(() => this.#calls.delete(call));
    this.#calls.add(call);
  }

  async #request(kept: Kept): Promise<void> {
    const { signal } = kept.ending;
    try {
      const answer = await requestToken(this.#api, kept.spec, signal);
      if (signal.aborted) return;
      this.#take(kept, answer);
    } catch (error) {
      // A token that is still good, or a failure like the one before, is no news.
      if (signal.aborted || !this.#noteFailure(kept, VkError.from(error))) return;
    }
    this.#tell(kept);
  }

  #take(kept: Kept, { token, expirationSeconds }: IssuedToken): void {
    // By its length and not by its end: that is on the server's clock, which need not be ours.
    const issuedAtMs = this.#clock.now();
    kept.expiresAtMs = issuedAtMs + expirationSeconds * 1000;
    kept.known = { state: 'found', object: token };
    kept.attempt = 0;
    const dueMs = refreshAtMs({ issuedAtMs, expiresAtMs: kept.expiresAtMs }, this.#random);
    const useMs = Math.max(dueMs - issuedAtMs, shortestDelayMs);
    kept.timer = setDueTimer(this.#clock, issuedAtMs + useMs, useMs, () => this.#ask(kept));
  }

  /** Answers whether there is something else to read. */
  #noteFailure(kept: Kept, error: VkError): boolean {
    const before = kept.known;
    const delayMs = backoffMs(kept.attempt, error, this.#random);
    kept.attempt += 1;
    if (kept.known?.state !== 'found') {
      kept.known = error.code === 'NotFound' ? { state: 'missing' } : { state: 'unreadable', error };
    }
    const { namespace, serviceAccountName, pod } = kept.spec;
    this.#logger.warn(
      {
        serviceAccount: `${namespace}/${serviceAccountName}`,
        pod: pod.name,
        attempt: kept.attempt,
        delayMs,
        err: error,
      },
      'token not issued',
    );
    kept.timer = this.#clock.setTimer(Math.max(delayMs, shortestDelayMs), () => this.#ask(kept));
    if (before?.state === 'unreadable' && kept.known.state === 'unreadable')
      return before.error.message !== kept.known.error.message;
    return before?.state !== kept.known.state;
  }

  #tell(kept: Kept): void {
    for (const holder of [...kept.holders]) {
      try {
        holder();
      } catch (err) {
        this.#logger.error({ pod: kept.spec.pod.name, err }, 'listener of a token failed');
      }
    }
  }
}

export interface IssuedToken {
  readonly token: string;
  /** How long it lives from now on. */
  readonly expirationSeconds: number;
}

/** One token, asked for once. */
export async function requestToken(api: KubeApi, spec: TokenSpec, signal?: AbortSignal): Promise<IssuedToken> {
  const { namespace, serviceAccountName: name, serviceAccountUid: uid, audience, expirationSeconds, pod } = spec;
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: pod.name, uid: pod.uid };
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: uid === undefined ? {} : { uid },
    spec: { audiences: audience === undefined ? [] : [audience], expirationSeconds, boundObjectRef },
  };
  const path = resourcePath(serviceAccounts, { namespace, name, subresource: 'token' });
  const answer = await api.request<TokenAnswer>({ method: 'POST', path, body, signal });
  const token = answer.status?.token;
  if (!token) throw new VkError('Internal', `${subjectOf(spec)}: the apiserver answered without a token`);
  // The life is the server's to choose; what it says of the end is by its clock, which need not be ours.
  return { token, expirationSeconds: answer.spec?.expirationSeconds ?? expirationSeconds };
}

function subjectOf({ namespace, serviceAccountName, pod }: TokenSpec): string {
  return `token of service account ${namespace}/${serviceAccountName} for pod ${pod.name}`;
}
