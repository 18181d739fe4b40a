/**
 * Which pods of the backend nobody wants any more. Pure, and careful: a pod counts as dangling only after it was seen
 * without a counterpart in Kubernetes several times over a while, and few are taken at a time. (Known disaster of such
 * clean-ups: the node object was deleted, the list of pods came back empty, and everything was deleted.) Even then the
 * apiserver itself is asked about each before its backend is touched.
 *
 * Two sweep by these rules: a `PodsTracker` (`dangling-cleaner.ts`), and a `PodController` (`backend-inventory.ts`).
 */

export interface DanglingRules {
  /** How often a pod must have been seen without a counterpart, in sweeps one after another. */
  readonly sightings: number;
  /** How long ago the first of these must be, in ms. */
  readonly minAgeMs: number;
  /** How many pods one sweep may give up. The others wait for the next. */
  readonly maxPerSweep: number;
}

export interface Sighting<Seen> {
  readonly pod: Seen;
  readonly count: number;
  readonly firstAt: number;
}

export interface SweepResult<Seen> {
  /** To be remembered for the next sweep, by the pod's key. */
  readonly sightings: ReadonlyMap<string, Sighting<Seen>>;
  readonly dangling: readonly Seen[];
}

/** `unclaimed`: by key the backend's pods that nobody stands for, from a complete list, while the cache was fresh. */
export function sweep<Seen>(
  unclaimed: Iterable<readonly [key: string, pod: Seen]>,
  before: ReadonlyMap<string, Sighting<Seen>>,
  rules: DanglingRules,
  now: number,
): SweepResult<Seen> {
  const sightings = new Map<string, Sighting<Seen>>();
  const dangling: Seen[] = [];
  for (const [key, pod] of unclaimed) {
    const previous = before.get(key);
    const sighting = { pod, count: (previous?.count ?? 0) + 1, firstAt: previous?.firstAt ?? now };
    const due = sighting.count >= rules.sightings && now - sighting.firstAt >= rules.minAgeMs;
    if (due && dangling.length < rules.maxPerSweep) dangling.push(pod);
    else sightings.set(key, sighting);
  }
  return { sightings, dangling };
}

/**
 * Whether to doubt that they are: when nobody stands for most of what the backend has, it is more likely that the wrong
 * cluster was asked, or one without its memory, than that so many pods were left behind.
 */
export function isSuspicious(unclaimed: number, wanted: number): boolean {
  return unclaimed > wanted;
}
