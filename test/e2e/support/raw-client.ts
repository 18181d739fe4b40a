/** Requests to a cluster, byte by byte as one means them: what clients of streams send, without the clients. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { TestCluster } from '../../../src/testing/cluster.js';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
  /** After 101, and only then; `body` is then what came with the answer. */
  readonly socket?: Duplex;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Record<string, string> }[];
  readonly users: readonly { readonly user: Record<string, string> }[];
}

function fromBase64(text: string | undefined): Buffer | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}

/** What a request to the cluster needs to be let in. Both clusters write their kubeconfig as JSON. */
export function credentials(kubeconfig: string): RequestOptions {
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const { user = {} } = users[0] ?? {};
  const { token } = user;
  return {
    ca: fromBase64(clusters[0]?.cluster['certificate-authority-data']),
    cert: fromBase64(user['client-certificate-data']),
    key: fromBase64(user['client-key-data']),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  };
}

/** One request on a connection of its own. Resolves with the whole answer, or with the socket that it was upgraded to. */
export function send(
  cluster: TestCluster,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
  body?: string,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const options = credentials(cluster.kubeconfig);
    const call = request(`${cluster.url}${path}`, {
      ...options,
      method,
      headers: { ...(options.headers as OutgoingHttpHeaders), ...headers },
      agent: false,
    });
    const answer = (response: IncomingMessage, received: Buffer, socket?: Duplex): RawAnswer => ({
      status: response.statusCode ?? 0,
      headers: response.headersDistinct as Record<string, string[]>,
      body: received,
      ...(socket === undefined ? {} : { socket }),
    });
    call.on('error', reject);
    call.on('response', (response) => void buffer(response).then((all) => resolve(answer(response, all)), reject));
    call.on('upgrade', (response, socket, head) => {
      socket.on('error', () => undefined);
      resolve(answer(response, head, socket));
    });
    call.end(body);
  });
}
