/** PKCS #10 certificate signing requests (RFC 2986), as kubelets send them. */
import { createPublicKey, verify } from 'node:crypto';
import { type DerElement, objectIdentifier, readElements, tags } from './der.js';

export interface SigningRequest {
  /** DER Name. */
  readonly subject: Buffer;
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
  /** DER GeneralNames, if names were asked for. */
  readonly subjectAltName: Buffer | undefined;
}

const commonName = contentOf('2.5.4.3');
const organization = contentOf('2.5.4.10');
const extensionRequest = contentOf('1.2.840.113549.1.9.14');
const subjectAltName = contentOf('2.5.29.17');

/** Signature algorithm to digest; Ed25519 brings its own. */
const digests: readonly (readonly [Buffer, string | undefined])[] = [
  [contentOf('1.2.840.10045.4.3.2'), 'sha256'],
  [contentOf('1.2.840.10045.4.3.3'), 'sha384'],
  [contentOf('1.2.840.10045.4.3.4'), 'sha512'],
  [contentOf('1.2.840.113549.1.1.11'), 'sha256'],
  [contentOf('1.2.840.113549.1.1.12'), 'sha384'],
  [contentOf('1.2.840.113549.1.1.13'), 'sha512'],
  [contentOf('1.3.101.112'), undefined],
];

/** Reads a request in PEM. Throws a RangeError if it is malformed, or not signed by the key that it is for. */
export function parseSigningRequest(text: string): SigningRequest {
  const match = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]+)-----END/.exec(text);
  if (match?.[1] === undefined) throw new RangeError('not a PEM certificate request');
  const [request] = readElements(Buffer.from(match[1], 'base64'));
  const [info, algorithm, signature] = children(request);
  const [, subject, publicKey, attributes] = children(info);
  if (!info || !algorithm || !signature || !subject || !publicKey)
    throw new RangeError('certificate request is malformed');
  checkSignature(info.raw, children(algorithm)[0], signature, publicKey.raw);
  return {
    subject: subject.raw,
    commonName: namesIn(subject, commonName)[0] ?? '',
    organizations: namesIn(subject, organization),
    publicKey: publicKey.raw,
    subjectAltName: attributes === undefined ? undefined : requestedNames(attributes),
  };
}

function checkSignature(
  info: Buffer,
  algorithm: DerElement | undefined,
  signature: DerElement,
  publicKey: Buffer,
): void {
  const known = digests.find(([oid]) => algorithm?.content.equals(oid) === true);
  if (known === undefined) throw new RangeError('certificate request: signature algorithm is not supported');
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  if (!verify(known[1] ?? null, info, key, signature.content.subarray(1))) {
    throw new RangeError('certificate request: signature does not match');
  }
}

function namesIn(name: DerElement, attribute: Buffer): string[] {
  return children(name)
    .flatMap(children)
    .map(children)
    .filter(([type]) => type?.content.equals(attribute) === true)
    .map(([, value]) => value?.content.toString('utf8') ?? '');
}

/** Attributes hold a set of lists of extensions; each extension is its type, perhaps `critical`, and its value. */
function requestedNames(attributes: DerElement): Buffer | undefined {
  const [, values] =
    readElements(attributes.content)
      .map(children)
      .find(([type]) => type?.content.equals(extensionRequest) === true) ?? [];
  return children(values)
    .flatMap(children)
    .map(children)
    .find(([type]) => type?.content.equals(subjectAltName) === true)
    ?.find((part) => part.tag === tags.octetString)?.content;
}

function children(parent: DerElement | undefined): DerElement[] {
  return parent === undefined ? [] : readElements(parent.content);
}

function contentOf(oid: string): Buffer {
  return objectIdentifier(oid).subarray(2);
}
