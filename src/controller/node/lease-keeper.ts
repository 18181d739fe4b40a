/**
 * Renews a node's lease, the cheap half of its heartbeat: one PUT every ten seconds, and no read.
 *
 * Neighbours: `lease-decision.ts` (what is written), `node-controller.ts` (whose node it is, when to be silent).
 *
 * Invariants
 * 1. A lease is written only for a node that is in the API, and names its uid as owner.
 * 2. Writes carry the resourceVersion of the last one, so a lease that others write is noticed. It is taken back all the
 *    same: two processes under one name both live, and stopping one of them would be a guess. It is said loudly.
 * 3. A pause is at most the interval and 4 %; a failed renewal is tried again within 7 seconds, as a kubelet does.
 */
import type { KubeApi } from '../../kube/api.js';
import { leases } from '../../kube/resources.js';
import type { Lease } from '../../kube/types.js';
import type { Clock, Random } from '../../runtime/clock.js';
import { hasCode, VkError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { Backoff } from '../../runtime/backoff.js';
import { afterRenewal, hasRival, leaseNamespace, noRivals, renewedLease } from './lease-decision.js';
import { RepeatedTask } from '../queue/repeated-task.js';

/**
 * - `none`: not written yet;
 * - `held`: the last renewal succeeded;
 * - `failing`: the last renewal failed, to be tried again soon;
 * - `unavailable`: the cluster has no place for it or does not allow it; the node status is written often instead;
 * - `suspended`: not renewed on purpose, the backend has been out of reach for long.
 */
export type LeaseState = 'none' | 'held' | 'failing' | 'unavailable' | 'suspended';

export interface LeaseStatus {
  readonly state: LeaseState;
  /** When it was last renewed, in ms since the epoch. */
  readonly renewedAt: number | undefined;
  /** Another process renews the same lease: two nodes run under one name. */
  readonly rival: boolean;
}

export interface LeaseKeeperOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly durationSeconds: number;
  readonly renewIntervalMs: number;
  /** Told when the state changes. */
  onChange(status: LeaseStatus): void;
  /** Told of a renewal after a pause in which Kubernetes may have given the node up, or its lease been deleted. */
  onLapse(): void;
}

const retryBackoff: Backoff = { baseDelayMs: 200, maxDelayMs: 7_000, jitter: 0.2 };
const intervalJitter = 0.04;
const unavailableRetryMs = 60_000;

export class LeaseKeeper {
  readonly #api: KubeApi;
  readonly #name: string;
  readonly #options: LeaseKeeperOptions;
  readonly #task: RepeatedTask;
  #uid: string | undefined;
  #held: Lease | undefined;
  /** Renewals sent since the last answer: one of them may have arrived. */
  #unanswered: (string | undefined)[] = [];
  #rivals = noRivals;
  #spread = false;
  #toldUnavailable = false;
  #status: LeaseStatus = { state: 'none', renewedAt: undefined, rival: false };

