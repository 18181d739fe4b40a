/**
 * One request and its whole answer over a dispatcher, with the body collected up to a bound. Neighbours: `transport.ts`
 * (sockets), `client.ts` (what is asked and what becomes of the answer).
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { CallScope } from './call-scope.js';

export interface ExchangeRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly headers: Record<string, string | string[]>;
  readonly body: string | Uint8Array | null;
}

export interface Exchange {
  readonly httpStatus: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** No complete answer came. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  /** Whether the request may have reached the server. False: it certainly did not act on it. */
  readonly sent: boolean;

  constructor(cause: unknown, sent: boolean) {
    super('no complete answer', { cause });
    this.sent = sent;
  }
}

/** The answer is larger than the caller allows. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/**
 * Rejects as soon as the call ends, even while the request still waits for a socket; with a `TooLargeError`; or with an
 * `ExchangeError`.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  maxBytes: number,
  scope: CallScope,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const collector = new Collector(scope, maxBytes, resolve, reject);
    scope.onEnd((reason) => collector.abort(reason));
    try {
      // `reset: false`: undici would close the connection after a DELETE with a body, which is what Kubernetes' deletes are.
      dispatcher.dispatch({ ...request, headersTimeout: 0, bodyTimeout: 0, reset: false }, collector);
    } catch (error) {
      collector.fail(new ExchangeError(error, false));
    }
  });
}

class Collector implements Dispatcher.DispatchHandler {
  readonly #scope: CallScope;
  readonly #maxBytes: number;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #httpStatus = 0;
  #headers: IncomingHttpHeaders = {};
  #controller: Dispatcher.DispatchController | undefined;
  #ended: Error | undefined;

  constructor(
    scope: CallScope,
    maxBytes: number,
    resolve: (exchange: Exchange) => void,
    reject: (error: Error) => void,
  ) {
    this.#scope = scope;
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  abort(reason: Error): void {
    this.fail(reason);
    this.#controller?.abort(reason);
  }

  fail(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#scope.onEnd(undefined);
    this.#reject(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended !== undefined) controller.abort(this.#ended);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, httpStatus: number, headers: IncomingHttpHeaders): void {
    this.#httpStatus = httpStatus;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.abort(new TooLargeError(`answer larger than ${this.#maxBytes} bytes`));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#scope.onEnd(undefined);
    this.#resolve({ httpStatus: this.#httpStatus, headers: this.#headers, body: this.#text() });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(new ExchangeError(error, this.#controller !== undefined));
  }

  #text(): string {
    const only = this.#chunks.length === 1 ? this.#chunks[0] : undefined;
    return (only ?? Buffer.concat(this.#chunks, this.#size)).toString('utf8');
  }
}
