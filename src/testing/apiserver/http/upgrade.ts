/** A request for another protocol, made answerable in HTTP as long as nobody has taken its connection. */
import { ServerResponse, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Upgrade } from './call.js';

/** Node hands over the bare connection, without the response that other requests come with. */
export function upgradable(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): { readonly response: ServerResponse; readonly upgrade: Upgrade } {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  if (socket instanceof Socket) response.assignSocket(socket);
  const end = (): void => void socket.end();
  response.once('finish', end);
  // What becomes of the connection is seen by its close.
  socket.on('error', () => undefined);
  const take = (): Duplex => {
    response.off('finish', end);
    if (socket instanceof Socket) response.detachSocket(socket);
    response.statusCode = 101;
    return socket;
  };
  return { response, upgrade: { head, take, whenGone: (listener) => void socket.once('close', listener) } };
}
