/**
 * Exec and attach over SPDY: a stream of its own for each stream of the process. Neighbours: `session.ts` (what it
 * delivers), `serve-remote-command.ts` (what happens in it), `../spdy/` (the connection). kubelet-protocol §2, §3.
 *
 * Invariants:
 * 1. A stream is what its header says, in whatever order they come. Each kind is there once, and no other is taken.
 * 2. A session exists when all its streams do. Until then nothing is asked of the provider.
 * 3. At the end the client has the output and its end before the status, and the status before the connection's end.
 */
import { finished, type Writable } from 'node:stream';
import { VkError } from '../../runtime/errors.js';
import { onAbort } from '../../runtime/until-aborted.js';
import { within } from '../bounded-wait.js';
import type { UpgradeCall } from '../call.js';
import type { SpdyHeaders } from '../spdy/header-block.js';
import { upgradeToSpdy } from '../spdy-upgrade.js';
import { SpdyConnection } from '../spdy/spdy-connection.js';
import type { SpdyStream } from '../spdy/spdy-stream.js';
import { resolveStreamingOptions, type ResolvedStreamingOptions, type StreamingOptions } from '../streaming-options.js';
import { encodeOutcome } from './error-stream.js';
import { expectedStreams } from './expected-streams.js';
import type { RemoteCommandSession, RemoteCommandVersion, RequestedStreams } from './session.js';

/** Version 5 is 4 with a signal that only WebSocket has; the kubelet does not know it here either. */
const versions = {
  'v4.channel.k8s.io': 4,
  'v3.channel.k8s.io': 3,
  'v2.channel.k8s.io': 2,
  'channel.k8s.io': 1,
} as const satisfies Readonly<Record<string, RemoteCommandVersion>>;

const protocols = Object.keys(versions) as (keyof typeof versions)[];

type Streams = ReadonlyMap<string, SpdyStream>;

/**
 * Upgrades, and waits for the client's streams. Rejects with a `Refusal` before the upgrade; with a `VkError`, and the
 * connection closed, when the streams do not come.
 */
export async function acceptSpdyRemoteCommand(
  call: UpgradeCall,
  wanted: RequestedStreams,
  options: StreamingOptions = {},
): Promise<RemoteCommandSession> {
  const resolved = resolveStreamingOptions(options);
  const { clock, creationTimeoutMs, idleTimeoutMs, pingIntervalMs } = resolved;
  const version = versions[upgradeToSpdy(call, protocols)];
  const missing = new Set<string>(expectedStreams(version, wanted));
  const streams = new Map<string, SpdyStream>();
  let complete = (): void => undefined;
  const completed = new Promise<void>((resolve) => (complete = resolve));
  const connection = new SpdyConnection(call.socket, {
    role: 'server',
    head: call.head,
    clock,
    logger: call.logger,
    idleTimeoutMs,
    probeIntervalMs: pingIntervalMs,
    limits: resolved.spdyLimits,
    accept: (headers) => (missing.has(typeOf(headers)) ? undefined : 'RefusedStream'),
    onStream(stream) {
      missing.delete(typeOf(stream.headers));
      streams.set(typeOf(stream.headers), stream.on('error', ignore));
      if (missing.size === 0) complete();
    },
  });

  const interrupted = new Promise<void>((resolve) => onAbort(call.signal, resolve));
  const inTime = await within(clock, creationTimeoutMs, completed, connection.closed, interrupted);
  if (missing.size > 0 || connection.signal.aborted) {
    const names = [...missing].join(', ');
    connection.destroy();
    if (!inTime) throw new VkError('Timeout', `session: no ${names} stream within ${creationTimeoutMs} ms`);
    throw new VkError('Aborted', 'session: ended before its streams were there');
  }
  return sessionOver(connection, version, streams, resolved);
}

function sessionOver(
  connection: SpdyConnection,
  version: RemoteCommandVersion,
  streams: Streams,
  { clock, idleTimeoutMs, lingerMs }: ResolvedStreamingOptions,
): RemoteCommandSession {
  const [stdin, stdout, stderr, resize, error] = (['stdin', 'stdout', 'stderr', 'resize', 'error'] as const).map(
    (type) => streams.get(type),
  );
  const gone = new AbortController();
  // Without an error stream there is no way to end in order.
  const stops = [
    onAbort(connection.signal, () => gone.abort()),
    ...(error ? [finished(error, { readable: false }, () => gone.abort())] : []),
  ];
  return {
    version,
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    ...(resize && { resize }),
    gone: gone.signal,
    async finish(status) {
      for (const stop of stops) stop();
      for (const input of [stdin, resize, error]) input?.resume();
      const said = (async () => {
        for (const output of [stdout, stderr]) await ended(output);
        await ended(error, encodeOutcome(version, status));
        for (const input of [stdin, resize]) await ended(input);
      })();
      const inTime = await within(clock, idleTimeoutMs, said);
      if (inTime) await connection.close({ lingerMs });
      else connection.destroy(new VkError('Timeout', 'session: the client does not read its output'));
      await connection.closed;
    },
  };
}

/** Resolves when `last` and the end of `stream` are on their way, or cannot be any more. */
function ended(stream: Writable | undefined, last?: Buffer): Promise<void> {
  if (stream === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    finished(stream, { readable: false }, () => resolve());
    if (last !== undefined && last.length > 0 && !stream.writableEnded) stream.write(last);
    stream.end();
  });
}

function typeOf(headers: SpdyHeaders): string {
  return headers.streamtype?.[0] ?? '';
}

function ignore(): void {
  // What ends a stream is told by its 'close' and by the connection's signal.
}
