/** A client of a port-forward over SPDY. */
import type { SpdyConnection } from '../../../src/stream/spdy/spdy-connection.js';
import type { SpdyStream } from '../../../src/stream/spdy/spdy-stream.js';
import { dialSpdy } from './exec-client.js';
import type { Target } from './scene.js';

export const portForwardV1 = {
  Connection: 'Upgrade',
  Upgrade: 'SPDY/3.1',
  'X-Stream-Protocol-Version': 'portforward.k8s.io',
};

export interface ForwardClient {
  readonly data: SpdyStream;
  readonly error: SpdyStream;
  /** What comes over the error stream, when it is closed. */
  readonly failure: Promise<string>;
}

export async function dialForward(target: Target): Promise<SpdyConnection> {
  return dialSpdy(target, '/portForward/default/web', portForwardV1);
}

let requests = 0;

/** As kubectl does: the error stream first, whose half the client ends at once. */
export async function forward(connection: SpdyConnection, port: number): Promise<ForwardClient> {
  requests += 1;
  const headers = { port: [String(port)], requestid: [String(requests)] };
  const error = await connection.openStream({ ...headers, streamtype: ['error'] });
  error.end();
  let text = '';
  error.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const failure = new Promise<string>((resolve) => error.once('close', () => resolve(text)));
  const data = await connection.openStream({ ...headers, streamtype: ['data'] });
  return { data, error, failure };
}
