/** What a node's records tell its provider: see `NodePods`, which says what each answer means. */
import type { KubeApi } from '../../kube/api.js';
import type { ObjectSource } from '../../kube/object-source.js';
import type { Pod } from '../../kube/types.js';
import type { PodRef } from '../../provider/provider.js';
import type { NodePods, TrackedPod } from '../../provider/tracker/node-pods.js';
import type { EventSink, EventType } from '../events/event-sink.js';
import { fetchPod } from './pod-existence.js';
import { isLeaving, type PodRecord } from './pod-record.js';
import type { PodRecords } from './pod-records.js';

export interface NodePodsViewOptions {
  readonly records: PodRecords;
  readonly source: Pick<ObjectSource<Pod>, 'isFresh'>;
  readonly api: KubeApi;
  readonly events: EventSink;
  /** Whether what the backend had at start is in the records. */
  readonly isAdopted: () => boolean;
  /** Called when a claim ends: what the record needs is to be decided anew. */
  readonly changed: (record: PodRecord) => void;
}

export class NodePodsView implements NodePods {
  readonly #options: NodePodsViewOptions;

  constructor(options: NodePodsViewOptions) {
    this.#options = options;
  }

  *tracked(): Iterable<TrackedPod> {
    if (!this.#options.isAdopted()) return;
    for (const record of this.#options.records.values()) if (record.backend === 'present') yield trackedPod(record);
  }

  find(ref: PodRef): TrackedPod | undefined {
    const record = this.#options.isAdopted() ? this.#record(ref) : undefined;
    return record?.backend === 'present' ? trackedPod(record) : undefined;
  }

  isWanted(ref: PodRef): boolean | undefined {
    const { records, source, isAdopted } = this.#options;
    const isKnown =
      ref.uid === '' ? records.named(ref.namespace, ref.name).length > 0 : this.#record(ref) !== undefined;
    if (isKnown) return true;
    return isAdopted() && source.isFresh ? false : undefined;
  }

  async existsInKubernetes(ref: PodRef, signal: AbortSignal): Promise<boolean> {
    return (await fetchPod(this.#options.api, ref, signal)) !== undefined;
  }

  claim(ref: PodRef): (() => void) | undefined {
    const record = this.#record(ref);
    if (record === undefined || record.inFlight !== undefined) return undefined;
    record.inFlight = { call: 'verify', gracePeriodSeconds: undefined, abort: new AbortController() };
    return () => {
      record.inFlight = undefined;
      this.#options.changed(record);
    };
  }

  event(ref: PodRef, type: EventType, reason: string, message: string): void {
    const record = this.#record(ref);
    if (record) this.#options.events.event(record.lastSeen, type, reason, message);
  }

  #record(ref: PodRef): PodRecord | undefined {
    return this.#options.records.get(ref.uid);
  }
}

function trackedPod(record: PodRecord): TrackedPod {
  return {
    pod: record.lastSeen,
    lastStatus: record.reported,
    deleted: isLeaving(record) || record.deleted !== undefined || record.evicted !== undefined,
    createdAt: record.createdAt ?? 0,
  };
}
