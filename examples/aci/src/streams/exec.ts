/** A command in a container: a session of the cloud's, joined to the client by a WebSocket. */
import { pipeToWebSocket, rawMapping, type AttachIO, type CallContext, type Clock, type TerminalSize } from 'vk-sdk';
import { WebSocket } from 'ws';
import type { ContainerGroupsApi } from '../cloud/container-groups-api.js';
import type { OperatingSystem } from '../mapping/index.js';
import { execPlan } from './command-line.js';
import { endOfInput } from './terminal-input.js';
import { typedSession } from './typed-session.js';

export interface ExecOptions {
  /** Certificate authorities of a private cloud, in PEM. */
  readonly ca?: string | undefined;
  readonly operatingSystem: OperatingSystem;
  readonly clock: Clock;
}

/** Of a client that has no terminal: the cloud's sessions have one all the same. Wide, so that few lines are broken. */
const noTerminal: TerminalSize = { width: 200, height: 50 };
/** How long a client may take to tell the size of its terminal, which comes with its first message. */
const sizeTimeoutMs = 1_000;
const handshakeTimeoutMs = 10_000;
/** Of one message of the cloud's, which are what a terminal shows at a time. */
const maxPayload = 1_048_576;

/**
 * Resolves with undefined: the cloud does not tell how a command ended. A terminal keeps the size that it begins with, as
 * the cloud has no way to change it.
 */
export async function execInGroup(
  api: ContainerGroupsApi,
  group: string,
  container: string,
  command: readonly string[],
  io: AttachIO,
  { signal }: CallContext,
  options: ExecOptions,
): Promise<number | undefined> {
  const { resize, ...streams } = io;
  const { program, typed } = execPlan(command, io, options.operatingSystem);
  const size = (resize && (await firstSize(resize, options.clock, signal))) ?? noTerminal;
  const request = { command: program, terminalSize: { rows: size.height, cols: size.width } };
  const { uri, password } = await api.exec(group, container, request, signal);
  const { ca, clock } = options;
  const socket = new WebSocket(uri, {
    handshakeTimeout: handshakeTimeoutMs,
    maxPayload,
    perMessageDeflate: false,
    ...(ca !== undefined && { ca }),
  });
  const opening = typed === undefined ? [password] : [password, Buffer.from(typed)];
  const mapping = rawMapping({ opening, stdinEnd: Buffer.from(endOfInput) });
  if (typed === undefined) return pipeToWebSocket(streams, socket, mapping, { signal, clock });
  const session = typedSession(streams);
  try {
    const stopping = AbortSignal.any([signal, session.refused]);
    return await pipeToWebSocket(session.io, socket, mapping, { signal: stopping, clock });
  } catch (error) {
    session.refused.throwIfAborted();
    throw error;
  } finally {
    await session.finish();
  }
}

async function firstSize(
  sizes: AsyncIterable<TerminalSize>,
  clock: Clock,
  signal: AbortSignal,
): Promise<TerminalSize | undefined> {
  const iterator = sizes[Symbol.asyncIterator]();
  const waiting = new AbortController();
  const late = clock.sleep(sizeTimeoutMs, AbortSignal.any([signal, waiting.signal])).catch(() => undefined);
  try {
    const first = await Promise.race([iterator.next(), late]);
    return first?.done === false ? first.value : undefined;
  } finally {
    waiting.abort();
    void iterator.return?.();
  }
}
