/** A key of one's own, and the PKCS #10 request (RFC 2986) for a certificate of it. `signing-request.ts` reads such requests. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { generalNames, nameOf, oids, pem, type Subject } from './certificates.js';
import * as der from './der.js';

export interface NewSigningRequest {
  /** PEM. */
  readonly request: string;
  /** PEM. A secret. */
  readonly key: string;
}

/** ECDSA P-256. `hosts`: DNS names and IP addresses for the subjectAltName; none for none. */
export function newSigningRequest(subject: Subject, hosts: readonly string[] = []): NewSigningRequest {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const info = der.sequence(
    der.integer(Buffer.from([0])),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der.element(der.contextTag(0), ...(hosts.length === 0 ? [] : [extensionRequest(hosts)])),
  );
  const algorithm = der.sequence(der.objectIdentifier(oids.ecdsaWithSha256));
  const signed = der.sequence(info, algorithm, der.bitString(sign('sha256', info, privateKey)));
  return {
    request: pem('CERTIFICATE REQUEST', signed),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function extensionRequest(hosts: readonly string[]): Buffer {
  const names = der.sequence(der.objectIdentifier(oids.subjectAltName), der.octetString(generalNames(hosts)));
  return der.sequence(der.objectIdentifier(oids.extensionRequest), der.set(der.sequence(names)));
}
