/** The client's side of Kubernetes' remote command over a WebSocket. kubelet-protocol §3. Neighbour: `websocket-mapping.ts`. */
import { codeOfHttpStatus, VkError } from '../../runtime/errors.js';
import type { Status } from '../../kube/types.js';
import { closedWith, wasOrderly } from './raw-mapping.js';
import type { WebSocketMapping, WebSocketOutput } from './websocket-mapping.js';

const channels = { stdin: 0, resize: 4, close: 255 } as const;
const outputs: Readonly<Record<number, WebSocketOutput['to']>> = { 1: 'stdout', 2: 'stderr', 3: 'status' };

/** The subprotocols to offer when the WebSocket is opened, and to choose the mapping by when it is open. */
export type ChannelProtocol = 'v4.channel.k8s.io' | 'v5.channel.k8s.io';

/**
 * For a backend that is itself a Kubernetes API, or speaks as one: exec and attach by `v5.channel.k8s.io` or
 * `v4.channel.k8s.io`, of which only the first can say that input has ended.
 */
export function channelMapping(protocol: ChannelProtocol): WebSocketMapping {
  return {
    ...(protocol === 'v5.channel.k8s.io' && { stdinEnd: Buffer.from([channels.close, channels.stdin]) }),
    stdin: (data) => Buffer.concat([Buffer.from([channels.stdin]), data]),
    resize: ({ width, height }) => {
      const size = JSON.stringify({ Width: width, Height: height });
      return Buffer.concat([Buffer.from([channels.resize]), Buffer.from(size)]);
    },
    decode: (message) => {
      const bytes = typeof message === 'string' ? Buffer.from(message) : message;
      const to = outputs[bytes[0] ?? -1];
      // A server begins with an empty message, and may have channels that are not known here.
      return to === undefined || bytes.length === 1 ? undefined : { to, data: bytes.subarray(1) };
    },
    conclude: ({ status, code, reason }) => {
      if (status !== '') return exitCodeOfStatus(status);
      // Both versions send a status for success too: without one nothing is known, least of all success.
      if (wasOrderly(code)) throw new VkError('Unavailable', 'backend WebSocket: ended without a status');
      throw closedWith(code, reason);
    },
  };
}

function exitCodeOfStatus(text: string): number {
  const { status, reason, message, code, details } = parseStatus(text);
  if (status === 'Success') return 0;
  const exitCode = details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (reason === 'NonZeroExitCode' && exitCode !== undefined && /^\d{1,3}$/.test(exitCode)) return Number(exitCode);
  throw new VkError(codeOfHttpStatus(code ?? 500, reason), `backend WebSocket: failed: ${message ?? reason ?? text}`);
}

function parseStatus(text: string): Status {
  try {
    const decoded: unknown = JSON.parse(text);
    if (typeof decoded === 'object' && decoded !== null && 'status' in decoded) return decoded as Status;
  } catch (cause) {
    throw new VkError('Internal', 'backend WebSocket: its status is not JSON', { cause });
  }
  throw new VkError('Internal', 'backend WebSocket: its status is no Status');
}
