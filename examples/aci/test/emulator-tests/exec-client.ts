/** A client of an exec's WebSocket, as the service documents it: the password first, then input. */
import { once } from 'node:events';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { WebSocket } from 'ws';
import type { AciEmulator } from '../emulator/index.js';

export interface Access {
  readonly webSocketUri?: string;
  readonly password?: string;
}

export interface ExecClient {
  readonly output: string;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(input: string): void;
  /** Resolves with the match once the output has one. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  leave(): void;
}

export async function joinExec(
  cloud: AciEmulator,
  access: Access,
  options: { readonly password?: string | Buffer; readonly headers?: Record<string, string> } = {},
): Promise<ExecClient> {
  const socket = new WebSocket(access.webSocketUri ?? '', { ca: cloud.ca, headers: options.headers ?? {} });
  let output = '';
  socket.on('message', (data: Buffer) => (output += data.toString()));
  const closed = once(socket, 'close').then(([code, reason]) => ({
    code: code as number,
    reason: String(reason),
  }));
  await once(socket, 'open');
  if (!options.headers) socket.send(options.password ?? access.password ?? '');
  return {
    get output() {
      return output;
    },
    closed,
    send: (input) => socket.send(Buffer.from(input)),
    says: (pattern) => eventually(`output ${String(pattern)} in ${output}`, () => pattern.exec(output) ?? undefined),
    leave: () => socket.terminate(),
  };
}
