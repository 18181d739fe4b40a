/**
 * Certificates of pods, by PodCertificateRequests (KEP-4317): a key is made here, a signer of the cluster issues a
 * certificate for it, and both are replaced when the signer says. Neighbours: `pod-certificate-request.ts` decides what came
 * of a request, `pki/pod-key.ts` makes keys, `service-account-tokens.ts` does the same for tokens.
 *
 * 1. One request at a time for each certificate; what is asked for alike by one pod is one certificate. Of all of them few
 *    are asked for at once: an RSA key takes seconds of a processor, on threads that files need too.
 * 2. Keys are in memory alone: with the last holder they go, and a process that starts anew asks for new ones. With a node's
 *    last certificate its watch goes.
 * 3. A certificate stays in use until there is another. A signer's refusal is its last word.
 * 4. No key is in a log or an error.
 */
import { systemClock, type Clock, type Random, type Timer } from '../runtime/clock.js';
import { setDueTimer } from '../runtime/due-timer.js';
import { VkError } from '../runtime/errors.js';
import { silentLogger, type Logger } from '../runtime/logger.js';
import type { KubeApi } from './api.js';
import { newPodKey, type PodKey } from './pki/pod-key.js';
import {
  outcomeOf,
  type PodCertificateRequest,
  podCertificateRequests,
  refreshDelayMs,
} from './pod-certificate-request.js';
import { backoffMs } from './reflector/backoff.js';
import { Reflector } from './reflector/reflector.js';
import { nodes, serviceAccounts } from './resources.js';
import type { Sourced } from './sourced.js';

/** What a certificate is for. Two of a pod that are equal in all of it are one. */
export interface PodCertificateSpec {
  readonly namespace: string;
  readonly pod: { readonly name: string; readonly uid: string };
  readonly serviceAccountName: string;
  readonly nodeName: string;
  readonly signerName: string;
  readonly keyType: string;
  readonly maxExpirationSeconds?: number | undefined;
  readonly userAnnotations?: Readonly<Record<string, string>> | undefined;
}

/** PEM, both. */
export interface PodCertificate {
  readonly key: string;
  readonly chain: string;
}

export interface PodCertificatesOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

interface Kept {
  readonly spec: PodCertificateSpec;
  readonly holders: Set<() => void>;
  readonly ending: AbortController;
  known: Sourced<PodCertificate> | undefined;
  /** The request that a signer is to answer, by `namespace/name`, and its key. */
  pending: { readonly name: string; readonly key: string } | undefined;
  /** Made for a request that could not be: for the next one. */
  unused: PodKey | undefined;
  /** Since the last certificate. */
  attempt: number;
  timer: Timer | undefined;
}

/** A request that the watch does not show after this time is taken for deleted, as kubelets do. */
const abandonMs = 600_000;
/** So many are asked for at once. */
const concurrency = 2;
/** A kubelet comes back to what failed within two minutes, too. */
const backoff = { firstMs: 2_000, longestMs: 120_000 };

export class PodCertificates implements AsyncDisposable {
  readonly #api: KubeApi;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #kept = new Map<string, Kept>();
  /** By the request's `namespace/name`. */
  readonly #pending = new Map<string, Kept>();
  /** A node may watch the requests of its own pods only. */
  readonly #watches = new Map<string, Reflector<PodCertificateRequest>>();
  readonly #waiting = new Set<Kept>();
  readonly #calls = new Set<Promise<void>>();
  readonly #endings = new Set<Promise<void>>();
  #closed = false;

