/** A client that sends what it likes: bytes over TLS, and what came back. */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { CertificateAndKey } from '../../../src/kube/pki/certificates.js';
import type { KubeletServer } from '../../../src/stream/server/kubelet-server.js';

type At = Pick<KubeletServer, 'address' | 'certificate'>;

export interface RawAnswer {
  readonly text: string;
  /** Status of each response, in order. */
  readonly statuses: readonly number[];
  /** Whether the server ended the connection. */
  readonly closed: boolean;
}

export async function openTls(at: At, as?: CertificateAndKey): Promise<TLSSocket> {
  const socket = connectTls({
    ...at.address,
    ca: at.certificate,
    servername: 'edge-1',
    ...(as && { cert: as.certificate, key: as.key }),
  });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

export async function openTcp({ address }: At): Promise<Socket> {
  const socket = connectTcp(address.port, address.host);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Of a server that has not said anything yet: a busy machine is slow. */
const longestSilenceMs = 10_000;

/** Sends `bytes` and reads until the server ends the connection, or has answered and is silent for `quietMs`. */
export async function exchange(
  socket: Socket,
  bytes: string | Buffer | readonly string[],
  quietMs = 150,
): Promise<RawAnswer> {
  for (const part of typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [bytes] : bytes) socket.write(part);
  return readAll(socket, quietMs);
}

export async function readAll(socket: Socket, quietMs: number): Promise<RawAnswer> {
  let text = '';
  let closed = socket.destroyed || socket.readableEnded;
  await new Promise<void>((resolve) => {
    if (closed) {
      resolve();
      return;
    }
    let timer = setTimeout(resolve, longestSilenceMs);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      clearTimeout(timer);
      timer = setTimeout(resolve, quietMs);
    });
    const end = (): void => {
      closed = true;
      clearTimeout(timer);
      resolve();
    };
    socket.once('end', end);
    socket.once('close', end);
  });
  socket.destroy();
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
  return { text, statuses, closed };
}
