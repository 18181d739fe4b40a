/**
 * One request and its whole answer over a dispatcher, with the body collected up to a bound. Neighbours: `transport.ts`
 * (sockets), `client.ts` (what is asked and what becomes of the answer).
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

export interface ExchangeRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly headers: Record<string, string | string[]>;
  readonly body: string | Uint8Array | undefined;
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
 * Rejects with the signal's reason as soon as it aborts, even while the request still waits for a socket; with a
 * `TooLargeError`; or with an `ExchangeError`.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const collector = new Collector(maxBytes, resolve, reject);
    const onAbort = (): void => collector.abort(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    collector.onSettled = () => signal.removeEventListener('abort', onAbort);
    try {
      dispatcher.dispatch({ ...request, body: request.body ?? null, headersTimeout: 0, bodyTimeout: 0 }, collector);
    } catch (error) {
      collector.fail(new ExchangeError(error, false));
    }
  });
}

class Collector implements Dispatcher.DispatchHandler {
  onSettled: (() => void) | undefined;
  readonly #maxBytes: number;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #httpStatus = 0;
  #headers: IncomingHttpHeaders = {};
  #controller: Dispatcher.DispatchController | undefined;
  #ended: Error | undefined;

  constructor(maxBytes: number, resolve: (exchange: Exchange) => void, reject: (error: Error) => void) {
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
    this.onSettled?.();
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
    this.onSettled?.();
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