  constructor(api: KubeApi, nodeName: string, options: LeaseKeeperOptions) {
    const { clock, random } = options;
    this.#api = api;
    this.#name = nodeName;
    this.#options = options;
    this.#task = new RepeatedTask((signal) => this.#step(signal), {
      clock,
      random,
      backoff: retryBackoff,
      onFailure: (error, attempt, delayMs) => {
        options.logger.warn({ attempt, delayMs, err: VkError.from(error) }, 'lease not renewed, to be tried again');
        this.#tell({ state: 'failing' });
      },
    });
  }

  get status(): LeaseStatus {
    return this.#status;
  }

  /** Says which node the lease belongs to. Begins to renew with the first; undefined: there is no node at present. */
  setOwner(uid: string | undefined): void {
    if (uid === this.#uid) return;
    this.#uid = uid;
    if (uid !== undefined) this.#task.poke();
  }

  /** Stops renewing, or begins anew. */
  setSuspended(suspended: boolean): void {
    if (suspended === (this.#status.state === 'suspended')) return;
    this.#tell({ state: suspended ? 'suspended' : 'none' });
    if (!suspended) this.#task.poke();
  }

  /** Stops renewing. The lease stays, and runs out. */
  stop(): Promise<void> {
    return this.#task.stop();
  }

  async #step(signal: AbortSignal): Promise<number | undefined> {
    const uid = this.#uid;
    if (uid === undefined || this.#status.state === 'suspended') return undefined;
    const { clock, random, renewIntervalMs, durationSeconds } = this.#options;
    try {
      await this.#renew(uid, signal);
    } catch (error) {
      if (!isLasting(error)) throw error;
      this.#unavailable(error);
      return unavailableRetryMs;
    }
    const now = clock.now();
    const { renewedAt } = this.#status;
    const sinceMs = renewedAt === undefined ? 0 : now - renewedAt;
    const lapsed = this.#task.failures > 0 || sinceMs < 0 || sinceMs > durationSeconds * 1_000;
    // Whoever called `setSuspended` meanwhile is not overruled.
    if (this.#suspended()) return undefined;
    this.#tell({ state: 'held', renewedAt: now });
    if (lapsed) this.#options.onLapse();
    return this.#pauseMs(renewIntervalMs, random);
  }

  #suspended(): boolean {
    return this.#status.state === 'suspended';
  }

  /** The second renewal comes early by chance, so that nodes that began together do not go on together. */
  #pauseMs(intervalMs: number, random: Random): number {
    if (this.#spread) return intervalMs * (1 + intervalJitter * random());
    this.#spread = true;
    return intervalMs * random();
  }

  async #renew(uid: string, signal: AbortSignal): Promise<void> {
    if (this.#held === undefined) this.#held = await this.#read(signal);
    let metRival = false;
    try {
      await this.#write(uid, signal);
    } catch (error) {
      if (!isAboutTheObject(error)) throw error;
      const found = await this.#read(signal);
      // It goes with its node: look whether that is still there.
      if (found === undefined && this.#held !== undefined) this.#options.onLapse();
      metRival = found !== undefined && this.#isForeign(found);
      this.#held = found;
      await this.#write(uid, signal);
    }
    this.#noteRival(metRival);
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      const at = { namespace: leaseNamespace, name: this.#name };
      return await this.#api.get(leases, at, { signal, deadlineMs: this.#options.renewIntervalMs });
    } catch (error) {
      if (hasCode(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #write(uid: string, signal: AbortSignal): Promise<void> {
    const { clock, durationSeconds, renewIntervalMs } = this.#options;
    const lease = renewedLease(this.#held, { name: this.#name, uid }, durationSeconds, clock.now());
    this.#unanswered = [...this.#unanswered.slice(-15), lease.spec?.renewTime];
    const options = { signal, deadlineMs: renewIntervalMs };
    const { metadata, spec } =
      this.#held === undefined
        ? await this.#api.create(leases, lease, options)
        : await this.#api.replace(leases, lease, options);
    const { managedFields: _, ...kept } = metadata;
    this.#held = { metadata: kept, ...(spec && { spec }) };
    this.#unanswered = [];
  }

  /** Whether somebody else renewed the lease since we last held it. */
  #isForeign(found: Lease): boolean {
    if (found.spec?.holderIdentity !== this.#name) return true;
    const ours = [this.#held?.spec?.renewTime, ...this.#unanswered];
    return this.#held !== undefined && !ours.includes(found.spec.renewTime);
  }

  #noteRival(metRival: boolean): void {
    const before = hasRival(this.#rivals);
    this.#rivals = afterRenewal(this.#rivals, metRival);
    const rival = hasRival(this.#rivals);
    if (rival === before) return;
    this.#tell({ rival });
    const fields = { lease: `${leaseNamespace}/${this.#name}` };
    if (rival) this.#options.logger.error(fields, 'another process runs a node of the same name: it renews our lease');
    else this.#options.logger.info(fields, 'no other process renews our lease any more');
  }

  #unavailable(error: unknown): void {
    this.#held = undefined;
    this.#tell({ state: 'unavailable' });
    if (this.#toldUnavailable) return;
    this.#toldUnavailable = true;
    const text = 'lease cannot be kept; the node status is written as often in its place';
    this.#options.logger.warn({ err: VkError.from(error) }, text);
  }

  #tell(change: Partial<LeaseStatus>): void {
    const before = this.#status;
    this.#status = { ...before, ...change };
    if (before.state !== this.#status.state || before.rival !== this.#status.rival)
      this.#options.onChange(this.#status);
  }
}

/**
 * The lease is not the one that was written last. A lease that is gone makes a Conflict too: leases may be made by PUT, so
 * what is missed is not the lease but the uid.
 */
function isAboutTheObject(error: unknown): boolean {
  return hasCode(error, 'Conflict') || hasCode(error, 'AlreadyExists') || hasCode(error, 'NotFound');
}

/** Not allowed, refused as invalid, or no namespace for it: trying again soon will not help. */
function isLasting(error: unknown): boolean {
  return hasCode(error, 'Forbidden') || hasCode(error, 'InvalidInput') || hasCode(error, 'NotFound');
}
