/** The listener: HTTPS with a certificate of an authority that is made with it. After `close` no socket of it is left. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CertificateAuthority } from 'vk-sdk/testing';

export interface HttpsHandlers {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export class HttpsServer {
  /** PEM of the authority. */
  readonly ca: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(nowMs: number, handlers: HttpsHandlers) {
    const authority = new CertificateAuthority('Emulated cloud authority', nowMs);
    this.ca = authority.certificate;
    const hosts = ['127.0.0.1', '::1', 'localhost'];
    const { certificate, key } = authority.issue(
      { commonName: 'Emulated cloud' },
      { hosts, usages: ['serverAuth'], nowMs },
    );
    this.#server = createServer({ cert: certificate, key }, handlers.request);
    // A connection that the server closes for being idle fails whoever sends on it in that moment.
    this.#server.keepAliveTimeout = 0;
    this.#server.on('upgrade', handlers.upgrade);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Resolves with the port. */
  async listen(port: number): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
