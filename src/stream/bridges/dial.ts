/** Reaching what a port is forwarded to. Neighbour: `socket.ts`, which joins it to the client's connection. */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';

/**
 * Where a connection goes: a TCP port (of `127.0.0.1` where no host is named), a Unix socket, or whatever a function
 * opens, such as a tunnel that the backend offers; that one must keep its halves apart (`allowHalfOpen`).
 */
export type SocketTarget = SocketAddress | ((signal: AbortSignal) => Duplex | Promise<Duplex>);

export type SocketAddress = { readonly host?: string; readonly port: number } | { readonly path: string };

/** Resolves once connected. Rejects with an error that names the target, or with the signal's reason. */
export async function dial(
  target: SocketTarget,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Duplex> {
  const what = nameOf(target);
  const dialing = new AbortController();
  const onAbort = (): void => dialing.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const timer = clock.setTimer(timeoutMs, () =>
    dialing.abort(new VkError('Timeout', `${what}: not connected within ${timeoutMs} ms`)),
  );
  try {
    return await (typeof target === 'function'
      ? opened(target, dialing.signal)
      : connected(addressOf(target), dialing.signal));
  } catch (error) {
    if (dialing.signal.aborted) throw dialing.signal.reason;
    throw unreachable(what, error);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

function nameOf(target: SocketTarget): string {
  if (typeof target === 'function') return 'connection';
  if ('path' in target) return `socket ${target.path}`;
  const { host = '127.0.0.1', port } = target;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function addressOf(target: SocketAddress): NetConnectOpts {
  if ('path' in target) return { path: target.path, allowHalfOpen: true };
  // Small messages are not to wait for each other.
  return { host: target.host ?? '127.0.0.1', port: target.port, allowHalfOpen: true, noDelay: true };
}

/** The only place that knows what the system says of a target that cannot be reached. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused, nobody listens there',
  ENOENT: 'there is no such socket',
  ENOTFOUND: 'the host has no address',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
};

function unreachable(what: string, cause: unknown): VkError {
  if (cause instanceof VkError) return cause;
  const { code = '', message = '' } = cause as Partial<NodeJS.ErrnoException>;
  return new VkError('Unavailable', `${what}: cannot connect: ${reasons[code] ?? (message || code)}`, { cause });
}

function connected(target: NetConnectOpts, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = connect(target);
    const onAbort = (): void => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
    socket.once('close', () => signal.removeEventListener('abort', onAbort));
  });
}

/** A stream that comes too late is not wanted any more. */
async function opened(open: (signal: AbortSignal) => Duplex | Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  const opening = (async () => open(signal))();
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
      opening.then(
        (late) => late.on('error', () => undefined).destroy(),
        () => undefined,
      );
    };
    signal.addEventListener('abort', onAbort, { once: true });
    opening.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
