/** What asks for another protocol, and how kubelets answer that. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

export const spdy = {
  connection: 'Upgrade',
  upgrade: 'SPDY/3.1',
  'x-stream-protocol-version': ['v4.channel.k8s.io', 'v3.channel.k8s.io'],
};

export function webSocket(protocols: string): Record<string, string> {
  return {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': protocols,
  };
}

/** A kubelet's 101, and a few bytes of the new protocol. */
export function switchProtocols(request: IncomingMessage, socket: Duplex): void {
  socket.end(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\nX-Own: 1\r\n\r\nits bytes`,
  );
}

export function refuse(
  code: number,
  body: string,
  headers: readonly string[] = [],
): (_: unknown, socket: Duplex) => void {
  const lines = [`HTTP/1.1 ${code} Said So`, 'Content-Type: text/plain', `Content-Length: ${body.length}`, ...headers];
  return (_, socket) => socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
