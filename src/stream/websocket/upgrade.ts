/** Answering a WebSocket upgrade: refused as HTTP, or accepted with 101. kubelet-protocol §1. */
import type { IncomingMessage } from 'node:http';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { UpgradeCall } from '../call.js';
import { listedValues } from '../negotiate.js';
import { Refusal } from '../refusal.js';
import type { Subprotocol } from './subprotocols.js';

/** Whether the request asks for a WebSocket, well or badly. */
export function isWebSocketUpgrade(request: IncomingMessage): boolean {
  const tokens = listedValues(request.headersDistinct.connection).map((token) => token.toLowerCase());
  return tokens.includes('upgrade') && request.headers.upgrade?.toLowerCase() === 'websocket';
}

/** The subprotocols that the client offers, its favourite first. */
export function offeredSubprotocols(request: IncomingMessage): string[] {
  return listedValues(request.headersDistinct['sec-websocket-protocol']);
}

/**
 * Answers 101 and returns the open WebSocket; throws a {@link Refusal} while nothing has been answered: 400 for a bad
 * handshake, 403 where nothing of what the client offers is known. `Origin` is not looked at: behind an apiserver it is
 * that of a page which the apiserver has let in, and no page can attach a bearer token without knowing it.
 */
export function acceptWebSocket<Choice extends Subprotocol>(
  call: UpgradeCall,
  choose: (offered: readonly string[]) => Choice | undefined,
  supported: readonly string[],
  maxMessageBytes: number,
): { readonly webSocket: WebSocket; readonly chosen: Choice } {
  const { request, socket, head } = call;
  if (request.method !== 'GET') {
    throw new Refusal('InvalidInput', 'WebSocket upgrade: must be a GET', {
      httpStatus: 405,
      headers: { Allow: 'GET' },
    });
  }
  const chosen = choose(offeredSubprotocols(request));
  if (chosen === undefined) {
    const known = supported.join(', ');
    throw new Refusal('Forbidden', `WebSocket upgrade: none of its subprotocols is supported, which are ${known}`, {
      headers: { 'X-Accepted-Stream-Protocol-Versions': known },
    });
  }
  const options: ServerOptions & { closeTimeout: number; maxBufferedChunks: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
    // To ws neither 0 nor what is too large for 32 bits is a bound.
    maxPayload: Math.min(Math.max(maxMessageBytes, 1), 0x7fff_ffff),
    maxBufferedChunks,
    // Bytes, not text: the base64 codec has its own check, and other text is as good as binary.
    skipUTF8Validation: true,
    // `WebSocketLink` ends what takes too long, by the injected clock.
    closeTimeout: longestDelayMs,
  };
  const server = new WebSocketServer(options);
  let webSocket: WebSocket | undefined;
  let problem = 'the client has gone';
  server.on('wsClientError', (error) => (problem = error.message));
  server.on('headers', (headers) => {
    if (chosen.name !== undefined) headers.push(`Sec-WebSocket-Protocol: ${chosen.name}`);
  });
  server.handleUpgrade(withoutSubprotocols(request), socket, head, (accepted) => (webSocket = accepted));
  if (webSocket === undefined) {
    throw new Refusal('InvalidInput', `WebSocket upgrade: ${problem}`, { headers: { 'Sec-WebSocket-Version': '13' } });
  }
  return { webSocket, chosen };
}

/** `ws` takes names that are tokens only, which that of the tunnel is not: it has a slash. The choice is made here. */
function withoutSubprotocols(request: IncomingMessage): IncomingMessage {
  const { 'sec-websocket-protocol': _, ...headers } = request.headers;
  return Object.create(request, { headers: { value: headers } }) as IncomingMessage;
}

const longestDelayMs = 0x7fff_ffff;

/** Of a message that is yet to be complete. Each costs its object, however short it is. */
const maxBufferedChunks = 32 * 1024;
