/**
 * Keeps what pods bring with them beside their records: takes hold of it when a pod is seen, judges it when something has
 * changed and the verdict matters, lets go of it with the pod. Neighbours: `inputs/pod-input-source.ts` (the watches),
 * `inputs/inputs-verdict.ts` (what is missing), `pod-call-decision.ts` (what a verdict leads to).
 */
import type { Pod } from '../../kube/types.js';
import type { EventSink } from '../events/event-sink.js';
import { isSameBlock, judgeEnvironment, type InputEvent } from '../inputs/inputs-verdict.js';
import { HeldInputs } from '../inputs/held-inputs.js';
import type { PodInputSource } from '../inputs/pod-input-source.js';
import { needsUpdate } from './pod-changes.js';
import { isLeaving, isTerminal, type PodRecord, type RecordInputs } from './pod-record.js';

export class PodInputsKeeper {
  readonly #source: PodInputSource;
  readonly #events: EventSink;
  readonly #isFollowed: boolean;
  readonly #changed: (record: PodRecord) => void;

  /** `isFollowed`: the provider takes changes while a pod runs. */
  constructor(parts: {
    readonly source: PodInputSource;
    readonly events: EventSink;
    readonly isFollowed: boolean;
    readonly changed: (record: PodRecord) => void;
  }) {
    this.#source = parts.source;
    this.#events = parts.events;
    this.#isFollowed = parts.isFollowed;
    this.#changed = parts.changed;
  }

  /** Takes the newest state of the record's pod. */
  follow(record: PodRecord): void {
    const { desired, inputs } = record;
    if (desired === undefined || isTerminal(desired.status)) this.drop(record);
    else if (inputs?.held.follow(desired)) inputs.isStale = true;
  }

  drop(record: PodRecord): void {
    record.inputs?.held.release();
    record.inputs = undefined;
  }

  /** Brings the verdict up to date, if anything may come of it. Answers whether it is another one now. */
  judge(record: PodRecord): boolean {
    const { desired, backend } = record;
    // Whether anything is to be started is known once the backend has been asked what it has.
    if (desired === undefined || isLeaving(record) || (backend !== 'absent' && backend !== 'present')) return false;
    const inputs = record.inputs ?? this.#take(record);
    if (!inputs?.isStale) return false;
    if (!inputs.held.isRead) {
      inputs.verdict = 'pending';
      return false;
    }
    if (backend === 'present') {
      // Containers that run keep the environment that they began with. It stays stale: if the backend loses the pod, what
      // has gone missing meanwhile counts.
      this.#judgeAdded(record, inputs, desired);
      return false;
    }
    inputs.isStale = false;
    const { block, events } = judgeEnvironment(inputs.held.environment());
    this.#tell(record, inputs, events);
    const { verdict } = inputs;
    if (verdict !== 'pending' && isSameBlock(verdict === 'ready' ? undefined : verdict, block)) return false;
    inputs.verdict = block ?? 'ready';
    return true;
  }

  /** The ephemeral containers that a running pod is to get. */
  #judgeAdded(record: PodRecord, inputs: RecordInputs, desired: Pod): void {
    const known = new Set(record.applied?.spec.ephemeralContainers?.map(({ name }) => name));
    const added = (desired.spec.ephemeralContainers ?? []).filter(({ name }) => !known.has(name));
    if (record.applied === undefined || added.length === 0) {
      inputs.verdict = 'ready';
      return;
    }
    const { problems, ...environment } = inputs.held.environment();
    const theirs = problems.filter((problem) => added.some(({ name }) => name === problem.container));
    const { block, events } = judgeEnvironment({ ...environment, problems: theirs });
    this.#tell(record, inputs, events);
    inputs.verdict = block ?? 'ready';
  }

  /** Of a pod that was found running nothing is needed before its provider is to be told something. */
  #take(record: PodRecord): RecordInputs | undefined {
    const { applied, backend, desired } = record;
    if (desired === undefined || isTerminal(desired.status)) return undefined;
    const runs = backend === 'present' && !this.#isFollowed;
    if (runs && (applied === undefined || !needsUpdate(applied, desired))) return undefined;
    const held = new HeldInputs(this.#source, desired, {
      environmentChanged: () => {
        if (record.inputs?.held !== held) return;
        record.inputs.isStale = true;
        if (record.backend !== 'present' || record.inputs.verdict !== 'ready') this.#changed(record);
      },
      volumesGiven: () => {
        if (record.inputs?.held === held) record.inputs.given = record.inputs.changes;
      },
      volumesChanged: () => {
        if (record.inputs?.held !== held) return;
        record.inputs.changes += 1;
        retryWhatWasMissing(record);
        this.#changed(record);
      },
      objectsGiven: () => {
        if (record.inputs?.held === held) record.inputs.lookedUp = record.inputs.lookups;
      },
      objectsChanged: () => {
        if (record.inputs?.held !== held) return;
        record.inputs.lookups += 1;
        if (retryWhatWasMissing(record)) this.#changed(record);
      },
    });
    const isFollowed = this.#isFollowed;
    return (record.inputs = {
      held,
      isFollowed,
      verdict: 'pending',
      isStale: true,
      changes: 0,
      given: 0,
      applied: undefined,
      lookups: 0,
      lookedUp: 0,
      told: '',
    });
  }

  /** Each problem once, until another takes its place. */
  #tell(record: PodRecord, inputs: RecordInputs, events: readonly InputEvent[]): void {
    const told = events.map(({ message }) => message).join('\n');
    if (told === inputs.told) return;
    inputs.told = told;
    for (const { type, reason, message } of events) this.#events.event(record.lastSeen, type, reason, message);
  }
}

/** What the last attempt lacked may be there now. Answers whether an attempt was waiting for it. */
function retryWhatWasMissing({ failures }: PodRecord): boolean {
  const waiting = (['create', 'update', 'inputs'] as const).filter((call) => failures[call]?.isMissingInputs);
  for (const call of waiting) delete failures[call];
  return waiting.length > 0;
}
