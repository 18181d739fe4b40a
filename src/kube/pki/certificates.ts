/** A certificate authority in memory: X.509 v3 (RFC 5280) with ECDSA P-256. For tests, and for the certificate that a node makes itself. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import * as der from './der.js';

export const oids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  extensionRequest: '1.2.840.113549.1.9.14',
};

export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

/** PEM, as `node:tls` and kubeconfigs take it. */
export interface CertificateAndKey {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateRequest {
  /** A name, or the DER of one. */
  readonly subject: Subject | Buffer;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
  /** DER GeneralNames. */
  readonly subjectAltName?: Buffer | undefined;
  readonly usages: readonly ('serverAuth' | 'clientAuth')[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const dayMs = 86_400_000;

export class CertificateAuthority {
  readonly #key: KeyObject;
  readonly #name: Buffer;
  readonly #parsed: X509Certificate;
  /** PEM of the authority's own certificate. */
  readonly certificate: string;

  /** `nowMs`: certificates are valid from a day before, so that a peer with a slow clock takes them. */
  constructor(commonName: string, nowMs: number) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    this.#name = nameOf({ commonName });
    this.certificate = this.#build({
      subject: this.#name,
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      notBeforeMs: nowMs - dayMs,
      notAfterMs: nowMs + 3650 * dayMs,
      extensions: [
        extension(oids.basicConstraints, true, der.sequence(der.boolean(true))),
        // keyCertSign and cRLSign.
        extension(oids.keyUsage, true, der.bitString(Buffer.from([0x06]), 1)),
      ],
    });
    this.#parsed = new X509Certificate(this.certificate);
  }

  /** PEM of the authority's private key, for a program that signs in its name. */
  get key(): string {
    return this.#key.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /** Whether this authority has signed `certificate` (PEM or DER). Says nothing of its validity period. */
  hasIssued(certificate: string | Buffer): boolean {
    const parsed = new X509Certificate(certificate);
    return parsed.checkIssued(this.#parsed) && parsed.verify(createPublicKey(this.#key));
  }

  /** Makes a key and a certificate for it. `hosts`: DNS names and IP addresses for the subjectAltName. */
  issue(
    subject: Subject,
    options: {
      readonly hosts?: readonly string[];
      readonly usages: readonly ('serverAuth' | 'clientAuth')[];
      readonly nowMs: number;
      /** Default: a year. */
      readonly lifeMs?: number;
    },
  ): CertificateAndKey {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { hosts = [], usages, nowMs, lifeMs = 365 * dayMs } = options;
    const certificate = this.sign({
      subject,
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      subjectAltName: hosts.length === 0 ? undefined : generalNames(hosts),
      usages,
      notBeforeMs: nowMs - dayMs,
      notAfterMs: nowMs + lifeMs,
    });
    return { certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }

  /** PEM of a certificate for a key that somebody else holds. */
  sign(request: CertificateRequest): string {
    const usages = request.usages.map((usage) => der.objectIdentifier(oids[usage]));
    return this.#build({
      ...request,
      subject: Buffer.isBuffer(request.subject) ? request.subject : nameOf(request.subject),
      extensions: [
        extension(oids.basicConstraints, true, der.sequence()),
        // digitalSignature.
        extension(oids.keyUsage, true, der.bitString(Buffer.from([0x80]), 7)),
        extension(oids.extendedKeyUsage, false, der.sequence(...usages)),
        ...(request.subjectAltName ? [extension(oids.subjectAltName, false, request.subjectAltName)] : []),
      ],
    });
  }

  #build(parts: {
    readonly subject: Buffer;
    readonly publicKey: Buffer;
    readonly notBeforeMs: number;
    readonly notAfterMs: number;
    readonly extensions: readonly Buffer[];
  }): string {
    const algorithm = der.sequence(der.objectIdentifier(oids.ecdsaWithSha256));
    const serial = randomBytes(16);
    const body = der.sequence(
      der.element(der.contextTag(0), der.integer(Buffer.from([2]))),
      der.integer(serial),
      algorithm,
      this.#name,
      der.sequence(der.time(parts.notBeforeMs), der.time(parts.notAfterMs)),
      parts.subject,
      parts.publicKey,
      der.element(der.contextTag(3), der.sequence(...parts.extensions)),
    );
    return pem('CERTIFICATE', der.sequence(body, algorithm, der.bitString(sign('sha256', body, this.#key))));
  }
}

export function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** DER GeneralNames of DNS names and IP addresses. */
export function generalNames(hosts: readonly string[]): Buffer {
  return der.sequence(
    ...hosts.map((host) => {
      const address = addressBytes(host);
      return address === undefined
        ? der.element(der.contextTag(2, false), Buffer.from(host))
        : der.element(der.contextTag(7, false), address);
    }),
  );
}

/** DER Name. */
export function nameOf(subject: Subject): Buffer {
  const part = (oid: string, text: string): Buffer =>
    der.set(der.sequence(der.objectIdentifier(oid), der.utf8String(text)));
  return der.sequence(
    ...(subject.organizations ?? []).map((organization) => part(oids.organization, organization)),
    part(oids.commonName, subject.commonName),
  );
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return der.sequence(der.objectIdentifier(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

function addressBytes(host: string): Buffer | undefined {
  if (isIPv4(host)) return Buffer.from(host.split('.').map(Number));
  if (!isIPv6(host)) return undefined;
  // In one form of the many, without dotted parts and zone.
  const { hostname } = new URL(`http://[${host.replace(/%.*/, '')}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const words = (text: string): number[] => (text === '' ? [] : text.split(':').map((word) => parseInt(word, 16)));
  const left = words(head);
  const right = words(tail ?? '');
  const middle = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return Buffer.from([...left, ...middle, ...right].flatMap((word) => [word >> 8, word & 0xff]));
}
