/**
 * What the certificate of a connection's peer is worth, at each request anew: a connection may outlive the certificate it
 * began with, and the trust in who signed it.
 *
 * Invariants
 * 1. A chain is judged by OpenSSL in the handshake and nowhere else; what is checked here can only take trust away.
 * 2. A resumed session counts for nothing: it says what was true of an earlier handshake.
 */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { CertificateSubject } from './authenticator.js';

/** The authorities of one moment. A changed bundle is another object. */
export interface TrustedBundle {
  readonly pem: string;
  readonly certificates: readonly X509Certificate[];
}

export interface PeerCertificate {
  readonly subject: CertificateSubject;
  readonly leaf: X509Certificate;
  readonly validFromMs: number;
  readonly validToMs: number;
  /** What the handshake judged it by. */
  readonly bundle: TrustedBundle;
}

/** The certificate of a finished handshake. Undefined without one that the bundle vouches for, or that names nobody. */
export function readPeerCertificate(socket: TLSSocket, bundle: TrustedBundle | undefined): PeerCertificate | undefined {
  if (bundle === undefined || !socket.authorized || socket.isSessionReused()) return undefined;
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return undefined;
  const subject = subjectOf(socket.getPeerCertificate().subject);
  if (subject === undefined) return undefined;
  return { subject, leaf, validFromMs: Date.parse(leaf.validFrom), validToMs: Date.parse(leaf.validTo), bundle };
}

/** Whether the certificate still holds: within its time, and signed by somebody who is trusted now. */
export function stillHolds(peer: PeerCertificate, bundle: TrustedBundle | undefined, nowMs: number): boolean {
  if (!(peer.validFromMs <= nowMs && nowMs <= peer.validToMs)) return false;
  if (peer.bundle === bundle) return true;
  // Through an intermediate it may hold too. Then the client gets a 401 and a closed connection, and a new handshake tells.
  return bundle?.certificates.some((each) => peer.leaf.checkIssued(each) && peer.leaf.verify(each.publicKey)) ?? false;
}

/** Of several names in a subject Node makes an array, which its types do not say. */
function subjectOf(
  subject: { readonly CN?: unknown; readonly O?: unknown } | undefined,
): CertificateSubject | undefined {
  const { CN: commonName, O: organization } = subject ?? {};
  if (typeof commonName !== 'string' || commonName === '') return undefined;
  const organizations = [organization ?? []].flat().filter((name) => typeof name === 'string');
  return { commonName, organizations };
}
