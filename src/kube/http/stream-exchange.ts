/** One request and its answer's body as it comes. Neighbours: `exchange.ts` (whole answers), `transport.ts` (sockets). */
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { CallScope } from './call-scope.js';
import { ExchangeError, type ExchangeRequest } from './exchange.js';

export interface StreamExchange {
  readonly httpStatus: number;
  readonly headers: IncomingHttpHeaders;
  /** Fails with what `explain` makes of it when it is cut off, and with the reason of the call's end. */
  readonly body: Readable;
}

/**
 * Resolves when headers have come. A slow reader of the body slows the server down. The call's end is the end of the
 * request before headers, and of the body after.
 */
export function openStream(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  scope: CallScope,
  explain: (cause: unknown) => Error,
): Promise<StreamExchange> {
  return new Promise((resolve, reject) => {
    const handler = new StreamHandler(resolve, reject, explain);
    scope.onEnd((reason) => handler.end(reason));
    try {
      dispatcher.dispatch({ ...request, headersTimeout: 0, bodyTimeout: 0 }, handler);
    } catch (error) {
      handler.end(new ExchangeError(error, false));
    }
  });
}

class StreamHandler implements Dispatcher.DispatchHandler {
  readonly #resolve: (stream: StreamExchange) => void;
  readonly #reject: (error: Error) => void;
  readonly #explain: (cause: unknown) => Error;
  #controller: Dispatcher.DispatchController | undefined;
  #body: Readable | undefined;
  #ended: Error | undefined;

  constructor(
    resolve: (stream: StreamExchange) => void,
    reject: (error: Error) => void,
    explain: (cause: unknown) => Error,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#explain = explain;
  }

  /** Before headers: the promise rejects. After: the body is destroyed. */
  end(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    if (this.#body === undefined) this.#reject(error);
    else this.#body.destroy(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended !== undefined) controller.abort(this.#ended);
  }

  onResponseStart(controller: Dispatcher.DispatchController, httpStatus: number, headers: IncomingHttpHeaders): void {
    const body = new Readable({
      read: () => controller.resume(),
      destroy: (error, done) => {
        this.end(error ?? new Error('body destroyed by its reader'));
        done(error);
      },
    });
    // A reader is told; but a process does not end because nobody is reading when the connection goes.
    body.on('error', () => undefined);
    this.#body = body;
    this.#resolve({ httpStatus, headers, body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body?.push(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    this.#ended = new Error('ended');
    this.#body?.push(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const lost = new ExchangeError(error, this.#controller !== undefined);
    this.end(this.#body === undefined ? lost : this.#explain(error));
  }
}
