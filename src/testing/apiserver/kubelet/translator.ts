/**
 * The apiserver's stream translator (KEP-4006): exec and attach of a WebSocket client, version 5, as a SPDY session with
 * the kubelet. The client's end is `stream/websocket`'s; the kubelet's is here, and does as client-go does.
 *
 * 1. The WebSocket is accepted before the kubelet is asked, so what the kubelet refuses arrives as the session's status.
 * 2. The client gets a status whatever happens, after all output.
 * 3. An error stream that ends empty is success, as to client-go: a kubelet that ends early is not covered up here.
 */
import type { Duplex, Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Status } from '../../../kube/types.js';
import type { Clock } from '../../../runtime/clock.js';
import type { UpgradeCall } from '../../../stream/call.js';
import type { RemoteCommandSession, RequestedStreams } from '../../../stream/remote-command/session.js';
import { SpdyConnection } from '../../../stream/spdy/spdy-connection.js';
import type { SpdyStream } from '../../../stream/spdy/spdy-stream.js';
import { acceptWebSocketRemoteCommand } from '../../../stream/websocket/remote-command.js';
import { authority } from './address.js';
import { failureStatus, outcomeOf, refusalText } from './kubelet-failure.js';
import type { KubeletClient, KubeletRequest } from './kubelet-client.js';
import { readSome } from './read-some.js';

export interface TranslatorParts {
  readonly client: KubeletClient;
  readonly clock: Clock;
  /** Every socket to a kubelet, for whoever ends them. */
  readonly track: (socket: Duplex) => void;
}

/** What is read of a kubelet's refusal, and of its error stream. */
const maximumTextBytes = 1_048_576;

/** In the order of client-go's translator. */
const offered = ['v5', 'v4', 'v3', 'v2', ''].map((version) => `${version}${version && '.'}channel.k8s.io`);

/** Resolves when the client has been accepted, with the end of the session. */
export async function translate(
  call: UpgradeCall,
  wanted: RequestedStreams,
  asked: Pick<KubeletRequest, 'address' | 'path'>,
  parts: TranslatorParts,
): Promise<{ readonly ended: Promise<void> }> {
  const session = await acceptWebSocketRemoteCommand(call, wanted, { clock: parts.clock });
  const ended = run(session, asked, parts, AbortSignal.any([call.signal, session.gone])).then(
    (status) => session.finish(status),
    (error: unknown) => session.finish(failureStatus(error instanceof Error ? error.message : String(error))),
  );
  return { ended };
}

async function run(
  session: RemoteCommandSession,
  { address, path }: Pick<KubeletRequest, 'address' | 'path'>,
  { client, clock, track }: TranslatorParts,
  signal: AbortSignal,
): Promise<Status> {
  const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': offered };
  const sending = (why: string): Status =>
    failureStatus(`error sending request: Post ${JSON.stringify(`https://${authority(address)}${path}`)}: ${why}`);
  const answer = await client.upgrade({ address, method: 'POST', path, headers, signal }).catch((error: unknown) => {
    return error instanceof Error ? error.message : String(error);
  });
  if (typeof answer === 'string') return sending(answer);
  const { response } = answer;
  if (!answer.upgraded) {
    const { statusCode = 0, headers: given } = response;
    if (statusCode >= 300 && statusCode < 400 && given.location !== undefined) {
      response.destroy();
      return sending('redirect not allowed');
    }
    return failureStatus(`unable to upgrade connection: ${refusalText(await readSome(response, maximumTextBytes))}`);
  }
  track(answer.socket);
  const connection = new SpdyConnection(answer.socket, { role: 'client', head: answer.head, clock });
  const gone = (): void => connection.destroy();
  signal.addEventListener('abort', gone, { once: true });
  try {
    const [protocol = ''] = response.headersDistinct['x-stream-protocol-version'] ?? [];
    return await converse(session, connection, Number(/^v(\d)\./.exec(protocol)?.[1] ?? 1));
  } finally {
    signal.removeEventListener('abort', gone);
    // client-go closes the connection without waiting for the kubelet.
    connection.destroy();
  }
}

/**
 * Opens the streams in client-go's order, carries all of them, and reads what the kubelet says at the end. Nothing is
 * sent before all are open: input that nobody takes yet would hold up the opening of the rest.
 */
async function converse(session: RemoteCommandSession, connection: SpdyConnection, version: number): Promise<Status> {
  const open = (type: string): Promise<SpdyStream> => connection.openStream({ streamtype: [type] });
  const { stdin, stdout, stderr, resize } = session;
  const errorStream = await open('error');
  const said = readSome(errorStream, maximumTextBytes).catch(() => '');
  const input = stdin && { from: stdin, to: await open('stdin') };
  const outputs = [
    ...(stdout ? [{ from: await open('stdout'), to: stdout }] : []),
    ...(stderr ? [{ from: await open('stderr'), to: stderr }] : []),
  ];
  const sizes = resize && version >= 3 ? { from: resize, to: await open('resize') } : undefined;
  if (input) send(input.from, input.to);
  if (sizes) send(sizes.from, sizes.to);
  await Promise.all(outputs.map(({ from, to }) => receive(from, to)));
  return outcomeOf(await said, version >= 4);
}

function send(from: Readable, to: SpdyStream): void {
  to.on('error', () => undefined);
  from.on('error', () => to.reset());
  // Nothing comes back on it, and its end is to be seen.
  to.resume();
  from.pipe(to);
}

/** Resolves at the end of the output, in good order or not: what is to be said of it is on the error stream. */
async function receive(from: SpdyStream, to: Writable): Promise<void> {
  to.on('error', () => from.destroy());
  from.pipe(to, { end: false });
  await finished(from, { writable: false }).catch(() => undefined);
}
