/**
 * Signs certificate requests of kubelets (kubernetes.io/kubelet-serving, kubernetes.io/kube-apiserver-client-kubelet) with
 * the server's authority, once they are approved. Requests for a client certificate are approved as well, as by
 * kube-controller-manager; serving certificates wait for somebody's approval.
 */
import type { Resource } from '../../../kube/resources.js';
import type { KubeObject } from '../../../kube/types.js';
import { parseSigningRequest, type SigningRequest } from '../../../kube/pki/signing-request.js';
import { Access, timestamp } from './access.js';
import type { Controller, ControllerParts } from './controller.js';

interface Request extends KubeObject {
  readonly spec?: {
    readonly request?: string;
    readonly signerName?: string;
    readonly username?: string;
    readonly expirationSeconds?: number;
  };
  readonly status?: { readonly certificate?: string; readonly conditions?: readonly { readonly type: string }[] };
}

const signingRequests: Resource<Request> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  namespaced: false,
};

const usages = {
  'kubernetes.io/kubelet-serving': 'serverAuth',
  'kubernetes.io/kube-apiserver-client-kubelet': 'clientAuth',
} as const;

const yearMs = 365 * 86_400_000;

export class Signer implements Controller {
  readonly #access: Access;
  readonly #parts: ControllerParts;
  #stop: (() => void) | undefined;

  constructor(parts: ControllerParts) {
    this.#access = new Access(parts.core, 'kube-controller-manager');
    this.#parts = parts;
  }

  start(): void {
    this.#stop = this.#access.watch(signingRequests, (request, gone) => {
      if (!gone) queueMicrotask(() => this.#handle(request));
    });
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #handle(request: Request): void {
    const signerName = request.spec?.signerName ?? '';
    if (this.#stop === undefined || !isKnown(signerName) || request.status?.certificate) return;
    const has = (type: string): boolean => request.status?.conditions?.some((each) => each.type === type) ?? false;
    if (has('Denied') || has('Failed')) return;
    if (!has('Approved')) {
      if (usages[signerName] === 'clientAuth') this.#approve(request);
      return;
    }
    this.#sign(request, signerName);
  }

  #approve(request: Request): void {
    this.#addCondition(request, 'Approved', 'AutoApproved', 'Auto approving kubelet client certificate', 'approval');
  }

  #sign(request: Request, signerName: keyof typeof usages): void {
    const { authority } = this.#parts;
    if (authority === undefined) {
      this.#fail(request, 'the fake apiserver has no certificate authority without TLS');
      return;
    }
    let parsed: SigningRequest;
    try {
      parsed = parseSigningRequest(Buffer.from(request.spec?.request ?? '', 'base64').toString());
    } catch (error) {
      this.#fail(request, error instanceof Error ? error.message : String(error));
      return;
    }
    const problem = problemOf(parsed, signerName);
    if (problem !== undefined) {
      this.#fail(request, problem);
      return;
    }
    // The peers of TLS look at the machine's clock, which may not be the server's.
    const lifeMs = Math.min((request.spec?.expirationSeconds ?? Infinity) * 1000, yearMs);
    const nowMs = this.#parts.clock.now();
    const certificate = authority.sign({
      ...parsed,
      usages: [usages[signerName]],
      notBeforeMs: nowMs - 300_000,
      notAfterMs: nowMs + lifeMs,
    });
    this.#access.patch(
      signingRequests,
      request,
      { status: { certificate: Buffer.from(certificate).toString('base64') } },
      'status',
    );
  }

  #fail(request: Request, message: string): void {
    this.#addCondition(request, 'Failed', 'SignerValidationFailure', message, 'status');
  }

  #addCondition(request: Request, type: string, reason: string, message: string, subresource: string): void {
    const at = timestamp(this.#parts.clock.now());
    const condition = { type, status: 'True', reason, message, lastUpdateTime: at, lastTransitionTime: at };
    const conditions = [...(request.status?.conditions ?? []), condition];
    this.#access.patch(signingRequests, request, { status: { conditions } }, subresource);
  }
}

function isKnown(signerName: string): signerName is keyof typeof usages {
  return Object.hasOwn(usages, signerName);
}

/** What the signers of Kubernetes insist on (certificates.k8s.io, "Kubernetes signers"). */
function problemOf(parsed: SigningRequest, signerName: keyof typeof usages): string | undefined {
  if (parsed.organizations.length !== 1 || parsed.organizations[0] !== 'system:nodes') {
    return 'subject organization is not system:nodes';
  }
  if (!parsed.commonName.startsWith('system:node:')) return 'subject common name does not begin with "system:node:"';
  if (signerName === 'kubernetes.io/kubelet-serving') {
    return parsed.subjectAltName === undefined ? 'DNS or IP subjectAltName is required' : undefined;
  }
  return parsed.subjectAltName === undefined ? undefined : 'subjectAltNames are not allowed';
}
