/** A network between a client and a server, which a test can cut. */
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

/** For one connection. */
export async function cuttableProxy(targetPort: number): Promise<CuttableProxy> {
  const listener = net.createServer({ allowHalfOpen: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const server = net.connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
  let client: net.Socket | undefined;
  const closedByServer = once(server, 'close').then(() => undefined);
  server.on('error', () => undefined);
  // Whatever is left to be sent to a client that is not there: a server that has closed has closed.
  server.on('end', () => server.end());
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
      if (how === 'reset') server.resetAndDestroy();
      else if (how === 'close') server.destroy();
      else {
        client?.unpipe(server);
        server.unpipe(client);
        client?.resume();
        server.resume();
      }
    },
  };
}
