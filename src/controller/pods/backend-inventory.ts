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
  /** What the newest list had and nobody stood for then, by key. */
  #unclaimed: ReadonlyMap<string, Pod> = new Map();
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
   * Notes in the record of a pod that has just appeared that the backend had it when nobody stood for it yet. How it fares
   * by now has to be asked.
   */
  adoptUnclaimed(record: PodRecord): void {
    const pod = this.#unclaimed.get(record.key);
    if (pod === undefined || record.desired === undefined) return;
    record.backend = 'unknown';
    record.applied = adoptedState(clonePod(pod), record.desired);
  }

  /**
   * Records for pods that the backend has and Kubernetes seems not to: at once for one whose name is another uid's, after
   * several sightings for one that Kubernetes does not know at all. `listed` must be complete. While the cache is not fresh
   * it is not known which of two uids is the newer, and that a pod is missing from it means nothing: it is no sighting.
   */
  claimUnwanted(listed: readonly Pod[], isFresh: boolean, now: number): PodRecord[] {
    const unclaimed = new Map<string, Pod>();
    const claimed: PodRecord[] = [];
    for (const pod of listed) {
      const { namespace, name, uid } = podRef(pod);
      if (namespace === '' || name === '' || this.#records.find(pod) !== undefined) continue;
      if (this.#records.named(namespace, name).length === 0) unclaimed.set(uid || `${namespace}/${name}`, pod);
      else if (uid !== '') claimed.push(this.#claim(pod));
    }
    this.#unclaimed = unclaimed;
    if (!isFresh) return claimed;
    const { sightings, dangling } = sweep(unclaimed, this.#sightings, this.#rules, now);
    this.#sightings = sightings;
    return [...claimed, ...dangling.map((pod) => this.#claim(pod))];
  }

  /** Records for pods that the backend was found to have under the name of `pod`, which has just appeared and has to wait. */
  claimPredecessors(pod: Pod): PodRecord[] {
    const { namespace, name, uid } = podRef(pod);
    const claimed: PodRecord[] = [];
    for (const found of this.#unclaimed.values()) {
      const ref = podRef(found);
      if (ref.namespace !== namespace || ref.name !== name || ref.uid === '' || ref.uid === uid) continue;
      if (this.#records.get(ref.uid) === undefined) claimed.push(this.#claim(found));
    }
    return claimed;
  }

  /** Kubernetes itself is asked before anything is taken from the backend. */
  #claim(pod: Pod): PodRecord {
    const record = this.#records.add(pod, 'present');
    record.disappearance = 'inferred';
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
