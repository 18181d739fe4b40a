/**
 * Makes one API write for one pod and notes in its record what came of it. Decides nothing: which write is due is
 * `pod-write-decision.ts`'s to say. A failed write rejects, and the queue tries again.
 */
import { ApiError } from '../kube/api-error.js';
import type { KubeApi } from '../kube/api.js';
import { pods } from '../kube/resources.js';
import type { Pod } from '../kube/types.js';
import type { Clock } from '../runtime/clock.js';
import { hasCode } from '../runtime/errors.js';
import { takeObject } from './pod-observation.js';
import type { PodRecord } from './pod-record.js';
import type { PodWrite } from './pod-write-decision.js';

export type DueWrite = Exclude<PodWrite, { type: 'none' | 'wait' }>;

export class PodWriter {
  readonly #api: KubeApi;
  readonly #clock: Clock;

  constructor(api: KubeApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** Answers whether the server took the write: it does not if the pod has gone meanwhile. */
  async write(record: PodRecord, write: DueWrite, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#perform(record, write, signal);
      return true;
    } catch (error) {
      // The object is gone, or another pod has its name. The watch is about to say so; until then there is nothing to do.
      if (!isMoot(error, write)) throw error;
      this.#moot(record, write);
      return false;
    }
  }

  async #perform(record: PodRecord, write: DueWrite, signal: AbortSignal): Promise<void> {
    const { ref } = record;
    switch (write.type) {
      case 'status': {
        const pod = await this.#api.patch(pods, ref, 'strategic', write.patch, { subresource: 'status', signal });
        delete pod.metadata.managedFields;
        this.#sent(record, write, pod);
        takeObject(record, pod);
        return;
      }
      case 'finalise':
        await this.#api.delete(pods, ref, { gracePeriodSeconds: 0, uid: ref.uid, signal });
        record.finalised = true;
        return;
      case 'evict':
        await this.#api.delete(pods, ref, { uid: ref.uid, gracePeriodSeconds: write.gracePeriodSeconds, signal });
        this.#moot(record, write);
    }
  }

  #sent(record: PodRecord, write: DueWrite & { type: 'status' }, pod: Pod | undefined): void {
    const repairs = write.repair ? (record.sent?.repairs ?? 0) + 1 : 0;
    const result = pod?.status ?? record.desired?.status;
    record.sent = { cause: write.cause, generation: write.generation, result, repairs, at: this.#clock.now() };
  }

  /** Nothing more is to be written of this kind, as things stand. */
  #moot(record: PodRecord, write: DueWrite): void {
    if (write.type === 'status') this.#sent(record, write, undefined);
    else if (write.type === 'finalise') record.finalised = true;
    else if (record.evicted) record.evicted = { ...record.evicted, sent: true };
  }
}

/**
 * The pod is gone, or its name is another's: a delete with the uid of a predecessor is a Conflict, a patch with it is
 * `Invalid`, taken for a change of an immutable field (seen with Kubernetes 1.36). A patch that is a Conflict met other
 * writers, and is to be tried again.
 */
function isMoot(error: unknown, write: DueWrite): boolean {
  if (hasCode(error, 'NotFound')) return true;
  if (write.type !== 'status') return hasCode(error, 'Conflict');
  if (!(error instanceof ApiError)) return false;
  return error.status.details?.causes?.some((cause) => cause.field === 'metadata.uid') ?? false;
}
