/**
 * Exec and attach, from a request that may be served to the end of its session. Neighbours: `serve-remote-command.ts`
 * (the session), `spdy-transport.ts` and `../websocket/remote-command.ts` (what carries it).
 */
import type { ContainerRef } from '../../provider/provider.js';
import type { StreamingProvider } from '../backend.js';
import type { UpgradeCall } from '../call.js';
import { Refusal } from '../refusal.js';
import type { StreamingOptions } from '../streaming-options.js';
import { acceptWebSocketRemoteCommand } from '../websocket/remote-command.js';
import { isWebSocketUpgrade } from '../websocket/upgrade.js';
import { attachStatus, exitStatus } from './outcome.js';
import { parseCommand, parseRequestedStreams } from './remote-command-query.js';
import { serveRemoteCommand, type RemoteCommandWork } from './serve-remote-command.js';
import type { RemoteCommandSession, RequestedStreams } from './session.js';
import { acceptSpdyRemoteCommand } from './spdy-transport.js';

/**
 * Runs the query's `command` by the provider's `runInContainer`. Resolves when the session has ended, however it did;
 * rejects with a {@link Refusal} before the upgrade, and with what the client did wrong until its streams are there.
 */
export async function serveExec(
  call: UpgradeCall,
  ref: ContainerRef,
  provider: StreamingProvider,
  options: StreamingOptions = {},
): Promise<void> {
  if (provider.runInContainer === undefined) {
    throw new Refusal('NotImplemented', 'exec: the provider does not implement runInContainer');
  }
  const wanted = parseRequestedStreams(call.query);
  const command = parseCommand(call.query);
  const work = {
    verb: 'executing command',
    tty: wanted.tty,
    start: async (io, context) => provider.runInContainer?.(ref, command, io, context),
    outcome: (exitCode) => exitStatus('executing command', exitCode),
  } satisfies RemoteCommandWork;
  await serveRemoteCommand(await accept(call, wanted, options), work, call, options);
}

/** The same for the container's own process, by `attachToContainer`. */
export async function serveAttach(
  call: UpgradeCall,
  ref: ContainerRef,
  provider: StreamingProvider,
  options: StreamingOptions = {},
): Promise<void> {
  if (provider.attachToContainer === undefined) {
    throw new Refusal('NotImplemented', 'attach: the provider does not implement attachToContainer');
  }
  const wanted = parseRequestedStreams(call.query);
  const work = {
    verb: 'attaching to container',
    tty: wanted.tty,
    start: async (io, context) => provider.attachToContainer?.(ref, io, context),
    outcome: attachStatus,
  } satisfies RemoteCommandWork;
  await serveRemoteCommand(await accept(call, wanted, options), work, call, options);
}

function accept(call: UpgradeCall, wanted: RequestedStreams, options: StreamingOptions): Promise<RemoteCommandSession> {
  return isWebSocketUpgrade(call.request)
    ? acceptWebSocketRemoteCommand(call, wanted, options)
    : acceptSpdyRemoteCommand(call, wanted, options);
}
