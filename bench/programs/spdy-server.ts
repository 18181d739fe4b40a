/** A SPDY server over TLS that does on each stream what its `task` header says. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { CertificateAuthority } from '../../src/kube/pki/certificates.js';
import { tlsSettings } from '../../src/stream/server/tls-settings.js';
import { SpdyConnection } from '../../src/stream/spdy/spdy-connection.js';
import { answerTask } from '../peers/spdystream/peer.js';
import { serve } from './serve.js';

const nowMs = Date.now();
const authority = new CertificateAuthority('bench authority', nowMs);
const { certificate, key } = authority.issue(
  { commonName: 'bench' },
  { hosts: ['127.0.0.1'], usages: ['serverAuth'], nowMs },
);
const server = createServer({ ...tlsSettings, cert: certificate, key, allowHalfOpen: true }, (socket) => {
  socket.setNoDelay(true);
  new SpdyConnection(socket, { role: 'server', onStream: (stream) => void answerTask(stream).catch(() => undefined) });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
serve({
  port: () => (server.address() as AddressInfo).port,
  certificate: () => ({ certificate, key }),
});
