/**
 * Asks a provider that does not tell (no `notifyPods`) for the status of its pods, again and again, and tells what
 * changed. Neighbours: `status-poller-decision.ts` (what a missing pod means), `PodController` (lends the pods and
 * takes the answers). It sends nothing to Kubernetes.
 *
 * Invariants:
 * 1. One sweep at a time; the interval runs from the end of one to the start of the next.
 * 2. A call that failed, or a list that failed, changes nothing. A pod that a list lacks is asked for by itself before
 *    anything is concluded.
 * 3. What was decided about a pod before a call is decided again after it: it may have been deleted meanwhile.
 * 4. A pod whose call has not come back is not asked for again until it has.
 * 5. After `close()` nothing is notified.
 */
import type { Pod, PodStatus } from '../../kube/types.js';
import { jsonEqual } from '../../provider/json-equal.js';
import { type CallContext, type PodRef, podRef, type Provider } from '../../provider/provider.js';
import { type Clock, type Random, systemClock, type Timer } from '../../runtime/clock.js';
import { hasCode, VkError } from '../../runtime/errors.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import { podLogger } from './pod-logger.js';
import { decideMissing, type PolledPod } from './status-poller-decision.js';

export type { PolledPod } from './status-poller-decision.js';

export interface StatusPollerOptions {
  /** The pods to ask for, as of now. Those with a terminal phase are passed over. Called once a sweep. */
  readonly pods: () => Iterable<PolledPod>;
  /** Takes a pod with its new status. The pod is shared with the cache, the status with the provider. Must not throw. */
  readonly notify: (pod: Pod) => void;
  /** From the end of a sweep to the next. Default: 5,000, as Go's virtual-kubelet. */
  readonly intervalMs?: number;
  /** How much longer than `intervalMs` a pause may get at random, as a fraction. Default: 0.1, to keep nodes out of step. */
  readonly jitter?: number;
  /** Calls in flight at most. Default: 16. */
  readonly concurrency?: number;
  /**
   * Keeps other calls for the pod away while it is asked about. Answers what lets them in again, or undefined if one is
   * running: the pod is then left to the next sweep. Default: nothing to keep away.
   */
  readonly claim?: (ref: PodRef) => (() => void) | undefined;
  /** How long a call may take before it is aborted and the sweep goes on without it. Default: 30,000. */
  readonly callTimeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

export type PolledProvider = Pick<Provider, 'getPodStatus' | 'listPodStatuses'>;

/** What a call answered. `failed` says nothing about the pod. */
type Answer = { readonly kind: 'status'; readonly status: PodStatus } | { readonly kind: 'missing' | 'failed' };

export class StatusPoller {
  readonly #provider: PolledProvider;
  readonly #options: Required<StatusPollerOptions>;
  readonly #closing = new AbortController();
  readonly #unanswered = new Set<string>();
  #sweep: Promise<void> | undefined;
  #timer: Timer | undefined;
  #started = false;

  constructor(provider: PolledProvider, options: StatusPollerOptions) {
    this.#provider = provider;
    this.#options = {
      intervalMs: 5_000,
      jitter: 0.1,
      concurrency: 16,
      callTimeoutMs: 30_000,
      claim: () => () => undefined,
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
      ...options,
    };
  }

