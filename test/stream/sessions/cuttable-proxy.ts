/** A network between a client and a server, which a test can cut. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** How a client is lost: it closes, it resets, or nothing is heard of it any more. */
export type Cut = 'close' | 'reset' | 'silence';

export const cuts: readonly Cut[] = ['close', 'reset', 'silence'];

export interface CuttableProxy {
  readonly port: number;
  /** Cuts everything that goes through it. */
  cut(how: Cut): void;
  /** Resolves when the server has closed all that went through it. */
  readonly closedByServer: Promise<void>;
}

/** For one connection to a server in this process. */
export async function cuttableProxy(targetPort: number): Promise<CuttableProxy> {
  const listener = net.createServer({ allowHalfOpen: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const server = net.connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
  let client: net.Socket | undefined;
  const accepted = serverEndOf(server);
  const closedByServer = accepted.then(async (socket) => {
    if (!socket.closed) await once(socket, 'close');
    client?.destroy();
    server.destroy();
  });
  server.on('error', () => undefined);
  listener.once('connection', (socket: net.Socket) => {
    client = socket.on('error', () => undefined);
    listener.close();
    socket.pipe(server).pipe(socket);
    server.once('close', () => socket.destroy());
    socket.once('close', () => server.destroy());
  });
  onTestFinished(() => {
    listener.close();
    client?.destroy();
    server.destroy();
  });
  return {
    port: (listener.address() as AddressInfo).port,
    closedByServer,
    cut(how) {
      if (server.destroyed) return;
      if (how === 'reset') server.resetAndDestroy();
      else if (how === 'close') server.destroy();
      else {
        client?.unpipe(server).pause();
        server.unpipe(client).pause();
      }
    },
  };
}

/** The other end of `socket`, which is about to connect. */
async function serverEndOf(socket: net.Socket): Promise<net.Socket> {
  const accepted: net.Socket[] = [];
  const onSocket = (message: unknown): void => void accepted.push((message as { socket: net.Socket }).socket);
  subscribe('net.server.socket', onSocket);
  await once(socket, 'connect');
  const isOther = ({ remotePort }: net.Socket): boolean => remotePort === socket.localPort;
  while (!accepted.some(isOther)) await new Promise((resolve) => setImmediate(resolve));
  unsubscribe('net.server.socket', onSocket);
  return accepted.find(isOther) ?? socket;
}
