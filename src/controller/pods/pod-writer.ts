/**
 * Makes one API write for one pod and notes in its record what came of it. Decides nothing: which write is due is
 * `pod-write-decision.ts`'s to say. A failed write rejects, and the queue tries again.
 */
import { ApiError } from '../../kube/api-error.js';
import type { KubeApi } from '../../kube/api.js';
import { pods } from '../../kube/resources.js';
import type { Clock } from '../../runtime/clock.js';
import { hasCode, VkError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { takeObject } from './pod-observation.js';
import type { PodRecord } from './pod-record.js';
import type { PodWrite } from './pod-write-decision.js';

export type DueWrite = Exclude<PodWrite, { type: 'none' | 'wait' }>;

/** Pause after a write that met no such pod. The watch is about to say so; if it does not, the answer was a proxy's. */
const mootPauseMs = 5_000;
/** Pause after a write that the server calls invalid. It stays so, unless the server or what is in its way is changed. */
const refusedPauseMs = 300_000;
/** Longest part of a refusal that goes into a status. */
const longestMessage = 1024;

export class PodWriter {
  readonly #api: KubeApi;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(api: KubeApi, clock: Clock, logger: Logger) {
    this.#api = api;
    this.#clock = clock;
    this.#logger = logger;
  }

  async write(record: PodRecord, write: DueWrite, signal: AbortSignal): Promise<void> {
    try {
      await this.#perform(record, write, signal);
    } catch (error) {
      if (isMoot(error, write)) throw again(error, mootPauseMs);
      if (!hasCode(error, 'InvalidInput') && !hasCode(error, 'Forbidden')) throw error;
      const { namespace, name, uid } = record.ref;
      this.#logger.warn(
        { pod: `${namespace}/${name}`, uid, write: write.type, err: error },
        'apiserver refused a write of a pod',
      );
      if (hasCode(error, 'Forbidden')) throw error;
      if (write.type !== 'status') throw again(error, refusedPauseMs);
      this.#refused(record, write, VkError.from(error).message);
    }
  }

  async #perform(record: PodRecord, write: DueWrite, signal: AbortSignal): Promise<void> {
    const { ref } = record;
    switch (write.type) {
      case 'status': {
        const pod = await this.#api.patch(pods, ref, 'strategic', write.patch, { subresource: 'status', signal });
        delete pod.metadata.managedFields;
        const { cause, generation } = write;
        const repairs = write.repair ? (record.sent?.repairs ?? 0) + 1 : 0;
        record.sent = { cause, generation, result: pod.status, repairs, at: this.#clock.now() };
        if (cause === write.refusable) record.refused = undefined;
        takeObject(record, pod);
        return;
      }
      case 'finalise':
        await this.#api.delete(pods, ref, { gracePeriodSeconds: 0, uid: ref.uid, signal });
        record.finalised = true;
        return;
      case 'evict':
        await this.#api.delete(pods, ref, { uid: ref.uid, gracePeriodSeconds: write.gracePeriodSeconds, signal });
        if (record.evicted) record.evicted = { ...record.evicted, sent: true };
    }
  }

  #refused(record: PodRecord, write: DueWrite & { type: 'status' }, reason: string): void {
    record.refused = {
      cause: write.refusable,
      message: reason.slice(0, longestMessage),
      until: this.#clock.now() + refusedPauseMs,
      least: write.cause !== write.refusable,
    };
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

/** The same error, to be taken up again after a pause and not sooner. */
function again(error: unknown, afterMs: number): VkError {
  const { code, message } = VkError.from(error);
  return new VkError(code, message, { cause: error, retry: { afterMs } });
}
