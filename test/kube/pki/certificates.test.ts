import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { CertificateAuthority, generalNames, pem } from '../../../src/kube/pki/certificates.js';
import * as der from '../../../src/kube/pki/der.js';
import { parseSigningRequest } from '../../../src/kube/pki/signing-request.js';

const nowMs = Date.UTC(2026, 5, 1);

function signingRequest(commonName: string, organization: string, hosts: readonly string[], tamper = false): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const part = (oid: string, text: string): Buffer =>
    der.set(der.sequence(der.objectIdentifier(oid), der.utf8String(text)));
  const extension = der.sequence(der.objectIdentifier('2.5.29.17'), der.octetString(generalNames(hosts)));
  const info = der.sequence(
    der.integer(Buffer.from([0])),
    der.sequence(part('2.5.4.10', organization), part('2.5.4.3', commonName)),
    publicKey.export({ type: 'spki', format: 'der' }),
    der.element(
      der.contextTag(0),
      der.sequence(der.objectIdentifier('1.2.840.113549.1.9.14'), der.set(der.sequence(extension))),
    ),
  );
  const signature = sign('sha256', tamper ? Buffer.from('else') : info, privateKey);
  const algorithm = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'));
  return pem('CERTIFICATE REQUEST', der.sequence(info, algorithm, der.bitString(signature)));
}

describe('CertificateAuthority', () => {
  it('writes addresses in all their forms', () => {
    const hosts = [
      '10.0.0.5',
      '::',
      '::1',
      '2001:db8::1:0:2',
      'fe80::1%eth0',
      '::ffff:10.0.0.5',
      '64:ff9b::192.0.2.33',
    ];
    const authority = new CertificateAuthority('test-ca', Date.now());
    const { certificate } = authority.issue({ commonName: 'a' }, { hosts, usages: ['serverAuth'], nowMs: Date.now() });
    const parsed = new X509Certificate(certificate);
    for (const host of hosts) expect(parsed.checkIP(host.replace(/%.*/, '')), host).toBeDefined();
  });

  it('issues certificates that TLS peers accept, on both sides', async () => {
    const authority = new CertificateAuthority('test-ca', Date.now());
    const serving = authority.issue(
      { commonName: 'server' },
      { hosts: ['localhost', '127.0.0.1', '::1'], usages: ['serverAuth'], nowMs: Date.now() },
    );
    const client = authority.issue(
      { commonName: 'alice', organizations: ['team-a', 'team-b'] },
      { usages: ['clientAuth'], nowMs: Date.now() },
    );
    const server = createServer(
      { cert: serving.certificate, key: serving.key, ca: authority.certificate, requestCert: true },
      (socket) => socket.end(JSON.stringify(socket.getPeerCertificate().subject)),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({
      port,
      host: '127.0.0.1',
      ca: authority.certificate,
      cert: client.certificate,
      key: client.key,
    });
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(socket, 'end');
    expect(JSON.parse(text)).toEqual({ CN: 'alice', O: ['team-a', 'team-b'] });
    await new Promise((resolve) => server.close(resolve));
  });

  it('writes names, addresses and times as RFC 5280 has them', () => {
    const authority = new CertificateAuthority('test-ca', nowMs);
    const { certificate } = authority.issue(
      { commonName: 'x' },
      { hosts: ['a.example', '10.0.0.1', 'fd00::1:2'], usages: ['serverAuth'], nowMs, lifeMs: 40 * 365 * 86_400_000 },
    );
    const parsed = new X509Certificate(certificate);
    expect(parsed.subjectAltName).toBe('DNS:a.example, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:1:2');
    expect(parsed.validTo).toContain('2066');
    expect(parsed.ca).toBe(false);
    expect(new X509Certificate(authority.certificate).ca).toBe(true);
  });

  it('knows what it has issued', () => {
    const authority = new CertificateAuthority('test-ca', nowMs);
    const other = new CertificateAuthority('test-ca', nowMs);
    const { certificate } = authority.issue({ commonName: 'x' }, { usages: ['clientAuth'], nowMs });
    expect(authority.hasIssued(certificate)).toBe(true);
    expect(other.hasIssued(certificate)).toBe(false);
  });

  it('signs a request for the key and the names that it asks for', () => {
    const authority = new CertificateAuthority('test-ca', nowMs);
    const request = parseSigningRequest(signingRequest('system:node:n1', 'system:nodes', ['n1', '10.0.0.7']));
    expect(request).toMatchObject({ commonName: 'system:node:n1', organizations: ['system:nodes'] });
    const certificate = authority.sign({
      ...request,
      usages: ['serverAuth'],
      notBeforeMs: nowMs,
      notAfterMs: nowMs + 3_600_000,
    });
    const parsed = new X509Certificate(certificate);
    expect(parsed.subject).toBe('O=system:nodes\nCN=system:node:n1');
    expect(parsed.subjectAltName).toBe('DNS:n1, IP Address:10.0.0.7');
    expect(authority.hasIssued(certificate)).toBe(true);
  });

  it('refuses requests that are malformed or not signed by their own key', () => {
    expect(() => parseSigningRequest('nonsense')).toThrow('not a PEM certificate request');
    expect(() => parseSigningRequest(pem('CERTIFICATE REQUEST', Buffer.from([0x30, 0x82, 0xff])))).toThrow(RangeError);
    expect(() => parseSigningRequest(signingRequest('a', 'b', ['c'], true))).toThrow('signature does not match');
  });

  it('reads requests that openssl makes', ({ skip }) => {
    let text: string;
    try {
      text = execFileSync(
        'openssl',
        'req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj /O=system:nodes/CN=n -addext subjectAltName=DNS:n'.split(
          ' ',
        ),
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      );
    } catch {
      skip('openssl is not installed');
      return;
    }
    expect(parseSigningRequest(text)).toMatchObject({ commonName: 'n', organizations: ['system:nodes'] });
    expect(parseSigningRequest(text).subjectAltName?.toString('latin1')).toContain('n');
  });
});
