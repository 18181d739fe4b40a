/**
 * Makes one provider call for one pod and notes in its record what came of it. Decides nothing: which call is due is
 * `pod-call-decision.ts`'s to say, what an answer means is `pod-observation.ts`'s.
 */
import type { KubeApi } from '../../kube/api.js';
import type { Pod, PodStatus } from '../../kube/types.js';
import { clonePod } from '../../provider/clone-pod.js';
import { podWithEnvironment } from '../../provider/environment/pod-with-environment.js';
import { MissingInputsError } from '../../provider/inputs/missing-inputs.js';
import type { PodContext } from '../../provider/inputs/pod-inputs.js';
import type { CallContext, Provider } from '../../provider/provider.js';
import type { Clock, Random } from '../../runtime/clock.js';
import { hasCode, VkError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { backoffDelayMs, retryOf, type Backoff } from '../../runtime/backoff.js';
import type { EventSink } from '../events/event-sink.js';
import type { PodCall } from './pod-call-decision.js';
import { fetchPod } from './pod-existence.js';
import { podLogger } from '../../provider/pod-logger.js';
import { takeAbsence, takeObject, takeReport } from './pod-observation.js';
import type { CallType, PodRecord, RecordInputs } from './pod-record.js';
import { readStatus } from './provider-answers.js';

export interface PodCallerOptions {
  readonly provider: Provider;
  readonly api: KubeApi;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Delays between the attempts of a call that fails. */
  readonly backoff: Backoff;
}

/** What is done for a pod by a call, as opposed to deciding that there is nothing to do. */
export type DueCall = Exclude<PodCall, { type: 'none' | 'wait' | 'forget' }>;

/** Longest part of a provider's error message that goes into a status, a log line or an Event. */
const longestMessage = 1024;

/** How long a pod whose volumes lack something waits for the news of it, which comes by a watch. */
const missingInputsMs = 300_000;

const eventReasons = {
  create: 'ProviderCreate',
  update: 'ProviderUpdate',
  inputs: 'ProviderUpdate',
  delete: 'ProviderDelete',
} as const;

export class PodCaller {
  readonly #options: PodCallerOptions;

  constructor(options: PodCallerOptions) {
    this.#options = options;
  }

  /** Never rejects: a failure is in the record, with the time of the next attempt. */
  async call(record: PodRecord, call: DueCall): Promise<void> {
    const abort = new AbortController();
    const gracePeriodSeconds = call.type === 'delete' ? call.gracePeriodSeconds : undefined;
    record.inFlight = { call: call.type, gracePeriodSeconds, abort };
    const { inputs } = record;
    if (inputs !== undefined) {
      inputs.given = inputs.changes;
      inputs.lookedUp = inputs.lookups;
    }
    const context: CallContext = { signal: abort.signal, logger: podLogger(this.#options.logger, record.ref) };
    try {
      await this.#perform(record, call, context);
      delete record.failures[call.type];
    } catch (error) {
      this.#failed(record, call.type, error, abort.signal.aborted);
    } finally {
      record.inFlight = undefined;
    }
  }

  async #perform(record: PodRecord, call: DueCall, context: CallContext): Promise<void> {
    const { provider, clock } = this.#options;
    switch (call.type) {
      case 'create':
        // Before the call: what it makes the provider report tells of this state of the pod.
        record.applied = call.pod;
        // An attempt whose answer is lost may have worked.
        record.createdAt = clock.now();
        await provider.createPod(this.#podFor(record, call.pod), withInputs(context, record));
        inputsApplied(record);
        record.createdAt = clock.now();
        if (record.backend !== 'ended') record.backend = 'present';
        this.#event(record, 'Normal', 'ProviderCreateSuccess', 'Created the pod in the provider');
        return;
      case 'update':
        await provider.updatePod(this.#podFor(record, call.pod), withInputs(context, record));
        record.applied = call.pod;
        this.#event(record, 'Normal', 'ProviderUpdateSuccess', 'Updated the pod in the provider');
        return;
      case 'inputs':
        await provider.updatePodInputs?.(this.#podFor(record, call.pod), withInputs(context, record));
        inputsApplied(record);
        return;
      case 'delete': {
        const { gracePeriodSeconds } = call;
        const known = await found(() => provider.deletePod(clonePod(call.pod), { ...context, gracePeriodSeconds }));
        record.deleted = { gracePeriodSeconds, at: clock.now(), checks: 0 };
        if (!known) takeAbsence(record, clock.now());
        this.#event(record, 'Normal', 'ProviderDeleteSuccess', 'Deleted the pod in the provider');
        return;
      }
      case 'verify': {
        const status = await this.#fetchStatus(record, context);
        if (record.deleted) record.deleted = { ...record.deleted, checks: record.deleted.checks + 1 };
        if (status === undefined) {
          takeAbsence(record, clock.now());
          return;
        }
        takeReport(record, status);
        return;
      }
      case 'confirm':
        await this.#confirm(record, context);
    }
  }

  /** The provider's own copy, with the values of its variables where these are prepared. */
  #podFor({ inputs }: PodRecord, pod: Pod): Pod {
    return inputs === undefined ? clonePod(pod) : podWithEnvironment(pod, inputs.held.environment());
  }

  async #fetchStatus(record: PodRecord, context: CallContext): Promise<PodStatus | undefined> {
    let status: unknown;
    await found(async () => {
      status = await this.#options.provider.getPodStatus(record.ref, context);
    });
    return status === undefined || status === null ? undefined : readStatus(status);
  }

  /** Asks the server itself, not a cache, whether a pod that a list lacked is really gone. */
  async #confirm(record: PodRecord, context: CallContext): Promise<void> {
    const pod = await fetchPod(this.#options.api, record.ref, context.signal);
    if (pod === undefined) {
      record.disappearance = 'certain';
    } else if (record.ref.uid === '') {
      // The backend does not say whose pod it is; as Kubernetes has one of that name, it is not ours to take away.
      record.backend = 'absent';
    } else {
      takeObject(record, pod);
    }
  }

  #failed(record: PodRecord, call: CallType, error: unknown, aborted: boolean): void {
    const { clock, random, backoff, logger } = this.#options;
    if (call === 'create' && record.backend !== 'ended') record.backend = 'uncertain';
    if (aborted) return;
    const attempts = (record.failures[call]?.attempts ?? 0) + 1;
    const isMissingInputs = error instanceof MissingInputsError;
    const isNews = record.inputs !== undefined && hasNews(record.inputs);
    const retry = isMissingInputs ? (isNews ? 0 : missingInputsMs) : retryOf(error);
    const delayMs = isFinal(record, call, retry)
      ? undefined
      : typeof retry === 'number'
        ? retry
        : backoffDelayMs(attempts, backoff, random);
    const message = VkError.from(error).message.slice(0, longestMessage);
    const outlook =
      delayMs === undefined ? 'not tried again' : `attempt ${attempts}, next in ${Math.ceil(delayMs / 1000)} s`;
    record.failures[call] = {
      message: `${message} (${outlook})`,
      attempts,
      retryAt: delayMs === undefined ? undefined : clock.now() + delayMs,
      isMissingInputs,
    };
    logger.warn(
      { pod: `${record.ref.namespace}/${record.ref.name}`, uid: record.ref.uid, call, attempt: attempts, err: error },
      'provider call failed',
    );
    if (isMissingInputs) {
      this.#event(record, 'Warning', error.reason, message);
    } else if (call in eventReasons) {
      const reason = `${eventReasons[call as keyof typeof eventReasons]}Failed`;
      this.#event(record, 'Warning', reason, message);
    }
  }

  #event(record: PodRecord, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#options.events.event(record.lastSeen, type, reason, message);
  }
}

/**
 * Whether a failure ends the attempts. Only of a create or an update: what is to be deleted or looked at has to be, some
 * day. A pod that is never to be restarted fails with its first create, as virtual-kubelet has it (upstream section 2),
 * unless the error says when to come back.
 */
function isFinal(record: PodRecord, call: CallType, retry: false | number | undefined): boolean {
  if (call !== 'create' && call !== 'update') return false;
  if (retry === false) return true;
  return call === 'create' && retry === undefined && record.desired?.spec.restartPolicy === 'Never';
}

function inputsApplied({ inputs }: PodRecord): void {
  if (inputs !== undefined) inputs.applied = inputs.given;
}

/** Whether something has changed since the provider last asked, or since its call began. */
function hasNews({ changes, given, lookups, lookedUp }: RecordInputs): boolean {
  return changes !== given || lookups !== lookedUp;
}

function withInputs(context: CallContext, { inputs }: PodRecord): PodContext {
  return inputs === undefined ? context : { ...context, inputs: inputs.held };
}

/** Whether what `call` is about was found: false if it rejected with code `NotFound`. */
async function found(call: () => Promise<void>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (hasCode(error, 'NotFound')) return false;
    throw error;
  }
}
