/**
 * An exec or attach joined to a WebSocket, as cloud backends offer them. Neighbours: `websocket-mapping.ts` (what goes
 * over it), `websocket-like.ts` (whose it may be), `websocket-sender.ts` and `websocket-receiver.ts` (its two
 * ways), `client-watch.ts`.
 *
 * Invariants:
 * 1. An exit code is what the backend told, never made up: not told is `undefined`, a lost connection is an error.
 * 2. When the promise settles the WebSocket is closed or, where that takes too long, cut off; no timer or listener of the
 *    bridge is left.
 * 3. What is held in either direction is bounded by `maxBufferedBytes` and one message.
 */
import { EventEmitter } from 'eventemitter3';
import type { AttachIO } from '../../provider/provider.js';
import { systemClock, type Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { untilAborted } from '../../runtime/until-aborted.js';
import { watchClient } from './client-watch.js';
import { settlesWithin } from './end-process.js';
import { followSizes } from './follow-sizes.js';
import { Pump } from './pump.js';
import { webSocketStates, type WebSocketLike } from './websocket-like.js';
import type { WebSocketEnd, WebSocketMapping } from './websocket-mapping.js';
import { WebSocketReceiver } from './websocket-receiver.js';
import { WebSocketSender } from './websocket-sender.js';

export interface WebSocketOptions {
  /** The call's signal. When it aborts the client has gone, and the WebSocket is closed. */
  readonly signal?: AbortSignal;
  /** How long the WebSocket may take to open. Default: 10,000. */
  readonly connectTimeoutMs?: number;
  /** How long it may take to close, and the backend to close it after the status. Default: 5,000. */
  readonly closeTimeoutMs?: number;
  /** Time between pings, where there are any; a backend that answers none is taken for lost. Default: 30,000. */
  readonly pingIntervalMs?: number;
  /** What may wait in each direction: to be sent, and to be taken by the client. Default: 512 KiB. */
  readonly maxBufferedBytes?: number;
  readonly clock?: Clock;
}

/**
 * Joins `io` to `socket`, which is open or opening, and resolves with the exit code, or with `undefined` if `mapping`
 * says that the backend does not tell it.
 *
 * Terminal sizes and the end of input are passed on where the mapping can. The streams of `io` are not ended.
 *
 * Rejects with code `Unavailable` if the WebSocket does not open, is lost, or is closed out of order; with what the
 * mapping throws; and with `Aborted`, once the WebSocket is closed, if the client went first.
 *
 * ```ts
 * const io: AttachIO = …;
 * const socket: WebSocketLike = …;
 * const mapping = rawMapping({ opening: ['the password'] });
 * const exitCode = await pipeToWebSocket(io, socket, mapping, { signal: context.signal });
 * ```
 */
export async function pipeToWebSocket(
  io: AttachIO,
  socket: WebSocketLike,
  mapping: WebSocketMapping,
  options: WebSocketOptions = {},
): Promise<number | undefined> {
  const { signal, connectTimeoutMs = 10_000, closeTimeoutMs = 5_000, pingIntervalMs = 30_000 } = options;
  const { maxBufferedBytes = 524_288, clock = systemClock } = options;
  const watch = watchClient('backend WebSocket', io, signal);
  const failing = new AbortController();
  const fail = (error: VkError): void => failing.abort(error);
  const ending = AbortSignal.any([watch.signal, failing.signal]);
  const sender = new WebSocketSender(socket, mapping, maxBufferedBytes, clock);
  const events = new EventEmitter<{ open: []; end: [WebSocketEnd] }>();
  const opened = new Promise<void>((resolve) => events.once('open', resolve));
  const ended = new Promise<WebSocketEnd>((resolve) => events.once('end', resolve));
  const receiver = new WebSocketReceiver(io, socket, mapping, {
    maxBufferedBytes,
    closeTimeoutMs,
    clock,
    onOpen: () => events.emit('open'),
    onEnd: (end) => events.emit('end', end),
    onFailure: fail,
  });
  receiver.start();
  const tooLate = new VkError('Timeout', `backend WebSocket: not open within ${connectTimeoutMs} ms`);
  const timer = clock.setTimer(connectTimeoutMs, () => fail(tooLate));
  const stops: (() => void)[] = [watch.stop, () => timer.cancel(), () => sender.destroy()];
  try {
    await untilAborted(opened, ending);
    timer.cancel();
    sender.open();
    const input = io.stdin && new Pump(io.stdin, sender);
    void input?.ended.then((end) => end === 'ended' && sender.end());
    stops.push(
      () => input?.stop(),
      followSizes(io, (size) => sender.resize(size)),
      startHeartbeat(socket, receiver, pingIntervalMs, clock, fail),
    );
    return mapping.conclude(await untilAborted(ended, ending));
  } finally {
    for (const stop of stops) stop();
    await closeSocket(socket, receiver, closeTimeoutMs, clock);
  }
}

async function closeSocket(
  socket: WebSocketLike,
  receiver: WebSocketReceiver,
  timeoutMs: number,
  clock: Clock,
): Promise<void> {
  receiver.discard();
  if (socket.readyState !== webSocketStates.closed) {
    const closed = new Promise<void>((resolve) => {
      const onClose = (): void => {
        socket.removeEventListener('close', onClose);
        resolve();
      };
      socket.addEventListener('close', onClose);
    });
    if (socket.readyState !== webSocketStates.closing) socket.close(1000);
    if (!(await settlesWithin(closed, timeoutMs, clock))) socket.terminate?.();
  }
  receiver.stop();
}

/** A peer that has gone without a word, and answers no ping, is lost. Answers a function that stops it. */
function startHeartbeat(
  socket: WebSocketLike,
  receiver: WebSocketReceiver,
  intervalMs: number,
  clock: Clock,
  fail: (error: VkError) => void,
): () => void {
  if (!socket.ping || !socket.on) return () => undefined;
  let heard = true;
  const onPong = (): void => {
    heard = true;
  };
  const beat = (): void => {
    if (!heard && !receiver.isPaused) {
      fail(new VkError('Unavailable', `backend WebSocket: no ping answered for ${intervalMs} ms`));
      return;
    }
    heard = false;
    if (socket.readyState === webSocketStates.open) socket.ping?.();
    timer = clock.setTimer(intervalMs, beat);
  };
  socket.on('pong', onPong);
  let timer = clock.setTimer(intervalMs, beat);
  return () => {
    timer.cancel();
    socket.off?.('pong', onPong);
  };
}
