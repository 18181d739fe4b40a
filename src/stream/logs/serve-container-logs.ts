/**
 * `GET /containerLogs/{namespace}/{pod}/{container}`: from a provider's stream to the client. kubelet-protocol §5.
 *
 * Neighbours: `log-query.ts` (what is asked), `log-availability.ts` (whether there can be a log), `log-stream.ts` (for
 * providers).
 *
 * Invariants:
 * 1. A body that ends in order is complete, or as long as `limitBytes`. After a failure midway the last line says why, and
 *    the connection is cut: apiservers hand on what was written, and hide the cut.
 * 2. Nothing is read from the provider while the client does not read.
 * 3. However it ends, the provider's stream is destroyed, and its signal aborted unless the stream had ended by itself.
 */
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Pod } from '../../kube/types.js';
import type { ContainerLogOptions, ContainerRef } from '../../provider/provider.js';
import { VkError } from '../../runtime/errors.js';
import { onAbort, untilAborted } from '../../runtime/until-aborted.js';
import type { StreamingProvider } from '../backend.js';
import { within } from '../bounded-wait.js';
import type { PlainCall } from '../call.js';
import { Refusal } from '../refusal.js';
import { resolveStreamingOptions, type ResolvedStreamingOptions, type StreamingOptions } from '../streaming-options.js';
import { checkLogAvailable } from './log-availability.js';
import { parseLogQuery } from './log-query.js';

/**
 * A client that follows gets the head of its answer after this long without a line, since it may wait for one with a time
 * limit. Before the head, a failure of the provider's can still be told as a status.
 */
const silentHeadMs = 250;

/** Of what a provider says of a failure. */
const longestMessage = 8_192;

const lineFeed = 0x0a;

/** Resolves when the answer has been sent or the client has gone. Throws what is to be the answer, before it has begun. */
export async function serveContainerLogs(
  call: PlainCall,
  ref: ContainerRef,
  pod: Pod,
  provider: StreamingProvider,
  options: StreamingOptions = {},
): Promise<void> {
  const wanted = parseLogQuery(call.query);
  checkLogAvailable(pod, ref.container, wanted.previous ?? false);
  const over = new AbortController();
  const gone = `logs of ${keyOf(ref)}: ended, since the client has gone`;
  const stop = onAbort(call.signal, () => {
    // A client that has all of it may go.
    if (!call.response.writableFinished) over.abort(new VkError('Aborted', gone));
  });
  const answer = new LogAnswer(call.response, over.signal, resolveStreamingOptions(options));
  try {
    const source = await untilAborted(open(call, ref, wanted, provider, over.signal), over.signal, discard);
    const complete = await answer.send(source, ref, wanted);
    if (!complete) over.abort(new VkError('Aborted', `logs of ${keyOf(ref)}: ended at its limit`));
  } catch (error) {
    over.abort(error);
    if (!call.response.headersSent) {
      if (!call.signal.aborted) throw error;
      call.response.destroy();
      return;
    }
    // A call that was aborted has lost its client, or its server ends.
    if (!call.signal.aborted) {
      call.logger.warn({ container: ref.container, err: error }, 'log ended midway; the client was cut off');
    }
    await answer.breakOff(ref, call.signal.aborted ? call.signal.reason : error);
  } finally {
    stop();
  }
}

async function open(
  { logger }: PlainCall,
  ref: ContainerRef,
  wanted: ContainerLogOptions,
  provider: StreamingProvider,
  signal: AbortSignal,
): Promise<Readable> {
  signal.throwIfAborted();
  if (provider.getContainerLogs === undefined) {
    throw new Refusal('NotImplemented', 'logs: the provider does not implement getContainerLogs');
  }
  const source: unknown = await provider.getContainerLogs(ref, wanted, { signal, logger });
  if (isReadable(source)) return source;
  throw new VkError('Internal', `logs of ${keyOf(ref)}: getContainerLogs answered no stream`);
}

/** One answer. Its head is sent with the first bytes, at the end, or when a client that follows has waited long enough. */
class LogAnswer {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;
  readonly #options: ResolvedStreamingOptions;
  #midLine = false;

  constructor(response: ServerResponse, signal: AbortSignal, options: ResolvedStreamingOptions) {
    this.#response = response;
    this.#signal = signal;
    this.#options = options;
  }

  /** Whether the stream ended by itself, and not at the limit. */
  async send(
    source: Readable,
    ref: ContainerRef,
    { follow, limitBytes = Infinity }: ContainerLogOptions,
  ): Promise<boolean> {
    const stop = onAbort(this.#signal, () => discard(source));
    const head = follow ? this.#options.clock.setTimer(silentHeadMs, () => this.#begin()) : undefined;
    let left = limitBytes;
    try {
      for await (const chunk of source) {
        const bytes = bytesOf(chunk, ref);
        this.#begin();
        if (bytes.length > 0) this.#midLine = bytes.at(-1) !== lineFeed;
        if (!this.#response.write(left < bytes.length ? bytes.subarray(0, left) : bytes))
          await this.#until('drain', ref);
        left -= bytes.length;
        if (left <= 0) break;
      }
    } finally {
      head?.cancel();
      stop();
    }
    this.#begin();
    this.#response.end();
    if (!this.#response.writableFinished) await this.#until('finish', ref);
    return left > 0;
  }

  /** Cuts the client off, and tells it why, though not for longer than a client lingers. */
  async breakOff(ref: ContainerRef, reason: unknown): Promise<void> {
    const { clock, lingerMs } = this.#options;
    const { message } = VkError.from(reason);
    const lastLine = `${this.#midLine ? '\n' : ''}error reading logs of ${keyOf(ref)}: ${message.slice(0, longestMessage)}\n`;
    if (!this.#response.destroyed && !this.#response.writableEnded) {
      const sent = new Promise<void>((resolve) => {
        this.#response.once('close', resolve);
        this.#response.write(lastLine, () => resolve());
      });
      await within(clock, lingerMs, sent);
    }
    this.#response.destroy();
  }

  #begin(): void {
    if (this.#response.headersSent || this.#signal.aborted) return;
    this.#response.writeHead(200, { 'Content-Type': 'text/plain', 'X-Content-Type-Options': 'nosniff' });
    this.#response.flushHeaders();
  }

  /** Waits for what a client that reads brings about, as long as one may be idle. */
  async #until(event: 'drain' | 'finish', ref: ContainerRef): Promise<void> {
    const { clock, idleTimeoutMs } = this.#options;
    let onEvent = (): void => undefined;
    const happened = new Promise<void>((resolve) => {
      onEvent = resolve;
      this.#response.once(event, onEvent).once('close', onEvent);
    });
    try {
      if (!(await untilAborted(within(clock, idleTimeoutMs, happened), this.#signal))) {
        throw new VkError('Timeout', `logs of ${keyOf(ref)}: the client reads nothing`);
      }
    } finally {
      this.#response.off(event, onEvent).off('close', onEvent);
    }
  }
}

function discard(source: Readable): void {
  // It may fail because it is destroyed, and nobody is there to hear.
  source.on('error', () => undefined);
  source.destroy();
}

function isReadable(source: unknown): source is Readable {
  return typeof source === 'object' && source !== null && Symbol.asyncIterator in source && 'destroy' in source;
}

function bytesOf(chunk: unknown, ref: ContainerRef): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return Buffer.from(chunk);
  throw new VkError('Internal', `logs of ${keyOf(ref)}: its stream holds ${typeof chunk}s, not bytes or text`);
}

function keyOf({ namespace, name, container }: ContainerRef): string {
  return `${namespace}/${name}/${container}`;
}
