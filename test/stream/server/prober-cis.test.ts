/** What the CIS Kubernetes Benchmark asks of a kubelet, found out from outside about a node with `kubelet: {}`. */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect, getCiphers, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CertificateAndKey } from '../../../src/kube/pki/certificates.js';
import type { KubeletServer } from '../../../src/stream/server/kubelet-server.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../../e2e/support/eventually.js';
import { apiserver, ask, authority, clientOf, startServer, stranger } from './kubelet-scene.js';
import { startNode, type ProbedNode } from './prober-scene.js';
import { openTls } from './raw-client.js';

/** How a handshake went: what was agreed on, or nothing. */
async function handshake(
  { address }: ProbedNode['at'],
  options: ConnectionOptions,
): Promise<{ cipher: string; protocol: string | null; alpn: string | false | null } | undefined> {
  const socket: TLSSocket = connect({ ...address, rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    return { cipher: socket.getCipher().name, protocol: socket.getProtocol(), alpn: socket.alpnProtocol };
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

describe('the prober', () => {
  let cluster: FakeApiServer;
  let probed: ProbedNode;

  beforeAll(async () => {
    cluster = new FakeApiServer({ authorize: ({ username }) => username !== 'system:serviceaccount:default:nobody' });
    await cluster.start();
    probed = await startNode(cluster.client);
  });
  afterAll(async () => {
    await probed[Symbol.asyncDispose]();
    await cluster.stop();
  });

  it('S1: CIS 4.2.1: anonymous requests are refused', async () => {
    expect(await ask(probed.at, '/pods')).toMatchObject({ status: 401 });
    const configz = await ask(probed.at, '/configz', { token: cluster.adminToken });
    expect(JSON.parse(configz.body)).toMatchObject({
      kubeletconfig: {
        authentication: { anonymous: { enabled: false } },
        authorization: { mode: 'Webhook' },
        readOnlyPort: 0,
      },
    });
  });

  it('S1: CIS 4.2.2: being known is not enough', async () => {
    const accounts = { group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts', namespaced: true };
    await cluster.client.create(accounts, { metadata: { namespace: 'default', name: 'nobody' } });
    const { status } = await cluster.client.request<{ status: { token: string } }>({
      method: 'POST',
      path: '/api/v1/namespaces/default/serviceaccounts/nobody/token',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    });
    expect(await ask(probed.at, '/pods', { token: status.token })).toMatchObject({ status: 403 });
    expect(await ask(probed.at, '/pods', { token: cluster.adminToken })).toMatchObject({ status: 200 });
  });

  it('S1: CIS 4.2.3: client certificates are held against the cluster’s authority, which the server found by itself', async () => {
    const socket = await openTls(probed.at);
    socket.destroy();
    const wrong = clientOf(stranger, 'kube-apiserver-kubelet-client', ['system:masters']);
    expect(await ask(probed.at, '/pods', { as: wrong })).toMatchObject({ status: 401 });
  });

  it('S1: CIS 4.2.4: there is no read-only port, and no plain HTTP on the other', async () => {
    const closed = connectTcp(10_255, probed.at.address.host);
    await expect(once(closed, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const plain = connectTcp(probed.at.address.port, probed.at.address.host);
    plain.on('error', () => undefined);
    plain.write('GET /pods HTTP/1.1\r\nHost: edge-1\r\n\r\n');
    let text = '';
    plain.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    await once(plain, 'close');
    expect(text).not.toContain('HTTP/1.1');
  });

  it('S1: CIS 4.2.9: serves by TLS with a certificate of its node', async () => {
    expect(await ask(probed.at, '/healthz', { token: cluster.adminToken })).toMatchObject({ status: 200 });
    const socket = await openTls(probed.at);
    const { subject, subjectaltname } = socket.getPeerCertificate();
    socket.destroy();
    expect(subject).toEqual({ O: 'system:nodes', CN: 'system:node:edge-1' });
    expect(subjectaltname).toBe('IP Address:127.0.0.1, DNS:edge-1');
  });

  it('S1: CIS 4.2.12: TLS 1.2 and 1.3 are spoken, and nothing before', async () => {
    const weakest = 'DEFAULT@SECLEVEL=0';
    for (const version of ['TLSv1', 'TLSv1.1'] as const) {
      expect(
        await handshake(probed.at, { minVersion: version, maxVersion: version, ciphers: weakest }),
      ).toBeUndefined();
    }
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const agreed = await handshake(probed.at, { minVersion: version, maxVersion: version });
      expect(agreed?.protocol).toBe(version);
    }
  });

  it('S1: CIS 4.2.12: of all suites that OpenSSL has, those with ECDHE and AEAD are taken', async () => {
    const suites = getCiphers().filter((name) => !name.startsWith('tls_'));
    const taken: string[] = [];
    for (const name of suites) {
      const ciphers = `${name.toUpperCase()}@SECLEVEL=0`;
      const agreed = await handshake(probed.at, { ciphers, maxVersion: 'TLSv1.2' });
      if (agreed !== undefined) taken.push(agreed.cipher);
    }
    expect(suites.length).toBeGreaterThan(40);
    // Those with an RSA certificate are taken where there is one.
    expect(taken.sort()).toEqual([
      'ECDHE-ECDSA-AES128-GCM-SHA256',
      'ECDHE-ECDSA-AES256-GCM-SHA384',
      'ECDHE-ECDSA-CHACHA20-POLY1305',
    ]);
  });

  it('kubelet-protocol §1: speaks http/1.1 whatever else is offered', async () => {
    expect(await handshake(probed.at, { ALPNProtocols: ['h2', 'http/1.1'] })).toMatchObject({ alpn: 'http/1.1' });
    expect(await handshake(probed.at, { ALPNProtocols: ['h2'] })).toBeUndefined();
  });

  it('S4: no session is resumed: each connection proves anew who its client is', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = connect({ ...probed.at.address, rejectUnauthorized: false, maxVersion });
      const sessions: Buffer[] = [];
      first.on('session', (session) => sessions.push(session));
      first.on('error', () => undefined);
      first.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
      first.resume();
      await once(first, 'close');
      for (const session of sessions) {
        const second = connect({ ...probed.at.address, rejectUnauthorized: false, maxVersion, session });
        await once(second, 'secureConnect');
        expect(second.isSessionReused()).toBe(false);
        second.destroy();
      }
    }
  });
});

describe('the prober, of a server alone', () => {
  let server: KubeletServer;
  afterEach(() => server.close({ graceMs: 100 }));

  it('S1: CIS 4.2.5: a session in which nothing happens is ended within four hours, as is said of it', async () => {
    const clock = new ManualClock({ nowMs: Date.now() });
    server = await startServer({
      clock,
      provider: {
        runInContainer: (_ref, _command, _io, { signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
      },
    });
    const socket = await openTls(server, apiserver);
    socket.write(
      'GET /exec/default/web/main?command=cat&input=1&output=1 HTTP/1.1\r\nHost: edge-1\r\nConnection: Upgrade\r\n' +
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    socket.resume();
    await once(socket, 'data');
    await clock.advance(4 * 3_600_000 + 60_000);
    await eventually(() => expect(socket.readableEnded || socket.destroyed).toBe(true));
    socket.destroy();
    const configz = await ask(server, '/configz', { as: apiserver });
    expect(JSON.parse(configz.body)).toMatchObject({ kubeletconfig: { streamingConnectionIdleTimeout: '14400s' } });
  });

  it('S1: CIS 4.2.3: a certificate that is not for clients is nobody’s', async () => {
    server = await startServer();
    const pair: CertificateAndKey = authority.issue(
      { commonName: 'admin', organizations: ['system:masters'] },
      { usages: ['serverAuth'], nowMs: Date.now() },
    );
    expect(await ask(server, '/pods', { as: pair })).toMatchObject({ status: 401 });
  });

  it('S1: CIS 4.2.11: a self-made certificate is made anew before it ends, while the server serves', async () => {
    const dayMs = 86_400_000;
    // TLS looks at the machine's clock: it is time for the next certificate just before now.
    const clock = new ManualClock({ nowMs: Date.now() - 293 * dayMs });
    server = await startServer({ clock });
    const first = server.certificate;
    await clock.advance(293 * dayMs);
    expect(server.certificate).not.toBe(first);
    // Whoever took the first one's authority for trustworthy goes on.
    const socket = connect({ ...server.address, ca: first, servername: 'edge-1' });
    await once(socket, 'secureConnect');
    expect(Date.parse(socket.getPeerCertificate().valid_to)).toBeGreaterThan(clock.now());
    socket.destroy();
  });
});
