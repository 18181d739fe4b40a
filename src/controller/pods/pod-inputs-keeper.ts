/**
 * Keeps what pods bring with them beside their records: takes hold of it when a pod is seen, judges it when something has
 * changed and the verdict matters, lets go of it with the pod. Neighbours: `inputs/pod-input-source.ts` (the watches),
 * `inputs/inputs-verdict.ts` (what is missing), `pod-call-decision.ts` (what a verdict leads to).
 */
import type { EventSink } from '../events/event-sink.js';
import { isSameBlock, judgeEnvironment, type InputEvent } from '../inputs/inputs-verdict.js';
import { HeldInputs } from '../inputs/held-inputs.js';
import type { PodInputSource } from '../inputs/pod-input-source.js';
import { needsUpdate } from './pod-changes.js';
import { isTerminal, type PodRecord, type RecordInputs } from './pod-record.js';

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
    else if (inputs !== undefined) {
      inputs.isStale = true;
      inputs.held.follow(desired);
    }
  }

  drop(record: PodRecord): void {
    record.inputs?.held.release();
    record.inputs = undefined;
  }

  /** Brings the verdict up to date, if anything may come of it. Answers whether it is another one now. */
  judge(record: PodRecord): boolean {
    const inputs = record.inputs ?? this.#take(record);
    if (!inputs?.isStale || !inputs.held.isRead) return false;
    inputs.isStale = false;
    if (record.backend === 'present') {
      // A pod that runs keeps the environment that it began with.
      inputs.verdict = 'ready';
      return false;
    }
    const { block, events } = judgeEnvironment(inputs.held.environment());
    this.#tell(record, inputs, events);
    const { verdict } = inputs;
    if (verdict !== 'pending' && isSameBlock(verdict === 'ready' ? undefined : verdict, block)) return false;
    inputs.verdict = block ?? 'ready';
    return true;
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
        if (record.backend !== 'present' || record.inputs.verdict === 'pending') this.#changed(record);
      },
      volumesGiven: () => {
        if (record.inputs?.held === held) record.inputs.given = record.inputs.changes;
      },
      volumesChanged: () => {
        if (record.inputs?.held !== held) return;
        record.inputs.changes += 1;
        // What the last attempt lacked may be there now.
        if (record.failures.create?.isMissingInputs) delete record.failures.create;
        if (record.failures.inputs?.isMissingInputs) delete record.failures.inputs;
        this.#changed(record);
      },
    });
    const isFollowed = this.#isFollowed;
    return (record.inputs = {
      held,
      isFollowed,
      verdict: 'pending',
      isStale: true,
      changes: 0,
      given: undefined,
      applied: undefined,
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
