/** A kubelet's end of an apiserver's proxy, which notes what arrives and answers as it is told. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { CertificateAuthority } from '../../../src/kube/pki/certificates.js';

export interface Arrival {
  readonly method: string;
  readonly url: string;
  /** Common name of the client's certificate. */
  readonly client: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

export class ScriptedKubelet implements AsyncDisposable {
  /** Requests in the order of their arrival. */
  readonly arrivals: Arrival[] = [];
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end();
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void = (_, socket) => socket.destroy();
  readonly #sockets = new Set<Socket>();
  readonly #server;

  constructor() {
    const { certificate, key } = new CertificateAuthority('nobody knows it', Date.now()).issue(
      { commonName: 'system:node:scripted' },
      { hosts: ['127.0.0.1'], usages: ['serverAuth'], nowMs: Date.now() },
    );
    const options = { cert: certificate, key, requestCert: true, rejectUnauthorized: false };
    this.#server = createServer(options, (request, response) => {
      this.#note(request);
      this.answer(request, response);
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#note(request);
      socket.on('error', () => undefined);
      this.upgrade(request, socket, head);
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #note(request: IncomingMessage): void {
    const { socket } = request;
    const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
    const subject = certificate?.subject as { CN?: string } | undefined;
    this.arrivals.push({
      method: request.method ?? '',
      url: request.url ?? '',
      client: subject?.CN ?? '',
      headers: request.headersDistinct as Record<string, string[]>,
    });
  }
}
