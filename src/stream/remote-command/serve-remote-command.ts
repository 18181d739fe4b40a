/**
 * The life of one exec or attach, whatever carries it. Neighbours: `routes.ts` (where it begins), `session.ts` (the
 * transport's side), `provider-streams.ts` (what the provider gets), `outcome.ts` (how it ended).
 *
 * Invariants:
 * 1. A status is sent on every end, once, and after all output that the provider wrote.
 * 2. It tells of success only if the provider resolved so while both client and server were there, and none of its output
 *    was lost (DESIGN invariant 9).
 * 3. The provider's signal aborts when the session is over before its call. A call that goes on is waited for until the
 *    grace has passed, and then left alone.
 */
import type { AttachIO, CallContext } from '../../provider/provider.js';
import type { Status } from '../../kube/types.js';
import { VkError } from '../../runtime/errors.js';
import { onAbort } from '../../runtime/until-aborted.js';
import { within } from '../bounded-wait.js';
import type { KubeletCall } from '../call.js';
import { resolveStreamingOptions, type StreamingOptions } from '../streaming-options.js';
import { failureStatus, type RemoteCommandVerb } from './outcome.js';
import { ProviderInput, ProviderOutput } from './provider-streams.js';
import type { RemoteCommandSession } from './session.js';
import { terminalSizes } from './terminal-sizes.js';

/** What the provider is asked to do in a session. */
export interface RemoteCommandWork {
  readonly verb: RemoteCommandVerb;
  readonly tty: boolean;
  /** Calls the provider. May throw, too. */
  start(io: AttachIO, context: CallContext): Promise<unknown>;
  /** What it resolved with, as a status. */
  outcome(result: unknown): Status;
}

/** Resolves when nothing of the session is open, and the provider's call has ended or been given up. Never rejects. */
export async function serveRemoteCommand(
  session: RemoteCommandSession,
  work: RemoteCommandWork,
  { signal, logger }: Pick<KubeletCall, 'signal' | 'logger'>,
  options: StreamingOptions = {},
): Promise<void> {
  const { clock, idleTimeoutMs, providerGraceMs } = resolveStreamingOptions(options);
  const { io, guards } = providerIo(session, work.tty);
  const over = new AbortController();
  const stopFollowing = [
    onAbort(signal, () => over.abort(signal.reason)),
    onAbort(session.gone, () => {
      const gone = new VkError('Aborted', 'session: the client has gone');
      over.abort(gone);
      for (const guard of guards) guard.destroy(gone);
    }),
  ];
  const call = start(work, io, { signal: over.signal, logger }).then(
    (result) => work.outcome(result),
    (error: unknown) => {
      logger.debug({ err: error }, 'provider rejected');
      return failureStatus(work.verb, error);
    },
  );
  const interrupted = new Promise<Status>((resolve) => {
    onAbort(over.signal, () => resolve(failureStatus(work.verb, over.signal.reason)));
  });
  const outcome = await Promise.race([call, interrupted]);

  // Nobody reads the input any more, and what is not read would hide that the client has gone.
  io.stdin?.destroy();
  const losses = Promise.all([io.stdout?.settle(), io.stderr?.settle()]);
  const loss = (await within(clock, idleTimeoutMs, losses))
    ? (await losses).find((each) => each !== undefined)
    : new VkError('Timeout', 'session: the client does not read its output');
  const lied = loss !== undefined && outcome.status === 'Success';
  const status = lied ? failureStatus(work.verb, loss) : outcome;
  await session.finish(status);
  for (const guard of guards) guard.destroy();

  if (!(await within(clock, providerGraceMs, call))) {
    logger.warn({ graceMs: providerGraceMs }, 'provider call goes on after its session; no longer waiting for it');
  }
  for (const stop of stopFollowing) stop();
  logger.debug({ reason: status.reason ?? status.status }, 'session ended');
}

function providerIo({ stdin, stdout, stderr, resize }: RemoteCommandSession, tty: boolean) {
  const streams = {
    ...(stdin && { stdin: new ProviderInput(stdin) }),
    ...(stdout && { stdout: new ProviderOutput('stdout', stdout) }),
    ...(stderr && { stderr: new ProviderOutput('stderr', stderr) }),
  };
  const io = { ...streams, tty, ...(resize && { resize: terminalSizes(resize) }) } satisfies AttachIO;
  return { io, guards: Object.values(streams) };
}

/** As a promise, whatever the provider does; and without asking it when all is over already. */
async function start(work: RemoteCommandWork, io: AttachIO, context: CallContext): Promise<unknown> {
  context.signal.throwIfAborted();
  return work.start(io, context);
}
