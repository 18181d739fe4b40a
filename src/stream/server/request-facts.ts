/** What of a request's head the server goes by. */
import type { IncomingMessage } from 'node:http';
import { bearerToken } from '../auth/bearer-token.js';
import type { KnockingRequest } from '../auth/gate.js';
import { Refusal } from '../refusal.js';
import type { CertificateSubject } from '../auth/authenticator.js';
import type { RequestTarget } from './route.js';

/** `subject`: of a certificate that holds; `hasCertificate`: whether there is any. */
export function knockOf(
  { headersDistinct, method = '' }: IncomingMessage,
  { root }: RequestTarget,
  subject: CertificateSubject | undefined,
  hasCertificate: boolean,
): KnockingRequest {
  const { authorization } = headersDistinct;
  return {
    credentials: { certificate: subject, token: bearerToken(authorization) },
    presented: hasCertificate || authorization !== undefined,
    root,
    method,
  };
}

/** Bytes of the body as the head announces them; undefined for a body that is sent in chunks. */
export function announcedBytes({ headers }: IncomingMessage): number | undefined {
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : undefined;
}

export function hasBody(request: IncomingMessage): boolean {
  return announcedBytes(request) !== 0;
}

/** No route has a use for a body. A small one is read and thrown away; more cuts the connection. */
export function discardBody(request: IncomingMessage, limit: number): void {
  if ((announcedBytes(request) ?? 0) > limit) {
    throw new Refusal('InvalidInput', `request body: longer than ${limit} bytes`, { httpStatus: 413 });
  }
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limit) request.destroy();
  });
}