  /** Sweeps now and then at each interval, until closed. A second call does nothing. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#sweepAndPause();
  }

  /** Ends the sweep under way, aborts its calls, and starts no other. Idempotent. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    if (!this.#closing.signal.aborted) this.#closing.abort(new VkError('Aborted', 'status poller is closing'));
    await this.#sweep;
  }

  /** Asks for every pod once. Resolves when all is answered, or with the sweep under way if there is one. Never rejects. */
  sweep(): Promise<void> {
    this.#sweep ??= this.#sweepOnce()
      .catch((err: unknown) => this.#options.logger.error({ err }, 'status sweep failed'))
      .finally(() => (this.#sweep = undefined));
    return this.#sweep;
  }

  #sweepAndPause(): void {
    void this.sweep().then(() => {
      if (this.#closing.signal.aborted) return;
      const { clock, intervalMs, jitter, random } = this.#options;
      this.#timer = clock.setTimer(intervalMs * (1 + jitter * random()), () => this.#sweepAndPause());
    });
  }

  async #sweepOnce(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const pods = [...this.#options.pods()].filter(isPolled);
    if (pods.length === 0) return;
    const known = await this.#listStatuses();
    if (known === 'failed') return;
    const rest = pods.values();
    const work = async (): Promise<void> => {
      for (const polled of rest) {
        if (this.#closing.signal.aborted) return;
        const listed = known?.get(podRef(polled.pod).uid);
        if (listed) this.#conclude(polled, { kind: 'status', status: listed });
        else if (!known || decideMissing(polled, this.#options.clock.now())) await this.#ask(polled);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#options.concurrency, pods.length) }, work));
  }

  /** Statuses by uid, if the provider has the bulk call. */
  async #listStatuses(): Promise<Map<string, PodStatus> | 'failed' | undefined> {
    const { logger } = this.#options;
    if (!this.#provider.listPodStatuses) return undefined;
    if (this.#unanswered.has('')) return 'failed';
    try {
      const list = await this.#call('', logger, async (context) => this.#provider.listPodStatuses?.(context));
      return new Map(list?.map(({ ref, status }) => [ref.uid, status]));
    } catch (err) {
      if (!this.#closing.signal.aborted) logger.warn({ err }, 'pod statuses not listed');
      return 'failed';
    }
  }

  async #ask(polled: PolledPod): Promise<void> {
    const ref = podRef(polled.pod);
    if (this.#unanswered.has(ref.uid)) return;
    const release = this.#options.claim(ref);
    if (release === undefined) return;
    try {
      this.#conclude(polled, await this.#fetchStatus(polled));
    } finally {
      release();
    }
  }

  async #fetchStatus(polled: PolledPod): Promise<Answer> {
    const ref = podRef(polled.pod);
    const fields = { pod: `${ref.namespace}/${ref.name}`, uid: ref.uid };
    try {
      const status = await this.#call(ref.uid, podLogger(this.#options.logger, ref), (context) =>
        this.#provider.getPodStatus(ref, context),
      );
      return status ? { kind: 'status', status } : { kind: 'missing' };
    } catch (err) {
      if (hasCode(err, 'NotFound')) return { kind: 'missing' };
      if (!this.#closing.signal.aborted) this.#options.logger.warn({ ...fields, err }, 'pod status not fetched');
      return { kind: 'failed' };
    }
  }

  #conclude(polled: PolledPod, answer: Answer): void {
    if (this.#closing.signal.aborted || answer.kind === 'failed') return;
    const status = answer.kind === 'status' ? answer.status : decideMissing(polled, this.#options.clock.now());
    if (!status || jsonEqual(status, polled.lastStatus)) return;
    this.#options.notify({ ...polled.pod, status });
  }

  /** Runs one provider call, which ends with the poller or at its deadline, also if the provider heeds no signal. */
  async #call<T>(key: string, logger: Logger, run: (context: CallContext) => Promise<T>): Promise<T> {
    const { clock, callTimeoutMs } = this.#options;
    const ending = new AbortController();
    const ended = new Promise<never>((_, reject) => {
      ending.signal.addEventListener('abort', () => reject(ending.signal.reason as Error), { once: true });
    });
    const onClose = (): void => ending.abort(this.#closing.signal.reason);
    const timeout = new VkError('Timeout', `provider: no answer within ${callTimeoutMs} ms`);
    const timer = clock.setTimer(callTimeoutMs, () => ending.abort(timeout));
    this.#closing.signal.addEventListener('abort', onClose, { once: true });
    this.#unanswered.add(key);
    const call = (async () => run({ signal: ending.signal, logger }))().finally(() => this.#unanswered.delete(key));
    try {
      return await Promise.race([call, ended]);
    } finally {
      timer.cancel();
      this.#closing.signal.removeEventListener('abort', onClose);
    }
  }
}

function isPolled({ pod, lastStatus }: PolledPod): boolean {
  const phase = lastStatus?.phase ?? pod.status?.phase;
  return phase !== 'Succeeded' && phase !== 'Failed';
}
