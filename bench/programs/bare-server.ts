/** The least that answers a PATCH: parse the body, change an object, send it as JSON, over TLS. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CertificateAuthority } from '../../src/kube/pki/certificates.js';
import { serve, settings } from './serve.js';

const { example } = settings<{ example: { status?: object } }>();
const nowMs = Date.now();
const authority = new CertificateAuthority('bench authority', nowMs);
const { certificate, key } = authority.issue(
  { commonName: 'bench' },
  { hosts: ['127.0.0.1'], usages: ['serverAuth'], nowMs },
);
const server = createServer({ cert: certificate, key }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const patch = JSON.parse(Buffer.concat(chunks).toString()) as { status: object };
    const text = JSON.stringify({ ...example, status: { ...example.status, ...patch.status } });
    response.setHeader('content-type', 'application/json');
    response.end(text);
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
serve({
  connection: () => ({
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: authority.certificate,
  }),
});
