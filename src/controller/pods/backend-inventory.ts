/**
 * Brings the backend's own list of pods and the records together: at start, to adopt what runs, and now and then, to find
 * what should not be there. Neighbours: `dangling-pods.ts` (what may be given up), `pod-controller.ts` (acts on it).
 */
import type { Pod, PodStatus } from '../../kube/types.js';
import { clonePod } from '../../provider/clone-pod.js';
import { podRef } from '../../provider/provider.js';
import { sweep, type DanglingRules, type Sighting } from '../../provider/tracker/dangling-pods.js';
import { adoptedState } from './pod-changes.js';
import { takeEviction, takeReport } from './pod-observation.js';
import type { PodRecord } from './pod-record.js';
import type { PodRecords } from './pod-records.js';
import { readStatus } from './provider-answers.js';

export class BackendInventory {
  readonly #records: PodRecords;
  readonly #rules: DanglingRules;
  #sightings: ReadonlyMap<string, Sighting<Pod>> = new Map();

  constructor(records: PodRecords, rules: DanglingRules) {
    this.#records = records;
    this.#rules = rules;
  }

  /** Notes in the records what the backend was found to have, when nothing has been asked of it yet. */
  adopt(listed: readonly Pod[]): void {
    for (const pod of listed) {
      const record = this.#records.find(pod);
      if (record?.desired === undefined) continue;
      record.backend = 'present';
      record.applied = adoptedState(clonePod(pod), record.desired);
      takeEviction(record, pod.metadata);
      // What was reported meanwhile is newer than the list.
      const status = record.reported === undefined ? statusOf(pod) : undefined;
      if (status?.phase !== undefined) takeReport(record, status);
    }
  }

  /**
   * Records for pods that the backend has and Kubernetes should not: at once for one whose name is another uid's by now,
   * after several sightings for one that Kubernetes does not know at all. `listed` must be complete and the cache fresh.
   */
  claimUnwanted(listed: readonly Pod[], now: number): PodRecord[] {
    const unclaimed: [string, Pod][] = [];
    const claimed: PodRecord[] = [];
    for (const pod of listed) {
      const { namespace, name, uid } = podRef(pod);
      if (namespace === '' || name === '' || this.#records.find(pod) !== undefined) continue;
      const successors = this.#records.named(namespace, name);
      if (successors.length === 0) unclaimed.push([uid || `${namespace}/${name}`, pod]);
      else if (uid !== '') claimed.push(this.#claim(pod, 'certain'));
    }
    const { sightings, dangling } = sweep(unclaimed, this.#sightings, this.#rules, now);
    this.#sightings = sightings;
    for (const pod of dangling) {
      // A list may name a pod twice.
      if (this.#records.find(pod) === undefined) claimed.push(this.#claim(pod, 'inferred'));
    }
    return claimed;
  }

  /**
   * Records for pods of the backend that were found under the name of `pod`, which has just appeared: they are of another
   * uid, so their name is no longer theirs, and `pod` has to wait for it.
   */
  claimPredecessors(pod: Pod): PodRecord[] {
    const { namespace, name, uid } = podRef(pod);
    const claimed: PodRecord[] = [];
    for (const { pod: found } of this.#sightings.values()) {
      const ref = podRef(found);
      if (ref.namespace !== namespace || ref.name !== name || ref.uid === '' || ref.uid === uid) continue;
      if (this.#records.get(ref.uid) === undefined) claimed.push(this.#claim(found, 'certain'));
    }
    return claimed;
  }

  #claim(pod: Pod, disappearance: 'certain' | 'inferred'): PodRecord {
    const record = this.#records.add(pod, 'present');
    record.disappearance = disappearance;
    return record;
  }
}

/** The status of a listed pod, unless it cannot be read: then the next report, or a look at the pod itself, tells. */
function statusOf(pod: Pod): PodStatus | undefined {
  try {
    return readStatus(pod.status);
  } catch {
    return undefined;
  }
}
