/** A client by `ws` alone, for what `websocket-server.ts` serves. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { serve } from './serve.js';

interface Transfer {
  readonly port: number;
  readonly ca: string;
  readonly path: 'exec' | 'bare';
  readonly direction: 'in' | 'out';
  readonly bytes: number;
  readonly piece: number;
}

async function open({ port, ca, path, direction, bytes, piece }: Transfer): Promise<WebSocket> {
  const what = `direction=${direction}&bytes=${bytes}&piece=${piece}`;
  const streams = 'command=x&input=1&output=1';
  const webSocket = new WebSocket(`wss://127.0.0.1:${port}/${path}?${streams}&${what}`, ['v5.channel.k8s.io'], {
    ca,
    perMessageDeflate: false,
  });
  await once(webSocket, 'open');
  return webSocket;
}

function send(webSocket: WebSocket, { path, bytes, piece }: Transfer): void {
  const message = Buffer.alloc(path === 'exec' ? piece + 1 : piece);
  let sent = 0;
  const next = (): void => {
    if (sent >= bytes) {
      if (path === 'exec') webSocket.send(Buffer.of(255, 0));
      return;
    }
    sent += piece;
    webSocket.send(message, next);
  };
  next();
}

let stopped: WebSocket | undefined;

serve({
  /** Resolves with the milliseconds from the first byte to the close. */
  transfer: async (transfer: Transfer) => {
    const webSocket = await open(transfer);
    let received = 0;
    webSocket.on('message', (message: Buffer) => {
      received += message.length;
    });
    const begin = performance.now();
    if (transfer.direction === 'in') send(webSocket, transfer);
    const [code] = (await once(webSocket, 'close')) as [number];
    const ms = performance.now() - begin;
    if (code !== 1000) throw new Error(`closed with ${code}`);
    if (transfer.direction === 'out' && received < transfer.bytes) throw new Error(`only ${received} bytes came`);
    return ms;
  },
  /** Connects and reads nothing. */
  stop: async (transfer: Transfer) => {
    stopped = await open(transfer);
    stopped.pause();
  },
  leave: () => stopped?.terminate(),
});
