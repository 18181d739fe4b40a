/** A scripted apiserver on a real port: says what it is told to and remembers what it was asked. */
import { readFileSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket, type TlsOptions } from 'node:tls';
import { afterEach } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import type { KubeClientOptions } from '../../src/kube/client-options.js';
import { staticConnection } from '../../src/kube/connection.js';
import type { Pod } from '../../src/kube/types.js';

export const pki = (name: string): string => readFileSync(new URL(`../fixtures/pki/${name}`, import.meta.url), 'utf8');

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Common name of the client's certificate, if it showed one. */
  readonly clientName: string | undefined;
}

/** Answers one request. */
export type Reply = (request: Seen, response: ServerResponse) => void;

export interface Peer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly seen: Seen[];
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>;
  /** Resolves when that many requests have come. */
  requests(count: number): Promise<void>;
  close(): Promise<void>;
}

export function json(value: unknown, httpStatus = 200, headers: Record<string, string> = {}): Reply {
  return (_request, response) => {
    response.writeHead(httpStatus, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
}

export function status(
  httpStatus: number,
  reason: string,
  message: string,
  headers: Record<string, string> = {},
): Reply {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code: httpStatus };
  return json(body, httpStatus, headers);
}

/** The replies one after another; the last one for all that follow. */
export function inOrder(...replies: Reply[]): Reply {
  let next = 0;
  return (request, response) => {
    const reply = replies[Math.min(next, replies.length - 1)];
    next += 1;
    reply?.(request, response);
  };
}

/** HTTP, or HTTPS with `tls`. Asks for a client certificate without insisting, as apiservers do. */
export async function startPeer(reply: Reply, tls?: TlsOptions): Promise<Peer> {
  const seen: Seen[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const { socket } = request;
      const subject = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.subject : undefined;
      const clientName = /^CN=(.*)$/m.exec(subject ?? '')?.[1];
      const entry = { method, url, headers, body: Buffer.concat(chunks).toString(), clientName };
      seen.push(entry);
      for (const waiter of waiting) if (seen.length >= waiter.count) waiter.resolve();
      reply(entry, response);
    });
  };
  const server: Server = tls
    ? createHttpsServer({ requestCert: true, rejectUnauthorized: false, ca: pki('ca.crt'), ...tls }, listener)
    : createHttpServer(listener);
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    seen,
    get accepted() {
      return accepted;
    },
    open: sockets,
    requests: (count) =>
      seen.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    close,
    [Symbol.asyncDispose]: close,
  };
}

export const serverTls: TlsOptions = { cert: pki('server.crt'), key: pki('server.key') };

/** Resolves when `condition` holds; fails after 15 s. For what has no event to wait for. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error('condition not met within 15 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const web: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default', name: 'web' },
  spec: { containers: [] },
};
export const webName = { namespace: 'default', name: 'web' };

/** Closes what is handed to it after each test, the last one first. */
export function closingAfterEach(): <T extends AsyncDisposable>(resource: T) => T {
  const open: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
  });
  return (resource) => {
    open.push(resource);
    return resource;
  };
}

/** A scripted apiserver over HTTP, and a client of it. */
export async function clientOf(
  track: <T extends AsyncDisposable>(resource: T) => T,
  reply: Reply,
  options?: KubeClientOptions,
): Promise<{ client: KubeClient; peer: Peer }> {
  const peer = track(await startPeer(reply));
  return { client: track(new KubeClient(staticConnection(peer.url), options)), peer };
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`resolved to ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}
