/** A server with one route, as the kubelet's server calls it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { VkError } from '../../../src/runtime/errors.js';
import type { Logger } from '../../../src/runtime/logger.js';
import type { PlainCall } from '../../../src/stream/call.js';

export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

/** Answers what the route answers, and the messages that were logged. */
export function useCallServer(): (serve: (call: PlainCall) => Promise<void>) => Promise<Answer & { logged: string[] }> {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  });
  return async (serve) => {
    const logged: string[] = [];
    const log = (_: object, message: string): void => void logged.push(message);
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const server = createServer((request, response) => {
      const call = { request, response, query: new URLSearchParams(), signal: new AbortController().signal, logger };
      serve(call).catch((error: unknown) => {
        const { httpStatus, message } = VkError.from(error);
        response.writeHead(httpStatus).end(message);
      });
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      headers: { connection: 'close' },
    });
    const body = await response.text();
    return { status: response.status, type: response.headers.get('content-type'), body, logged };
  };
}
