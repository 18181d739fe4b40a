/**
 * A small cloud over HTTP: groups by name, made by operations that take two questions. A fault stands for the next
 * request of a kind.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { codeOfHttpStatus, VkError } from '../../../src/runtime/errors.js';

export interface Group {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** `refuse`: 429. `lose`: the work is done, and the connection breaks before the answer. */
export type CloudFault = 'refuse' | 'lose' | 'away';

export class HttpCloud {
  readonly groups = new Map<string, Group>();
  /** What was asked, as `PUT web`. */
  readonly requests: string[] = [];
  readonly #faults = new Map<string, CloudFault[]>();
  readonly #operations = new Map<string, { group: Group; left: number }>();
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));
  created = 0;

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The next requests of that method fail so, in order. */
  fail(method: string, ...faults: CloudFault[]): void {
    this.#faults.set(method, [...(this.#faults.get(method) ?? []), ...faults]);
  }

  forgetOperations(): void {
    this.#operations.clear();
  }

  /** The client, as a provider would have one: answers as values, refusals as errors with a code. */
  async ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const { port } = this.#server.address() as AddressInfo;
    const init = {
      method,
      headers: { connection: 'close' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const response = await fetch(`http://127.0.0.1:${port}/${path}`, init).catch((cause: unknown) => {
      throw new VkError('Unavailable', `cloud ${path}: no answer`, { cause });
    });
    const text = await response.text();
    if (response.ok) return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    const seconds = response.headers.get('retry-after');
    throw new VkError(codeOfHttpStatus(response.status), `cloud ${path}: ${response.status}`, {
      ...(seconds === null ? {} : { retry: { afterMs: Number(seconds) * 1_000 } }),
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const path = url.slice(1);
    this.requests.push(`${method} ${path}`);
    const fault = this.#faults.get(method)?.shift();
    if (fault === 'refuse') return void response.writeHead(429, { 'retry-after': '30' }).end();
    if (fault === 'away') return void response.writeHead(503).end();
    const [status, body] = this.#do(method, path, method === 'PUT' ? await json(request) : undefined);
    if (fault === 'lose') return void request.socket.destroy();
    response.writeHead(status).end(JSON.stringify(body));
  }

  #do(method: string, path: string, body: unknown): [status: number, body: unknown] {
    const [kind, name = ''] = path.split('/');
    const operation = this.#operations.get(name);
    if (kind === 'operations') {
      if (operation === undefined) return [404, null];
      operation.left -= 1;
      return operation.left > 0 ? [202, null] : [200, operation.group];
    }
    const found = this.groups.get(name);
    if (method === 'GET') return found === undefined ? [404, null] : [200, found];
    if (found !== undefined) return [409, null];
    const group = { name, ...(body as Omit<Group, 'name'>) };
    this.groups.set(name, group);
    this.created += 1;
    const id = `op-${this.created}`;
    this.#operations.set(id, { group, left: 2 });
    return [202, { ...group, operation: id }];
  }
}
