/**
 * Sends one request as often as it takes: credentials, client-side limit, retries, deadline. Neighbours: `client.ts`
 * (what is asked), `retry-policy.ts` (what is sent again), `exchange.ts` and `stream-exchange.ts` (one attempt).
 *
 * Invariants:
 * 1. A request that may have acted on the server is not sent twice, unless it only reads.
 * 2. Refused credentials are renewed once for a request; callers that were refused together share one renewal.
 * 3. After `close` no request starts, none is under way, and there is no socket.
 * 4. No credential gets into a log or an error.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { VkError } from '../../runtime/errors.js';
import { ApiError, parseRetryAfter } from '../api-error.js';
import type { CallOptions, RawRequest, RawResponse } from '../api.js';
import type { ResolvedKubeClientOptions } from '../client-options.js';
import type { ClusterConnection, Credentials } from '../connection.js';
import { CallScope } from './call-scope.js';
import { exchange, ExchangeError, TooLargeError, type Exchange, type ExchangeRequest } from './exchange.js';
import { impersonationHeaders } from './impersonation.js';
import { isMalformed, isTrustError, noAnswer } from './no-answer.js';
import { RateLimiter } from './rate-limiter.js';
import { readText } from './read-text.js';
import { retryDelayMs, type Outcome } from './retry-policy.js';
import { SignalRegistry } from './signal-registry.js';
import { openStream, type StreamExchange } from './stream-exchange.js';
import { Transport, type TlsMaterial } from './transport.js';

/** A request that is ready but for the credentials. */
export interface Call extends CallOptions {
  readonly method: RawRequest['method'];
  /** Path and query below the server's address. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** What errors name. */
  readonly subject: string;
}

/** Enough for any Status. */
const maxErrorBytes = 1024 * 1024;

export class Requester {
  readonly #connection: ClusterConnection;
  readonly #options: ResolvedKubeClientOptions;
  readonly #transport: Transport;
  readonly #limiter: RateLimiter | undefined;
  readonly #headers: Readonly<Record<string, string | string[]>>;
  readonly #basePath: string;
  readonly #signals = new SignalRegistry();
  readonly #scopes = new Set<CallScope>();
  #closed: Promise<void> | undefined;

