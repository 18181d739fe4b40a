/**
 * Which pods of the backend nobody wants any more. Pure, and careful: a pod counts as dangling only after it was seen
 * without a counterpart in Kubernetes several times over a while, and few are taken at a time. (Known disaster of such
 * clean-ups: the node object was deleted, the list of pods came back empty, and everything was deleted.) Even then the
 * apiserver itself is asked about each before its backend is touched: see `confirm` in `pod-call-decision.ts`.
 */
import type { Pod } from '../../kube/types.js';

export interface DanglingRules {
  /** How often a pod must have been seen without a counterpart, in sweeps one after another. */
  readonly sightings: number;
  /** How long ago the first of these must be, in ms. */
  readonly minAgeMs: number;
  /** How many pods one sweep may give up. The others wait for the next. */
  readonly maxPerSweep: number;
}

export interface Sighting {
  readonly pod: Pod;
  readonly count: number;
  readonly firstAt: number;
}

export interface SweepResult {
  /** To be remembered for the next sweep, by uid or name. */
  readonly sightings: ReadonlyMap<string, Sighting>;
  readonly dangling: readonly Pod[];
}

/** `unclaimed`: the backend's pods that no record stands for, from a complete list, while the cache was fresh. */
export function sweep(
  unclaimed: readonly Pod[],
  before: ReadonlyMap<string, Sighting>,
  rules: DanglingRules,
  now: number,
): SweepResult {
  const sightings = new Map<string, Sighting>();
  const dangling: Pod[] = [];
  for (const pod of unclaimed) {
    const key = pod.metadata.uid ?? `${pod.metadata.namespace ?? ''}/${pod.metadata.name ?? ''}`;
    const previous = before.get(key);
    const sighting = { pod, count: (previous?.count ?? 0) + 1, firstAt: previous?.firstAt ?? now };
    const due = sighting.count >= rules.sightings && now - sighting.firstAt >= rules.minAgeMs;
    if (due && dangling.length < rules.maxPerSweep) dangling.push(pod);
    else sightings.set(key, sighting);
  }
  return { sightings, dangling };
}
