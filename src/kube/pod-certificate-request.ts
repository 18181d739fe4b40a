/** What a node asks a signer for in a pod's name (`certificates.k8s.io/v1beta1`, KEP-4317), and what came of it. Pure. */
import type { Random } from '../runtime/clock.js';
import type { Resource } from './resources.js';
import type { KubeObject } from './types.js';

export interface PodCertificateRequest extends KubeObject {
  spec: {
    signerName: string;
    podName: string;
    podUID: string;
    serviceAccountName: string;
    serviceAccountUID: string;
    nodeName: string;
    nodeUID: string;
    maxExpirationSeconds?: number;
    unverifiedUserAnnotations?: Record<string, string>;
    /** Base64 of the DER. */
    stubPKCS10Request: string;
  };
  status?: {
    conditions?: { type: string; reason?: string; message?: string }[];
    certificateChain?: string;
    beginRefreshAt?: string;
    notAfter?: string;
  };
}

/** Served by apiservers that have it enabled. */
export const podCertificateRequests: Resource<PodCertificateRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'PodCertificateRequest',
  plural: 'podcertificaterequests',
  namespaced: true,
};

export type CertificateOutcome =
  | { readonly type: 'pending' }
  | { readonly type: 'issued'; readonly chain: string; readonly beginRefreshAtMs: number; readonly notAfterMs: number }
  /** For good: the signer's last word, in a kubelet's. */
  | { readonly type: 'refused'; readonly message: string };

export function outcomeOf({ status = {} }: PodCertificateRequest): CertificateOutcome {
  for (const { type, reason = '', message = '' } of status.conditions ?? []) {
    const why = `reason=${JSON.stringify(reason)} message=${JSON.stringify(message)}`;
    if (type === 'Denied') return { type: 'refused', message: `PodCertificateRequest was permanently denied: ${why}` };
    if (type === 'Failed') return { type: 'refused', message: `PodCertificateRequest was permanently failed: ${why}` };
    if (type !== 'Issued') continue;
    // Signers may put text between the certificates.
    const blocks = status.certificateChain?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const beginRefreshAtMs = Date.parse(status.beginRefreshAt ?? '');
    const notAfterMs = Date.parse(status.notAfter ?? '');
    if (blocks.length > 0 && beginRefreshAtMs <= notAfterMs) {
      return { type: 'issued', chain: blocks.map((block) => `${block}\n`).join(''), beginRefreshAtMs, notAfterMs };
    }
    return { type: 'refused', message: 'PodCertificateRequest was issued without a certificate or its times' };
  }
  return { type: 'pending' };
}

/** What a kubelet adds at most, so that many pods' certificates are not replaced as one. */
const longestJitterMs = 300_000;
/** A signer that wants its certificates replaced at once is asked no more often. */
const shortestDelayMs = 60_000;

/** How long after now a certificate is to be replaced: when its signer says, and a little later, well before its end. */
export function refreshDelayMs(
  { beginRefreshAtMs, notAfterMs }: { readonly beginRefreshAtMs: number; readonly notAfterMs: number },
  nowMs: number,
  random: Random,
): number {
  const jitterMs = Math.min(longestJitterMs, (notAfterMs - beginRefreshAtMs) / 2) * random();
  return Math.max(beginRefreshAtMs + jitterMs - nowMs, shortestDelayMs);
}