  constructor(connection: ClusterConnection, options: ResolvedKubeClientOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#transport = new Transport(connection, options);
    this.#limiter = options.rateLimit && new RateLimiter(options.rateLimit, options.clock);
    this.#basePath = new URL(connection.server).pathname.replace(/\/$/, '');
    this.#headers = {
      'user-agent': options.userAgent,
      accept: 'application/json',
      ...impersonationHeaders(connection.impersonate),
    };
  }

  /** Answers the decoded JSON of a successful answer; `undefined` where there is no body. */
  async call(call: Call): Promise<unknown> {
    const scope = this.#begin(call);
    try {
      return await this.#repeat(call, scope, async (request, tls) => {
        const answer = await exchange(this.#transport.calls(tls), request, this.#options.maxResponseBytes, scope);
        if (answer.httpStatus >= 300) throw this.#refusal(call.subject, answer.httpStatus, answer.headers, answer.body);
        return parseJson(answer);
      });
    } finally {
      this.#finish(scope);
    }
  }

  /** Answers as soon as the headers of a successful answer have come. */
  async stream(call: Call): Promise<RawResponse> {
    const scope = this.#begin(call);
    try {
      const stream = await this.#repeat(call, scope, (request, tls) => this.#open(call.subject, request, tls, scope));
      scope.cancelDeadline();
      stream.body.once('close', () => this.#finish(scope));
      return { status: stream.httpStatus, headers: stream.headers, body: stream.body };
    } catch (error) {
      this.#finish(scope);
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const scope of this.#scopes) scope.end(closedError(scope.subject));
    await this.#transport.close();
  }

  async #open(subject: string, request: ExchangeRequest, tls: TlsMaterial, scope: CallScope): Promise<StreamExchange> {
    const { dispatcher, release } = this.#transport.openStream(tls);
    try {
      const explain = (cause: unknown): VkError => noAnswer(subject, this.#connection.server, cause);
      const stream = await openStream(dispatcher, request, scope, explain);
      if (stream.httpStatus >= 300) {
        const text = await readText(stream.body, maxErrorBytes);
        throw this.#refusal(subject, stream.httpStatus, stream.headers, text);
      }
      stream.body.once('close', release);
      return stream;
    } catch (error) {
      release();
      throw error;
    }
  }

  async #repeat<T>(
    call: Call,
    scope: CallScope,
    send: (request: ExchangeRequest, tls: TlsMaterial) => Promise<T>,
  ): Promise<T> {
    let renewed = false;
    for (let attempt = 0; ; attempt += 1) {
      scope.throwIfEnded();
      const waitMs = this.#limiter?.take() ?? 0;
      if (waitMs > 0) await scope.sleep(waitMs);
      const credentials = await scope.until(this.#connection.credentials.get());
      const ca = await scope.until(this.#connection.ca.get());
      scope.throwIfEnded();
      try {
        return await send(this.#requestOf(call, credentials), { ca, cert: credentials.cert, key: credentials.key });
      } catch (error) {
        if (!renewed && (await scope.until(this.#renew(error, credentials, ca)))) {
          renewed = true;
          continue;
        }
        const delayMs = this.#delayBeforeRetry(call.method, error, attempt, scope);
        if (delayMs === undefined) throw this.#explained(call.subject, error);
        this.#options.logger.debug({ subject: call.subject, attempt: attempt + 1, delayMs }, 'request sent again');
        await scope.sleep(delayMs);
      }
    }
  }

  #begin(call: Call): CallScope {
    if (this.#closed !== undefined) throw closedError(call.subject);
    const { clock, deadlineMs } = this.#options;
    const scope = new CallScope(call.subject, {
      clock,
      signals: this.#signals,
      deadlineMs: call.deadlineMs ?? deadlineMs,
      signal: call.signal,
    });
    this.#scopes.add(scope);
    return scope;
  }

  #finish(scope: CallScope): void {
    scope.finish();
    this.#scopes.delete(scope);
  }

  #requestOf(call: Call, credentials: Credentials): ExchangeRequest {
    const headers: Record<string, string | string[]> = { ...this.#headers, ...call.headers };
    if (credentials.authorization !== undefined) headers['authorization'] = credentials.authorization;
    return { method: call.method, path: this.#basePath + call.path, headers, body: call.body ?? null };
  }

  #renew(error: unknown, credentials: Credentials, ca: string | undefined): Promise<boolean> | false {
    if (error instanceof ApiError && error.statusCode === 401) return this.#connection.credentials.renew(credentials);
    if (error instanceof ExchangeError && isTrustError(error)) return this.#connection.ca.renew(ca);
    return false;
  }

  /** What would be waited for in vain, the deadline being earlier, is told at once. */
  #delayBeforeRetry(method: Call['method'], error: unknown, attempt: number, scope: CallScope): number | undefined {
    const { clock, random } = this.#options;
    const outcome = outcomeOf(error);
    const delayMs = outcome && retryDelayMs(method, outcome, attempt, this.#options, random);
    return delayMs !== undefined && clock.now() + delayMs < scope.endsAtMs ? delayMs : undefined;
  }

  #refusal(subject: string, httpStatus: number, headers: IncomingHttpHeaders, body: string): ApiError {
    const retryAfterMs = parseRetryAfter(headers['retry-after'], this.#options.clock.now());
    return new ApiError(subject, { httpStatus, contentType: headers['content-type'], retryAfterMs, body });
  }

  #explained(subject: string, error: unknown): unknown {
    if (error instanceof ExchangeError) return noAnswer(subject, this.#connection.server, error.cause);
    if (error instanceof TooLargeError) {
      const message = `${subject}: ${error.message}: ask for pages (limit), or raise maxResponseBytes`;
      return new VkError('InvalidInput', message, { cause: error, object: subject });
    }
    return error;
  }
}

/** JSON that does not parse was cut off. What is no JSON never came from an apiserver, and would not the next time. */
function parseJson({ body, headers }: Exchange): unknown {
  if (body === '') return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch (error) {
    const contentType = headers['content-type'] ?? 'of no type';
    if (!contentType.includes('json')) throw new ExchangeError(new NotJsonError(contentType), true);
    throw new ExchangeError(new Error('the JSON of the answer is cut off', { cause: error }), true);
  }
}

class NotJsonError extends Error {
  override readonly name = 'NotJsonError';

  constructor(contentType: string) {
    super(`the answer is not JSON but ${contentType}: is this the address of an apiserver?`);
  }
}

function closedError(subject: string): VkError {
  return new VkError('Aborted', `${subject}: the client is closed`, { object: subject });
}

function outcomeOf(error: unknown): Outcome | undefined {
  if (error instanceof ExchangeError) {
    const final = isMalformed(error.cause) || error.cause instanceof NotJsonError;
    return final ? undefined : { type: 'lost', sent: error.sent };
  }
  if (!(error instanceof ApiError)) return undefined;
  return { type: 'refused', httpStatus: error.statusCode, retryAfterMs: error.retry ? error.retry.afterMs : undefined };
}
