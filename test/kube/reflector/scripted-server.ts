/** An apiserver whose every answer is given by the test, over real sockets, and the least client that talks to it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { Agent, request } from 'undici';
import { ApiError } from '../../../src/kube/api-error.js';
import type { KubeApi, ListOptions, RawRequest, RawResponse } from '../../../src/kube/api.js';
import { type Resource, resourcePath } from '../../../src/kube/resources.js';
import type { KubeList, KubeObject, Pod } from '../../../src/kube/types.js';

/** A request that waits for the test's answer. */
export class Exchange {
  readonly query: Record<string, string>;
  readonly #response: ServerResponse;

  constructor(incoming: IncomingMessage, response: ServerResponse) {
    this.query = Object.fromEntries(new URL(incoming.url ?? '/', 'http://server').searchParams);
    this.#response = response;
  }

  get isWatch(): boolean {
    return this.query['watch'] === 'true';
  }

  get closed(): boolean {
    return this.#response.destroyed;
  }

  list(resourceVersion: string, items: readonly Pod[], next?: string): void {
    const metadata = { resourceVersion, ...(next === undefined ? {} : { continue: next }) };
    this.#response.end(JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata, items }));
  }

  refuse(code: number, reason: string, message = reason, headers: Record<string, string> = {}): void {
    this.#response.writeHead(code, { 'content-type': 'application/json', ...headers });
    this.#response.end(JSON.stringify(status(code, reason, message)));
  }

  /** Accepts a watch. Returns itself. */
  open(): this {
    this.#response.writeHead(200, { 'content-type': 'application/json' });
    this.#response.flushHeaders();
    return this;
  }

  send(type: string, object: object): void {
    this.#response.write(`${JSON.stringify({ type, object })}\n`);
  }

  bookmark(resourceVersion: string, annotations?: Record<string, string>): void {
    this.send('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion, ...(annotations ? { annotations } : {}) } });
  }

  endOfInitialEvents(resourceVersion: string): void {
    this.bookmark(resourceVersion, { 'k8s.io/initial-events-end': 'true' });
  }

  raw(bytes: string | Uint8Array): void {
    this.#response.write(bytes);
  }

  end(): void {
    this.#response.end();
  }

  reset(): void {
    this.#response.socket?.resetAndDestroy();
  }
}

export function status(code: number, reason: string, message = reason): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message };
}

export class ScriptedServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #arrived: Exchange[] = [];
  #waiting: ((exchange: Exchange) => void)[] = [];
  /** How many requests have come so far. */
  requests = 0;

  constructor() {
    this.#server = createServer((incoming, response) => {
      this.requests += 1;
      const exchange = new Exchange(incoming, response);
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#arrived.push(exchange);
      else waiting(exchange);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Whether a request has come that the test has not taken yet. */
  get hasNext(): boolean {
    return this.#arrived.length > 0;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** The next request, when it comes. */
  next(): Promise<Exchange> {
    const arrived = this.#arrived.shift();
    return arrived === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(arrived);
  }

  async nextWatch(): Promise<Exchange> {
    const exchange = await this.next();
    if (!exchange.isWatch) throw new Error(`a list came where a watch was awaited: ${JSON.stringify(exchange.query)}`);
    return exchange;
  }

  async nextList(): Promise<Exchange> {
    const exchange = await this.next();
    if (exchange.isWatch) throw new Error(`a watch came where a list was awaited: ${JSON.stringify(exchange.query)}`);
    return exchange;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Passes bytes on until it is told not to; its sockets stay open then, and the kernel goes on acknowledging. */
export class FreezingProxy implements AsyncDisposable {
  readonly #server: TcpServer;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #frozen = new Set<readonly [Socket, Socket]>();

  constructor(targetPort: number) {
    this.#server = createTcpServer((near) => {
      const far = connect(targetPort, '127.0.0.1');
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      for (const socket of pair) {
        socket.on('error', () => undefined);
        socket.on('close', () => {
          if (!this.#frozen.has(pair)) pair.forEach((other) => other.destroy());
        });
      }
      near.pipe(far);
      far.pipe(near);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** Nothing gets through the connections there are, not even their end: bytes are taken from both sides and lost. New ones work. */
  freeze(): void {
    for (const pair of this.#pairs) {
      const [near, far] = pair;
      this.#frozen.add(pair);
      near.unpipe(far);
      far.unpipe(near);
      near.resume();
      far.resume();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pair of this.#pairs) pair.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What a reflector needs of `KubeApi`, without retries, so that a test sees each request that the reflector makes. */
export class PlainApi implements AsyncDisposable {
  readonly #url: string;
  /** Lists and watches do not share sockets, as in `KubeClient`. */
  readonly #calls = new Agent();
  readonly #streams = new Agent({ bodyTimeout: 0, headersTimeout: 0 });

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`;
  }

  /** The same object, as the reflector takes it. */
  get api(): KubeApi {
    return this as unknown as KubeApi;
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    const { signal, deadlineMs: _deadlineMs, namespace, ...query } = options;
    const path = resourcePath(resource, namespace === undefined ? {} : { namespace });
    const { status: httpStatus, headers, body } = await this.#send(this.#calls, { method: 'GET', path, query, signal });
    const text = (await body.toArray()).join('');
    if (httpStatus === 200) return JSON.parse(text) as KubeList<T>;
    const retryAfterMs = Number(headers['retry-after'] ?? 0) * 1000 || undefined;
    throw new ApiError(resource.plural, { httpStatus, body: text, retryAfterMs });
  }

  stream(rawRequest: RawRequest): Promise<RawResponse> {
    return this.#send(this.#streams, rawRequest);
  }

  async #send(dispatcher: Agent, { path, query = {}, headers, signal }: RawRequest): Promise<RawResponse> {
    const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
    const response = await request(this.#url + path, {
      dispatcher,
      headers: { ...headers },
      query: Object.fromEntries(given) as Record<string, string>,
      signal: signal ?? null,
    });
    return { status: response.statusCode, headers: response.headers, body: response.body };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#calls.destroy(), this.#streams.destroy()]);
  }
}
