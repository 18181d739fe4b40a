/**
 * Connections to kubelets, with the apiserver's own client certificate. A kubelet's certificate is not verified, as
 * without `--kubelet-certificate-authority`.
 *
 * 1. A request has a connection of its own, which ends with the answer or with `signal`, whichever comes first. One that
 *    was upgraded is its receiver's, and `signal` is no longer listened to.
 * 2. What rejects is the connection's failure as Go words it (`kubelet-failure.ts`), never an answer.
 */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { CertificateAndKey } from '../../../kube/pki/certificates.js';
import type { Clock } from '../../../runtime/clock.js';
import type { KubeletAddress } from './address.js';
import { connectionFailure } from './kubelet-failure.js';

export interface KubeletRequest {
  readonly address: Pick<KubeletAddress, 'host' | 'port'>;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** What is sent as the body. Default: nothing. */
  readonly body?: IncomingMessage;
  readonly signal: AbortSignal;
}

/** The kubelet took the new protocol, or answered otherwise. */
export type UpgradeAnswer =
  | { readonly upgraded: true; readonly response: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }
  | { readonly upgraded: false; readonly response: IncomingMessage };

/** The connection could not be made, or broke before the answer. */
export class KubeletUnreachable extends Error {
  override readonly name = 'KubeletUnreachable';
}

/** As a real apiserver waits for a connection. */
const dialTimeoutMs = 30_000;

export class KubeletClient {
  readonly #clock: Clock;
  readonly #credentials: CertificateAndKey;

  constructor(clock: Clock, credentials: CertificateAndKey) {
    this.#clock = clock;
    this.#credentials = credentials;
  }

  /** Resolves with the head of the answer. Rejects with {@link KubeletUnreachable}. */
  async ask(asked: KubeletRequest): Promise<IncomingMessage> {
    return (await this.#send(asked)).response;
  }

  /** The same for a request that asks for another protocol. */
  async upgrade(asked: KubeletRequest): Promise<UpgradeAnswer> {
    return this.#send(asked);
  }

  #send({ address, method, path, headers = {}, body, signal }: KubeletRequest): Promise<UpgradeAnswer> {
    const { certificate, key } = this.#credentials;
    const options: RequestOptions & Pick<ConnectionOptions, 'ALPNProtocols'> = {
      host: address.host,
      port: address.port,
      method,
      path,
      headers,
      cert: certificate,
      key,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      agent: false,
    };
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const call = request(options);
      const abort = (): void => void call.destroy();
      signal.addEventListener('abort', abort, { once: true });
      const release = (): void => signal.removeEventListener('abort', abort);
      const timer = this.#clock.setTimer(dialTimeoutMs, () => {
        call.destroy(Object.assign(new Error('dial timeout'), { code: 'ETIMEDOUT' }));
      });
      call.on('socket', (socket) => socket.once('secureConnect', () => timer.cancel()));
      call.on('close', () => {
        timer.cancel();
        release();
      });
      call.on('error', (error) => reject(new KubeletUnreachable(connectionFailure(error, address), { cause: error })));
      call.on('upgrade', (response, socket, head) => {
        release();
        resolve({ upgraded: true, response, socket, head });
      });
      call.on('response', (response) => resolve({ upgraded: false, response }));
      if (body === undefined) call.end();
      else body.pipe(call);
    });
  }
}
