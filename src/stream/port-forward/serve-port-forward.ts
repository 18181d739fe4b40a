/**
 * The life of a port-forward, whatever carries it: a call of the provider for each of its connections. Neighbours:
 * `routes.ts` (where it begins), `session.ts` (the transport's side).
 *
 * Invariants:
 * 1. A connection ends when its call does, and says why if that failed. The others do not notice.
 * 2. The signal of a call aborts when its connection has ended otherwise. A call that goes on is waited for until the grace
 *    has passed, and then left alone.
 */
import { setMaxListeners } from 'node:events';
import { finished } from 'node:stream';
import type { CallContext, PodRef, PortForwarder } from '../../provider/provider.js';
import { VkError } from '../../runtime/errors.js';
import { onAbort } from '../../runtime/until-aborted.js';
import { within } from '../bounded-wait.js';
import type { KubeletCall } from '../call.js';
import { resolveStreamingOptions, type ResolvedStreamingOptions, type StreamingOptions } from '../streaming-options.js';
import { forwardFailure, isCut } from './forward-failure.js';
import type { ForwardedConnection, PortForwardSession } from './session.js';

type Surroundings = Pick<KubeletCall, 'signal' | 'logger'>;

/** Resolves when nothing of the session is open, and all calls have ended or been given up. Never rejects. */
export async function servePortForwardSession(
  session: PortForwardSession,
  ref: PodRef,
  provider: PortForwarder,
  call: Surroundings,
  options: StreamingOptions = {},
): Promise<void> {
  const resolved = resolveStreamingOptions(options);
  const active = new Set<Promise<void>>();
  // Each connection listens to both.
  setMaxListeners(0, session.gone, call.signal);
  const stop = onAbort(call.signal, () => void Promise.all(active).then(() => session.close()));
  for await (const forwarded of session.connections) {
    const start = (context: CallContext) => provider.portForward(ref, forwarded.port, forwarded.connection, context);
    const served = serveConnection(forwarded, session.gone, ref, start, call, resolved);
    active.add(served);
    void served.finally(() => active.delete(served));
  }
  await Promise.all(active);
  await session.close();
  stop();
}

async function serveConnection(
  forwarded: ForwardedConnection,
  gone: AbortSignal,
  ref: PodRef,
  start: (context: CallContext) => Promise<void>,
  { signal, logger }: Surroundings,
  { clock, providerGraceMs }: ResolvedStreamingOptions,
): Promise<void> {
  const { port, connection } = forwarded;
  // Ours come on top of what a pipeline of the provider adds, which alone is nearly what Node takes for a leak.
  connection.setMaxListeners(0);
  const over = new AbortController();
  let stop = (): void => undefined;
  const interrupted = new Promise<string | undefined>((resolve) => {
    const stops = [
      onAbort(signal, () => {
        over.abort(signal.reason);
        resolve(forwardFailure(ref, port, signal.reason));
      }),
      onAbort(gone, () => {
        over.abort(new VkError('Aborted', `connection to port ${port}: the client has gone`));
        resolve(undefined);
      }),
    ];
    stop = () => stops.forEach((each) => each());
  });
  const closed = new Promise<void>((resolve) => {
    finished(connection, (error) => {
      if (error) over.abort(new VkError('Aborted', `connection to port ${port}: cut`, { cause: error }));
      resolve();
    });
  });

  let settled = false;
  const ended = invoke(start, { signal: over.signal, logger })
    .catch((error: unknown) => {
      logger.debug({ port, err: error }, 'connection failed');
      if (!isCut(error) && !isCut(connection.errored)) return forwardFailure(ref, port, error);
      // As it would have gone without us in between.
      connection.destroy();
      return undefined;
    })
    .finally(() => (settled = true));
  // The provider tells how a connection ended, also one that it has destroyed itself; but not for ever after.
  const overdue = closed.then(() => within(clock, providerGraceMs, ended)).then(() => undefined);
  forwarded.finish(await Promise.race([ended, interrupted, overdue]));
  if (!settled) {
    over.abort(new VkError('Aborted', `connection to port ${port}: over, and its call is not`));
    if (!(await within(clock, providerGraceMs, ended))) {
      logger.warn(
        { port, graceMs: providerGraceMs },
        'provider call goes on after its connection; no longer waiting for it',
      );
    }
  }
  stop();
}

/** As a promise, whatever the provider does; and without asking it when all is over already. */
async function invoke(start: (context: CallContext) => Promise<void>, context: CallContext): Promise<undefined> {
  context.signal.throwIfAborted();
  await start(context);
  return undefined;
}
