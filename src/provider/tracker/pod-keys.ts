/** What pods of a backend are told apart by, and read from its answers as. Pure. */
import type { PodRef } from '../pod-ref.js';

/** What a pod is known by: its uid, or without one its name. */
export function keyOf({ uid, namespace, name }: PodRef): string {
  return uid === '' ? `${namespace}/${name}` : uid;
}

/** The pod that an entry of a list is about, or undefined if it names none. */
export function readRef(entry: unknown): PodRef | undefined {
  if (!isRecord(entry) || !isRecord(entry['ref'])) return undefined;
  const { namespace, name, uid = '' } = entry['ref'];
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof uid !== 'string') return undefined;
  return namespace === '' || name === '' ? undefined : { namespace, name, uid };
}

/** An object that is no list: what a status, or an entry of a list, has to be at least. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
