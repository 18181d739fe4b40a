/**
 * Certificates for tests: a certificate authority in memory that issues what servers and clients need. Written on Node's
 * own crypto so that a test needs neither openssl nor a library. ECDSA P-256 throughout; nothing here is for production.
 *
 * Source: RFC 5280 (certificate and extensions), X.690 (DER, in `pki/der.ts`).
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { systemClock, type Clock } from '../runtime/clock.js';
import {
  bitString,
  boolean,
  context,
  integer,
  octetString,
  oid,
  pem,
  sequence,
  set,
  time,
  utf8String,
} from './pki/der.js';

/** A certificate and its private key (PKCS #8), both PEM. */
export interface Credential {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateRequest {
  /** The subject's CN: a user's name where the certificate is a client's. */
  readonly commonName: string;
  /** The subject's O: a user's groups. Default: none. */
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses that a server's certificate is good for. Default: none. */
  readonly names?: readonly string[];
  readonly usages: readonly ('serverAuth' | 'clientAuth')[];
  /** Validity from now on. Negative: a certificate that has already expired. Default: one day, a test outlives no more. */
  readonly validityMs?: number;
}

const dayMs = 24 * 60 * 60 * 1000;
/** Certificates begin to be valid this long ago, for peers whose clock is behind. */
const backdateMs = 60 * 60 * 1000;

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const usageIds = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' } as const;

/** A certificate authority whose own certificate is {@link CertificateAuthority.certificate}. */
export class CertificateAuthority {
  /** PEM, for whoever is to trust this authority. */
  readonly certificate: string;
  /** PEM (PKCS #8), for programs that sign by themselves, such as kube-controller-manager. */
  readonly key: string;
  readonly #subject: Buffer;
  readonly #privateKey: KeyObject;
  readonly #keyId: Buffer;
  readonly #clock: Clock;

  /** Makes an authority with a new key. It is valid for ten years by `clock` (default: the machine's). */
  constructor(commonName = 'test authority', options: { readonly clock?: Clock } = {}) {
    this.#clock = options.clock ?? systemClock;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#privateKey = privateKey;
    this.#subject = subjectName(commonName, []);
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    this.#keyId = createHash('sha1').update(spki).digest();
    this.key = privateKeyPem(privateKey);
    this.certificate = this.#sign(this.#subject, spki, 3650 * dayMs, [
      extension('2.5.29.19', sequence(boolean(true)), true),
      extension('2.5.29.15', bitString(Buffer.from([0x86]), 1), true), // digitalSignature, keyCertSign, cRLSign
      extension('2.5.29.14', octetString(this.#keyId)),
    ]);
  }

  /** Issues a certificate for a new key. */
  issue(request: CertificateRequest): Credential {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const subject = subjectName(request.commonName, request.organizations ?? []);
    const extensions = [
      extension('2.5.29.19', sequence(), true),
      extension('2.5.29.15', bitString(Buffer.from([0x80]), 7), true), // digitalSignature
      extension('2.5.29.37', sequence(...request.usages.map((usage) => oid(usageIds[usage])))),
      extension('2.5.29.35', sequence(context(0, this.#keyId, false))),
    ];
    if (request.names?.length) extensions.push(extension('2.5.29.17', sequence(...request.names.map(alternativeName))));
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    return {
      certificate: this.#sign(subject, spki, request.validityMs ?? dayMs, extensions),
      key: privateKeyPem(privateKey),
    };
  }

  #sign(subject: Buffer, publicKey: Buffer, validityMs: number, extensions: readonly Buffer[]): string {
    const now = this.#clock.now();
    const from = Math.min(now, now + validityMs) - backdateMs;
    const serial = randomBytes(16);
    serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and no leading zero byte
    const body = sequence(
      context(0, integer(2)), // v3
      integer(serial),
      ecdsaWithSha256,
      this.#subject,
      sequence(time(from), time(now + validityMs)),
      subject,
      publicKey,
      context(3, sequence(...extensions)),
    );
    const signature = sign('sha256', body, this.#privateKey);
    return pem('CERTIFICATE', sequence(body, ecdsaWithSha256, bitString(signature)));
  }
}

function subjectName(commonName: string, organizations: readonly string[]): Buffer {
  const part = (id: string, value: string): Buffer => set(sequence(oid(id), utf8String(value)));
  return sequence(...organizations.map((name) => part('2.5.4.10', name)), part('2.5.4.3', commonName));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

function alternativeName(name: string): Buffer {
  if (isIP(name) === 0) return context(2, Buffer.from(name, 'ascii'), false);
  return context(7, addressBytes(name), false);
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = new Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill('0');
  const bytes = Buffer.alloc(16);
  [...left, ...zeros, ...right].forEach((group, index) => bytes.writeUInt16BE(parseInt(group, 16), index * 2));
  return bytes;
}

function privateKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
