import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../../src/testing/pki.js';

describe('a test authority', () => {
  const authority = new CertificateAuthority('authority under test');

  it('issues certificates that say what was asked for', () => {
    const { certificate } = authority.issue({
      commonName: 'system:node:one',
      organizations: ['system:nodes', 'others'],
      names: ['localhost', '127.0.0.1', '::1', 'fd00:1::2:3'],
      usages: ['serverAuth', 'clientAuth'],
    });
    const parsed = new X509Certificate(certificate);
    const issuer = new X509Certificate(authority.certificate);
    expect(parsed.subject.split('\n')).toEqual(['O=system:nodes', 'O=others', 'CN=system:node:one']);
    expect(parsed.checkHost('localhost')).toBe('localhost');
    for (const address of ['127.0.0.1', '::1', 'fd00:1::2:3']) expect(parsed.checkIP(address)).toBe(address);
    expect(parsed.checkIP('127.0.0.2')).toBeUndefined();
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(parsed.ca).toBe(false);
    expect(issuer.ca).toBe(true);
    expect(parsed.verify(issuer.publicKey)).toBe(true);
    expect(parsed.checkIssued(issuer)).toBe(true);
  });

  it('issues expired certificates too, for tests of renewal', () => {
    const { certificate } = authority.issue({ commonName: 'late', usages: ['clientAuth'], validityMs: -1_000 });
    expect(Date.parse(new X509Certificate(certificate).validTo)).toBeLessThan(Date.now());
  });

  it('writes dates beyond 2049 as the standard asks', () => {
    const clock = {
      now: () => Date.UTC(2051, 1, 3),
      setTimer: () => ({ cancel: () => undefined }),
      sleep: () => Promise.resolve(),
    };
    const late = new CertificateAuthority('late', { clock }).issue({ commonName: 'x', usages: ['serverAuth'] });
    expect(new X509Certificate(late.certificate).validTo).toBe('Feb  4 00:00:00 2051 GMT');
  });

  it('makes server and client accept each other over TLS, and refuses strangers', async () => {
    const mine = authority.issue({ commonName: 'server', names: ['127.0.0.1'], usages: ['serverAuth'] });
    const server = createServer({
      cert: mine.certificate,
      key: mine.key,
      ca: authority.certificate,
      requestCert: true,
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const dial = async (client: CertificateAuthority): Promise<string> => {
      const { certificate, key } = client.issue({ commonName: 'client', usages: ['clientAuth'] });
      const socket = connect({ host: '127.0.0.1', port, ca: authority.certificate, cert: certificate, key });
      const [accepted] = (await once(server, 'secureConnection').catch((error: Error) => [error])) as [
        TLSSocket | Error,
      ];
      socket.destroy();
      return accepted instanceof Error ? accepted.message : accepted.getPeerCertificate().subject.CN;
    };
    server.on('tlsClientError', (error) => server.emit('error', error));
    expect(await dial(authority)).toBe('client');
    expect(await dial(new CertificateAuthority('stranger'))).not.toBe('client');
    await once(server.close(), 'close');
  });
});
