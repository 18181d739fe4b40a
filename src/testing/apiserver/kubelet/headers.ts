/** Which headers of a request go on to the kubelet, and which of its answer back to the client. Pure. */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** RFC 9110, 7.6.1: about this connection alone. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The client's credentials are for the apiserver, which goes to the kubelet with its own. */
function isForApiserver(name: string): boolean {
  return name === 'authorization' || name === 'host' || name.startsWith('impersonate-');
}

const bearerProtocol = 'base64url.bearer.authorization.k8s.io.';

/** Headers for a request that is passed on. `upgrade`: with those that ask for another protocol. */
export function forwardedHeaders(request: IncomingMessage, upgrade: boolean): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    if (isForApiserver(name) || hopByHop.has(name)) continue;
    headers[name] = name === 'sec-websocket-protocol' ? withoutBearer(values) : values;
  }
  if (upgrade) {
    headers['connection'] = 'Upgrade';
    headers['upgrade'] = request.headers.upgrade;
  }
  const { remoteAddress = '' } = request.socket;
  headers['x-forwarded-for'] = [request.headers['x-forwarded-for'] ?? [], remoteAddress].flat().join(', ');
  return headers;
}

/** Headers of an answer that is passed back. */
export function returnedHeaders(response: IncomingMessage): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    if (!hopByHop.has(name)) headers[name] = values;
  }
  return headers;
}

/** A browser cannot set headers, so it brings its token as a WebSocket subprotocol. The kubelet does not get to see it. */
function withoutBearer(values: readonly string[]): string {
  return webSocketProtocols(values)
    .filter((protocol) => !protocol.startsWith(bearerProtocol))
    .join(', ');
}

/** The token that a WebSocket client brings as a subprotocol. */
export function webSocketBearer(request: IncomingMessage): string | undefined {
  const protocols = webSocketProtocols(request.headersDistinct['sec-websocket-protocol'] ?? []);
  const found = protocols.find((protocol) => protocol.startsWith(bearerProtocol));
  return found && Buffer.from(found.slice(bearerProtocol.length), 'base64url').toString();
}

export function webSocketProtocols(values: readonly string[]): string[] {
  return values.flatMap((line) => line.split(',')).flatMap((value) => value.trim() || []);
}
