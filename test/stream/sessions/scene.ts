/** A kubelet's server whose provider does in each session what a test says, and who calls it. */
import { request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterAll } from 'vitest';
import type { AttachIO, CallContext } from '../../../src/provider/provider.js';
import type { StreamingProvider } from '../../../src/stream/backend.js';
import type { KubeletServer } from '../../../src/stream/server/kubelet-server.js';
import type { StreamingOptions } from '../../../src/stream/streaming-options.js';
import type { ManualClock } from '../../../src/testing/manual-clock.js';
import { apiserver, startServer } from '../server/kubelet-scene.js';

export type Script = (io: AttachIO, context: CallContext) => Promise<number | undefined>;
export type ForwardScript = (connection: Duplex, context: CallContext, port: number) => Promise<void>;

/** Where a client connects: the server, or a proxy before it. */
export interface Target {
  readonly port: number;
  readonly certificate: string;
}

export class SessionScene {
  readonly #scripts = new Map<string, Script>();
  readonly #forwards = new Map<number, ForwardScript>();
  #server: KubeletServer | undefined;

  readonly provider: StreamingProvider = {
    runInContainer: (_ref, [name = ''], io, context) => this.#script(name)(io, context),
    attachToContainer: ({ container }, io, context) => this.#script(container)(io, context),
    portForward: (_ref, port, connection, context) => {
      const script = this.#forwards.get(port);
      if (script === undefined) throw new Error(`connect ECONNREFUSED 127.0.0.1:${port}`);
      return script(connection, context, port);
    },
  };

  /** Starts the server, which ends with the test file. */
  static async start({
    clock,
    ...streaming
  }: Omit<StreamingOptions, 'clock'> & { readonly clock?: ManualClock } = {}): Promise<SessionScene> {
    const scene = new SessionScene();
    const server = await startServer({ provider: scene.provider, streaming, ...(clock && { clock }) });
    scene.#server = server;
    afterAll(async () => {
      let closed = clock === undefined;
      const closing = server.close({ graceMs: 100 }).then(() => (closed = true));
      await clock?.runUntil(() => closed);
      await closing;
    });
    return scene;
  }

  async close(graceMs: number): Promise<void> {
    await this.#server?.close({ graceMs });
  }

  get target(): Target {
    if (this.#server === undefined) throw new Error('not started');
    return { port: this.#server.address.port, certificate: this.#server.certificate };
  }

  /** What the command `name` does. Returns the path, with query, that runs it. */
  exec(name: string, script: Script, query = 'input=1&output=1&error=1'): string {
    this.#scripts.set(name, script);
    return `/exec/default/web/main?command=${encodeURIComponent(name)}&${query}`;
  }

  /** What connections to a port meet. Returns the path of a port-forward. */
  forward(port: number, script: ForwardScript): string {
    this.#forwards.set(port, script);
    return `/portForward/default/web?port=${port}`;
  }

  #script(name: string): Script {
    const script = this.#scripts.get(name);
    if (script === undefined) throw new Error(`no script for ${name}`);
    return script;
  }
}

export interface Upgraded {
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly headers: IncomingHttpHeaders;
}

export interface Refused {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request for an upgrade. Resolves with the socket behind the 101, or with the answer that is no 101. */
export function upgrade(
  { port, certificate }: Target,
  path: string,
  headers: Readonly<Record<string, string | string[]>>,
): Promise<Upgraded | Refused> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({
      ...{ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false },
      ...{ ca: certificate, servername: 'edge-1', cert: apiserver.certificate, key: apiserver.key },
    });
    request.once('upgrade', (response, socket, head) => {
      // An error is seen by its 'close'.
      socket.on('error', () => undefined);
      resolve({ socket, head, headers: response.headers });
    });
    request.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.once('error', reject);
    request.end();
  });
}
