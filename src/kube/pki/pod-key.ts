/** Keys of the kinds that a pod's certificate may be for, and an empty PKCS #10 request (RFC 2986) signed by one. */
import { generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { VkError } from '../../runtime/errors.js';
import * as der from './der.js';

export interface PodKey {
  /** PKCS #8 in PEM. A secret. */
  readonly key: string;
  /** DER: a request that says nothing but the public key. */
  readonly request: Buffer;
}

interface Kind {
  readonly make: () => Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }>;
  readonly signature: string;
  /** Undefined: the algorithm brings its own. */
  readonly digest: string | undefined;
}

const generate = promisify(generateKeyPair);
const rsa = (modulusLength: number): Kind => ({
  make: () => generate('rsa', { modulusLength }),
  signature: '1.2.840.113549.1.1.11',
  digest: 'sha256',
});
const ecdsa = (namedCurve: string, bits: number, arc: number): Kind => ({
  make: () => generate('ec', { namedCurve }),
  signature: `1.2.840.10045.4.3.${arc}`,
  digest: `sha${bits}`,
});

/** As `PodCertificateProjection.keyType` names them. */
const kinds: ReadonlyMap<string, Kind> = new Map([
  ['RSA3072', rsa(3072)],
  ['RSA4096', rsa(4096)],
  ['ECDSAP256', ecdsa('P-256', 256, 2)],
  ['ECDSAP384', ecdsa('P-384', 384, 3)],
  ['ECDSAP521', ecdsa('P-521', 512, 4)],
  ['ED25519', { make: () => generate('ed25519'), signature: '1.3.101.112', digest: undefined }],
]);

/** Rejects with `InvalidInput` for a kind of key that it does not know. */
export async function newPodKey(keyType: string): Promise<PodKey> {
  const kind = kinds.get(keyType);
  if (kind === undefined)
    throw new VkError('InvalidInput', `key type ${keyType}: not one of ${[...kinds.keys()].join(', ')}`);
  const { publicKey, privateKey } = await kind.make();
  const info = der.sequence(
    der.integer(Buffer.from([0])),
    der.sequence(),
    publicKey.export({ type: 'spki', format: 'der' }),
    der.element(der.contextTag(0)),
  );
  // RSA's algorithm has a parameter, which is NULL.
  const parameters = kind.signature.startsWith('1.2.840.113549') ? [der.element(0x05)] : [];
  const algorithm = der.sequence(der.objectIdentifier(kind.signature), ...parameters);
  const signature = sign(kind.digest, info, privateKey);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    request: der.sequence(info, algorithm, der.bitString(signature)),
  };
}
