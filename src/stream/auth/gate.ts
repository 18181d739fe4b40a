/**
 * The server's front: who is not known is answered 401, who may not 403, and who cannot be judged is not let in.
 *
 * Invariants
 * 1. A caller is let in by an answer "allowed" alone: an error, a timeout and an answer that is missing deny.
 * 2. Nothing of a credential gets into a log line or an error.
 */
import type { Clock } from '../../runtime/clock.js';
import { hasCode, VkError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { Refusal } from '../refusal.js';
import { attributesFor, type AttributeOptions } from './attributes.js';
import type { Authenticator, PresentedCredentials } from './authenticator.js';
import type { Authorizer, NodeAttributes } from './authorizer.js';
import { anonymousUser, type UserInfo } from './user.js';

export interface GateOptions extends AttributeOptions {
  readonly nodeName: string;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** Whether a request without any credentials goes on as `system:anonymous`, whom the authorizer judges. */
  readonly anonymous: boolean;
  /** For each question to the authenticator and to the authorizer. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each decision. Must not throw. */
  readonly onDecision?: (stage: 'authentication' | 'authorization', decision: 'allowed' | 'denied' | 'error') => void;
}

export interface KnockingRequest {
  readonly credentials: PresentedCredentials;
  /** Whether the request brought any credentials, good or bad. */
  readonly presented: boolean;
  readonly root: string;
  readonly method: string;
}

export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Who calls. Throws a 401. `signal` ends the waiting when the caller has gone. */
  async identify(request: KnockingRequest, signal: AbortSignal): Promise<UserInfo> {
    const { anonymous, authenticator, logger, nodeName, onDecision } = this.#options;
    const refuse = (decision: 'denied' | 'error'): Refusal => {
      onDecision?.('authentication', decision);
      return new Refusal('Unauthorized', 'Unauthorized', { headers: { 'WWW-Authenticate': 'Bearer' } });
    };
    if (!request.presented) {
      if (anonymous) return anonymousUser;
      throw refuse('denied');
    }
    try {
      const ask = (limit: AbortSignal): Promise<UserInfo | undefined> =>
        authenticator.authenticate(request.credentials, limit);
      const user = await this.#within('authentication', ask, signal);
      if (user !== undefined) {
        onDecision?.('authentication', 'allowed');
        return user;
      }
    } catch (err) {
      if (signal.aborted || hasCode(err, 'TooManyRequests')) throw err;
      logger.warn({ node: nodeName, err }, 'caller not authenticated: the check failed');
      throw refuse('error');
    }
    throw refuse('denied');
  }

  /** Throws a 403 if the user may not, a 500 if that cannot be said. */
  async authorize(user: UserInfo, request: KnockingRequest, signal: AbortSignal): Promise<void> {
    const { authorizer, logger, nodeName, onDecision } = this.#options;
    const questions = attributesFor(request.root, request.method, nodeName, this.#options);
    for (const attributes of questions) {
      try {
        const ask = (limit: AbortSignal): Promise<boolean> => authorizer.authorize(user, attributes, limit);
        // An implementation without types may answer anything, such as an object that says no.
        const allowed: unknown = await this.#within('authorization', ask, signal);
        if (allowed === true) {
          onDecision?.('authorization', 'allowed');
          return;
        }
      } catch (err) {
        if (signal.aborted || hasCode(err, 'TooManyRequests')) throw err;
        logger.error({ node: nodeName, user: user.username, err }, 'caller not authorized: the check failed');
        onDecision?.('authorization', 'error');
        throw new Refusal('Internal', `Authorization error (${described(user, [attributes])})`);
      }
    }
    onDecision?.('authorization', 'denied');
    throw new Refusal('Forbidden', `Forbidden (${described(user, questions)})`);
  }

  /** What `ask` answers, or a rejection when the time is over or the caller gone, whatever `ask` does with its signal. */
  async #within<T>(what: string, ask: (limit: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, timeoutMs } = this.#options;
    signal.throwIfAborted();
    const late = new AbortController();
    const timer = clock.setTimer(timeoutMs, () =>
      late.abort(new VkError('Timeout', `${what}: no answer within ${timeoutMs} ms`)),
    );
    const onGone = (): void => late.abort(signal.reason);
    signal.addEventListener('abort', onGone, { once: true });
    try {
      return await Promise.race([
        ask(late.signal),
        new Promise<never>((_, reject) => {
          late.signal.addEventListener('abort', () => reject(late.signal.reason), { once: true });
        }),
      ]);
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onGone);
    }
  }
}

/** In the kubelet's words, which people search for. */
function described(user: UserInfo, asked: readonly NodeAttributes[]): string {
  const subresources = asked.map(({ subresource }) => subresource).join(' ');
  return `user=${user.username}, verb=${asked[0]?.verb ?? ''}, resource=nodes, subresource(s)=[${subresources}]`;
}
