/** The records of all pods, by uid and by name. */
import { newRecord, type BackendState, type PodRecord } from './pod-record.js';
import { podRef } from '../../provider/provider.js';
import type { Pod } from '../../kube/types.js';

export class PodRecords {
  readonly #byKey = new Map<string, PodRecord>();
  /** Several records share a name while an old pod is leaving the backend and the new one waits. */
  readonly #byName = new Map<string, PodRecord[]>();

  get size(): number {
    return this.#byKey.size;
  }

  values(): IterableIterator<PodRecord> {
    return this.#byKey.values();
  }

  get(key: string): PodRecord | undefined {
    return this.#byKey.get(key);
  }

  /** The record that a provider means by `pod`: by its uid, or without one by its name if that is unambiguous. */
  find(pod: Pod): PodRecord | undefined {
    const { uid, namespace, name } = podRef(pod);
    if (uid !== '') return this.#byKey.get(uid);
    const records = this.named(namespace, name);
    return records.length === 1 ? records[0] : undefined;
  }

  named(namespace: string, name: string): readonly PodRecord[] {
    return this.#byName.get(`${namespace}/${name}`) ?? [];
  }

  add(pod: Pod, backend: BackendState): PodRecord {
    const ref = podRef(pod);
    const record = newRecord(ref, pod, backend);
    this.#byKey.set(record.key, record);
    const name = `${ref.namespace}/${ref.name}`;
    this.#byName.set(name, [...(this.#byName.get(name) ?? []), record]);
    return record;
  }

  /** Drops the record and answers those of the same name, which may have waited for it to go. */
  remove(record: PodRecord): readonly PodRecord[] {
    const { namespace, name } = record.ref;
    this.#byKey.delete(record.key);
    const key = `${namespace}/${name}`;
    const others = (this.#byName.get(key) ?? []).filter((other) => other !== record);
    if (others.length === 0) this.#byName.delete(key);
    else this.#byName.set(key, others);
    return others;
  }

  /** Whether a pod of the same name, other than `record`'s and without an API object, is still in the backend. */
  isBlocked(record: PodRecord): boolean {
    const { namespace, name } = record.ref;
    return this.named(namespace, name).some((other) => other !== record && other.desired === undefined);
  }
}