  constructor(api: KubeApi, options: PodCertificatesOptions = {}) {
    this.#api = api;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Asks for a certificate, or shares one. `onChange` is called, never from within this call, when `read` answers anew. */
  acquire(
    spec: PodCertificateSpec,
    onChange: () => void,
  ): { read(): Sourced<PodCertificate> | undefined; release(): void } {
    if (this.#closed) throw new VkError('Aborted', `${subjectOf(spec)}: no longer asked for, as the node ends`);
    const { pod, signerName, keyType, maxExpirationSeconds = 0, userAnnotations = {} } = spec;
    const annotations = Object.entries(userAnnotations).sort();
    const id = JSON.stringify([pod.uid, signerName, keyType, maxExpirationSeconds, annotations]);
    const kept = this.#kept.get(id) ?? this.#begin(id, spec);
    const holder = (): void => onChange();
    kept.holders.add(holder);
    return {
      read: () => kept.known,
      release: () => {
        kept.holders.delete(holder);
        if (kept.holders.size === 0 && this.#kept.get(id) === kept) this.#end(id, kept);
      },
    };
  }

  /** Forgets every key. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const [id, kept] of this.#kept) this.#end(id, kept);
    await Promise.all([...this.#calls, ...this.#endings]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #begin(id: string, spec: PodCertificateSpec): Kept {
    const ending = new AbortController();
    const kept: Kept = {
      spec,
      holders: new Set(),
      ending,
      known: undefined,
      pending: undefined,
      unused: undefined,
      attempt: 0,
      timer: undefined,
    };
    this.#kept.set(id, kept);
    this.#ask(kept);
    return kept;
  }

  #end(id: string, kept: Kept): void {
    this.#kept.delete(id);
    kept.holders.clear();
    this.#abandon(kept);
    this.#waiting.delete(kept);
    kept.known = undefined;
    kept.unused = undefined;
    kept.ending.abort(new VkError('Aborted', `${subjectOf(kept.spec)}: no longer needed`));
    this.#endWatch(kept.spec.nodeName);
  }

  #endWatch(nodeName: string): void {
    const watch = this.#watches.get(nodeName);
    if (watch === undefined) return;
    for (const { spec } of this.#kept.values()) if (spec.nodeName === nodeName) return;
    this.#watches.delete(nodeName);
    const ending = watch.close().finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
  }

  #abandon(kept: Kept): void {
    kept.timer?.cancel();
    if (kept.pending) this.#pending.delete(kept.pending.name);
    kept.pending = undefined;
  }

  #ask(kept: Kept): void {
    this.#abandon(kept);
    this.#waiting.add(kept);
    this.#pump();
  }

  #pump(): void {
    for (const kept of this.#waiting) {
      if (this.#calls.size >= concurrency) return;
      this.#waiting.delete(kept);
      const call = this.#request(kept).finally(() => {
        this.#calls.delete(call);
        this.#pump();
      });
      this.#calls.add(call);
    }
  }

  async #request(kept: Kept): Promise<void> {
    const { signal } = kept.ending;
    const { spec } = kept;
    try {
      const [account, node] = await Promise.all([
        this.#api.get(serviceAccounts, { namespace: spec.namespace, name: spec.serviceAccountName }, { signal }),
        this.#api.get(nodes, { name: spec.nodeName }, { signal }),
      ]);
      const uids = { serviceAccountUID: account.metadata.uid ?? '', nodeUID: node.metadata.uid ?? '' };
      const { request, key } = kept.unused ?? (await newPodKey(spec.keyType));
      if (signal.aborted) return;
      kept.unused = { request, key };
      const object = requestOf(spec, uids, request);
      const made = await this.#api.create(podCertificateRequests, object, { signal });
      if (signal.aborted) return;
      kept.unused = undefined;
      this.#await(kept, `${spec.namespace}/${made.metadata.name ?? ''}`, key);
    } catch (error) {
      if (!signal.aborted) this.#noteFailure(kept, VkError.from(error));
    }
  }

  #await(kept: Kept, name: string, key: string): void {
    kept.pending = { name, key };
    this.#pending.set(name, kept);
    this.#doubt(kept, name);
    this.#know(kept, { state: 'unreadable', error: new VkError('Unavailable', 'credential bundle is not issued yet') });
    // It may have come by the watch before the answer to its creation.
    const seen = this.#watch(kept.spec.nodeName).store.get(name);
    if (seen) this.#see(seen);
  }

  #doubt(kept: Kept, name: string): void {
    kept.timer = this.#clock.setTimer(abandonMs * (1 + this.#random() / 2), () => {
      // A signer may take its time.
      if (this.#watches.get(kept.spec.nodeName)?.store.get(name)) this.#doubt(kept, name);
      else this.#ask(kept);
    });
  }

  #watch(nodeName: string): Reflector<PodCertificateRequest> {
    const running = this.#watches.get(nodeName);
    if (running) return running;
    const watch = new Reflector(this.#api, podCertificateRequests, {
      fieldSelector: `spec.nodeName=${nodeName}`,
      clock: this.#clock,
      random: this.#random,
      logger: this.#logger,
    });
    watch.addHandler({
      onAdd: (request) => this.#see(request),
      onUpdate: (request) => this.#see(request),
      onDelete: ({ metadata }) => this.#gone(`${metadata.namespace ?? ''}/${metadata.name ?? ''}`),
    });
    this.#watches.set(nodeName, watch);
    watch.start();
    return watch;
  }

  #see(request: PodCertificateRequest): void {
    const { namespace = '', name = '' } = request.metadata;
    const kept = this.#pending.get(`${namespace}/${name}`);
    if (kept?.pending === undefined) return;
    const { key } = kept.pending;
    const outcome = outcomeOf(request);
    if (outcome.type === 'pending') return;
    this.#abandon(kept);
    if (outcome.type === 'refused') {
      this.#replace(kept, { state: 'unreadable', error: new VkError('Forbidden', outcome.message) });
      return;
    }
    kept.attempt = 0;
    const nowMs = this.#clock.now();
    const delayMs = refreshDelayMs(outcome, nowMs, this.#random);
    kept.timer = setDueTimer(this.#clock, nowMs + delayMs, delayMs, () => this.#ask(kept));
    this.#replace(kept, { state: 'found', object: { key, chain: outcome.chain } });
  }

  /** Somebody has deleted a request before it was answered. */
  #gone(name: string): void {
    const kept = this.#pending.get(name);
    if (kept)
      this.#noteFailure(kept, new VkError('NotFound', `PodCertificateRequest "${name}" appears to have been deleted`));
  }

  #noteFailure(kept: Kept, error: VkError): void {
    this.#abandon(kept);
    const delayMs = backoffMs(kept.attempt, error, this.#random, backoff);
    kept.attempt += 1;
    const { signerName, pod } = kept.spec;
    const fields = { signer: signerName, pod: pod.name, attempt: kept.attempt, delayMs, err: error };
    this.#logger.warn(fields, 'certificate of a pod not requested');
    kept.timer = this.#clock.setTimer(delayMs, () => this.#ask(kept));
    this.#know(kept, { state: 'unreadable', error });
  }

  /** Why there is none. Where there is one, nothing has changed. */
  #know(kept: Kept, why: Sourced<PodCertificate> & { state: 'unreadable' }): void {
    const { known } = kept;
    if (known?.state === 'found') return;
    if (known?.state === 'unreadable' && known.error.message === why.error.message) return;
    this.#replace(kept, why);
  }

  #replace(kept: Kept, known: Sourced<PodCertificate>): void {
    kept.known = known;
    for (const holder of [...kept.holders]) {
      try {
        holder();
      } catch (err) {
        this.#logger.error({ pod: kept.spec.pod.name, err }, 'listener of a certificate failed');
      }
    }
  }
}

function requestOf(
  {
    namespace,
    pod,
    serviceAccountName,
    nodeName,
    signerName,
    maxExpirationSeconds,
    userAnnotations,
  }: PodCertificateSpec,
  uids: { readonly serviceAccountUID: string; readonly nodeUID: string },
  request: Buffer,
): PodCertificateRequest {
  const owner = { apiVersion: 'v1', kind: 'Pod', name: pod.name, uid: pod.uid };
  return {
    apiVersion: 'certificates.k8s.io/v1beta1',
    kind: 'PodCertificateRequest',
    metadata: { namespace, generateName: 'req-', ownerReferences: [owner] },
    spec: {
      ...uids,
      signerName,
      podName: pod.name,
      podUID: pod.uid,
      serviceAccountName,
      nodeName,
      stubPKCS10Request: request.toString('base64'),
      ...(maxExpirationSeconds !== undefined && { maxExpirationSeconds }),
      ...(userAnnotations !== undefined && { unverifiedUserAnnotations: { ...userAnnotations } }),
    },
  };
}

function subjectOf({ signerName, pod }: PodCertificateSpec): string {
  return `certificate of signer ${signerName} for pod ${pod.name}`;
}
