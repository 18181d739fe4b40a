/** A signer of pods' certificates, as a cluster would have one: signs or denies what is asked, when a test says so. */
import type { KubeApi } from '../../../src/kube/api.js';
import type { CertificateAuthority } from '../../../src/kube/pki/certificates.js';
import { parseSigningRequest } from '../../../src/kube/pki/signing-request.js';
import { type PodCertificateRequest, podCertificateRequests } from '../../../src/kube/pod-certificate-request.js';
import { timestamp } from '../../../src/provider/timestamp.js';
import type { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from './eventually.js';

const hourMs = 3_600_000;
/** A large RSA key may take a loaded machine half a minute, and is there before its request. */
const keyMs = 60_000;

export interface PodSignerOptions {
  /**
   * Of those who ask, if it stands still: it goes on while no request waits. An apiserver that does not know a pod's node
   * yet refuses the first ones, and the next come by that clock.
   */
  readonly clock?: ManualClock;
}

export class PodSigner {
  readonly #api: KubeApi;
  readonly #authority: CertificateAuthority;
  readonly #signerName: string;
  readonly #clock: ManualClock | undefined;

  constructor(api: KubeApi, authority: CertificateAuthority, signerName: string, { clock }: PodSignerOptions = {}) {
    this.#api = api;
    this.#authority = authority;
    this.#signerName = signerName;
    this.#clock = clock;
  }

  /** Requests that wait for an answer, once there are any. */
  async waiting(): Promise<PodCertificateRequest[]> {
    return eventually(async () => {
      const { items } = await this.#api.list(podCertificateRequests, {});
      const waiting = items.filter(({ spec, status }) => spec.signerName === this.#signerName && !status?.conditions);
      if (waiting.length > 0) return waiting;
      await this.#clock?.advance(500);
      throw new Error(`${this.#signerName}: no request waits`);
    }, keyMs);
  }

  /** Issues what waits, for a day, to be replaced after a part of it. */
  async issue(refreshAfterMs = 12 * hourMs): Promise<void> {
    for (const request of await this.waiting()) {
      const der = Buffer.from(request.spec.stubPKCS10Request, 'base64').toString('base64');
      const { publicKey } = parseSigningRequest(
        `-----BEGIN CERTIFICATE REQUEST-----\n${der}\n-----END CERTIFICATE REQUEST-----\n`,
      );
      const notBeforeMs = Math.floor(Date.now() / 1_000) * 1_000;
      const notAfterMs = notBeforeMs + 24 * hourMs;
      const subject = { commonName: request.spec.podName };
      const usages = ['clientAuth' as const];
      const certificate = this.#authority.sign({
        subject,
        publicKey,
        subjectAltName: undefined,
        usages,
        notBeforeMs,
        notAfterMs,
      });
      await this.#answer(request, 'Issued', {
        certificateChain: certificate,
        notBefore: timestamp(notBeforeMs),
        notAfter: timestamp(notAfterMs),
        beginRefreshAt: timestamp(notBeforeMs + refreshAfterMs),
      });
    }
  }

  async deny(): Promise<void> {
    for (const request of await this.waiting()) await this.#answer(request, 'Denied', {});
  }

  async #answer({ metadata }: PodCertificateRequest, type: string, more: object): Promise<void> {
    const lastTransitionTime = timestamp(Date.now());
    const condition = { type, status: 'True', reason: 'Tested', message: `by a "test"`, lastTransitionTime };
    const at = { namespace: metadata.namespace, name: metadata.name ?? '' };
    const patch = { status: { ...more, conditions: [condition] } };
    await this.#api.patch(podCertificateRequests, at, 'merge', patch, { subresource: 'status' });
  }
}
