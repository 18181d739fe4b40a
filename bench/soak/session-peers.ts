/** A kubelet's server with a provider that echoes, and clients for it, in one process. */
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocket } from 'ws';
import { CertificateAuthority, type CertificateAndKey } from '../../src/kube/pki/certificates.js';
import type { Pod } from '../../src/kube/types.js';
import { systemClock, type Clock, type Timer } from '../../src/runtime/clock.js';
import type { StreamingProvider } from '../../src/stream/backend.js';
import { KubeletServer } from '../../src/stream/server/kubelet-server.js';
import { SpdyConnection } from '../../src/stream/spdy/spdy-connection.js';

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default', name: 'web', uid: 'uid-web' },
  spec: { nodeName: 'edge-1', containers: [{ name: 'main', image: 'i' }] },
  status: { phase: 'Running' },
};

/** Answers its input with output, and ends with the exit code that it was started with; endless ones with their client. */
export const echoingProvider: StreamingProvider = {
  async runInContainer(_ref, [kind = '', exitCode = ''], { stdin, stdout }, { signal }) {
    if (stdin && stdout) await pipeline(stdin, stdout, { end: false });
    if (kind === 'endless') await once(signal, 'abort');
    return Number(exitCode);
  },
  async portForward(_ref, port, connection) {
    if (port === 9) throw new Error('connect ECONNREFUSED 127.0.0.1:9');
    await pipeline(connection, connection);
  },
};

/** The machine's clock, which knows how many of its timers are pending. */
export class CountingClock implements Clock {
  pending = 0;

  now(): number {
    return systemClock.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    let over = false;
    const end = (): void => {
      if (!over) this.pending -= 1;
      over = true;
    };
    this.pending += 1;
    const timer = systemClock.setTimer(delayMs, () => {
      end();
      callback();
    });
    return {
      cancel: () => {
        end();
        timer.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(delayMs, signal);
  }
}

export class SoakServer {
  readonly clock = new CountingClock();
  readonly #server: KubeletServer;
  readonly #client: CertificateAndKey;

  private constructor() {
    const authority = new CertificateAuthority('soak clients', Date.now());
    const subject = { commonName: 'soak', organizations: ['system:masters'] };
    this.#client = authority.issue(subject, { usages: ['clientAuth'], nowMs: Date.now() });
    const pods = { get: () => pod, list: () => [pod] };
    this.#server = new KubeletServer(
      { nodeName: 'edge-1', provider: echoingProvider, pods },
      {
        port: 0,
        clock: this.clock,
        clientAuthorities: authority.certificate,
        authorizer: { authorize: () => Promise.resolve(true) },
      },
    );
  }

  static async start(): Promise<SoakServer> {
    const server = new SoakServer();
    await server.#server.start();
    return server;
  }

  close(): Promise<void> {
    return this.#server.close({ graceMs: 1_000 });
  }

  /** A SPDY connection behind the upgrade of `path`. */
  async spdy(path: string, protocol: string): Promise<SpdyConnection> {
    const headers = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': protocol };
    const request = httpsRequest({ ...this.#target, path, headers, method: 'POST', agent: false });
    request.end();
    const [, socket, head] = (await once(request, 'upgrade')) as [unknown, Duplex, Buffer];
    return new SpdyConnection(socket, { role: 'client', head });
  }

  async webSocket(path: string, protocol: string): Promise<WebSocket> {
    const { host, port, ...tls } = this.#target;
    const webSocket = new WebSocket(`wss://${host}:${port}${path}`, [protocol], tls);
    webSocket.binaryType = 'nodebuffer';
    await once(webSocket, 'open');
    webSocket.on('error', () => undefined);
    return webSocket;
  }

  get #target() {
    const { certificate, key } = this.#client;
    const { host, port } = this.#server.address;
    return { host, port, ca: this.#server.certificate, servername: 'edge-1', cert: certificate, key };
  }
}

export async function readAll(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) text += String(chunk);
  return text;
}
