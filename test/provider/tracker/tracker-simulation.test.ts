/**
 * A PodsTracker and a hostile backend, over hours of a simulated clock: calls fail, hang, are throttled, lists lack pods or
 * are empty, pods come and go and vanish behind our back, Kubernetes is away now and then, the time of day is set.
 */
import { describe, expect, it } from 'vitest';
import { type Random, randomOf } from '../../../bench/soak/seeded.js';
import type { PodStatus } from '../../../src/kube/types.js';
import { VkError } from '../../../src/runtime/errors.js';
import { refOf, runningStatus, TrackerScene } from './tracker-scene.js';

const minute = 60_000;
const concurrency = 4;

/** A status that says when it was taken: later ones have higher numbers. */
function numbered(name: string, version: number): PodStatus {
  return { ...runningStatus(refOf(name)), message: String(version) };
}

class Simulation {
  readonly random: Random;
  readonly scene: TrackerScene;
  readonly violations: string[] = [];
  /** Which calls run, as far as the tracker waits for them. */
  readonly running = new Set<AbortSignal>();
  hostility = 1;
  #version = 0;
  #pods = 0;

  constructor(seed: number) {
    this.random = randomOf(seed);
    this.scene = new TrackerScene({ random: this.random, concurrency });
    const { backend, node } = this.scene;
    if (this.chance(0.5)) backend.withBulk();
    if (this.chance(0.5)) backend.withEvents();
    backend.before = (method, name, signal) => this.call(method, name, signal);
    backend.list = () => this.listed();
    const notify = node.notify;
    Object.assign(node, {
      notify: (pod: Parameters<typeof notify>[0]) => {
        const [before, after] = [node.status(pod.metadata.name ?? ''), pod.status];
        if (Number(after?.message) < Number(before?.message)) this.violations.push(`${pod.metadata.name} went back`);
        notify(pod);
      },
    });
  }

  chance(probability: number): boolean {
    return this.random() < probability * this.hostility;
  }

  async call(method: string, name: string, signal: AbortSignal): Promise<void> {
    this.running.add(signal);
    if (this.running.size > concurrency + 2) this.violations.push(`${this.running.size} calls at once`);
    if (method === 'cleanupPod' && this.scene.node.pods.has(refOf(name).uid))
      this.violations.push(`${name} cleaned up`);
    signal.addEventListener('abort', () => this.running.delete(signal));
    try {
      if (this.chance(0.1)) throw new VkError('Internal', 'cloud: failed');
      if (this.chance(0.02)) throw new VkError('TooManyRequests', 'cloud: slow down', { retry: { afterMs: 30_000 } });
      if (this.chance(0.02))
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('hung'))));
      if (this.chance(0.2)) await this.scene.clock.sleep(this.random() * 20_000);
      if (this.chance(0.05)) throw new VkError('NotFound', 'cloud: not for now');
    } finally {
      this.running.delete(signal);
    }
  }

  listed() {
    const { backend } = this.scene;
    const uids = [...backend.statuses.keys()];
    if (this.chance(0.1)) return [];
    const seen = this.chance(0.2) ? uids.filter(() => this.random() < 0.5) : uids;
    return seen.map((uid) => backend.active(uid));
  }

  /** Something happens to a pod, to Kubernetes or to the clock. */
  step(): void {
    const { node, backend, clock, tracker } = this.scene;
    const names = [...node.pods.values()].map(({ pod }) => pod.metadata.name ?? '');
    const name = names[Math.floor(this.random() * names.length)];
    if (name !== undefined && this.random() < 0.1) tracker.look(refOf(name));
    const dice = this.random();
    if (dice < 0.2 || name === undefined) {
      const fresh = `pod-${this.#pods++}`;
      node.add(fresh, { createdAt: clock.now() });
      backend.statuses.set(refOf(fresh).uid, numbered(fresh, ++this.#version));
    } else if (dice < 0.6) {
      if (backend.statuses.has(refOf(name).uid)) backend.statuses.set(refOf(name).uid, numbered(name, ++this.#version));
    } else if (dice < 0.7) {
      tracker.updatePodStatus(refOf(name), () => numbered(name, ++this.#version));
      backend.statuses.set(refOf(name).uid, numbered(name, ++this.#version));
    } else if (dice < 0.75) {
      node.pods.delete(refOf(name).uid);
      node.inKubernetes.delete(refOf(name).uid);
    } else if (dice < 0.8) {
      backend.statuses.delete(refOf(name).uid);
    } else if (dice < 0.85) {
      node.isFresh = !node.isFresh;
      node.isReachable = this.chance(0.5);
    } else if (dice < 0.9) {
      clock.offMs += (this.random() - 0.5) * 24 * 60 * minute;
    }
  }

  /** No pod is kept from being deleted by a call that waits. */
  check(): void {
    const { tracker, node } = this.scene;
    if (tracker.status.pausedUntil === undefined || this.running.size > 0 || node.claimed.size === 0) return;
    this.violations.push(`${[...node.claimed].join()} claimed for nothing`);
  }

  /** All is well from now on. */
  calm(): void {
    this.hostility = 0;
    this.scene.node.isFresh = true;
    this.scene.node.isReachable = true;
  }
}

describe('PodsTracker, simulated', () => {
  it.each(Array.from({ length: 24 }, (_, seed) => seed + 1))('keeps its invariants: seed %i', async (seed) => {
    const simulation = new Simulation(seed);
    await using scene = simulation.scene;
    await scene.start();
    for (let step = 0; step < 60; step += 1) {
      simulation.step();
      await scene.clock.advance(simulation.random() * 2 * minute);
      simulation.check();
    }
    simulation.calm();
    await scene.clock.advance(100 * minute);
    expect(simulation.violations).toEqual([]);
    // What both have is shown as it is, and what only the backend has is gone.
    for (const [uid, { lastStatus }] of scene.node.pods) {
      const actual = scene.backend.statuses.get(uid);
      if (lastStatus?.phase !== 'Failed' && actual) expect(lastStatus).toEqual(actual);
    }
    const dangling = [...scene.backend.statuses.keys()].filter((uid) => !scene.node.pods.has(uid));
    expect(dangling).toEqual([]);
    expect(scene.node.claimed.size).toBe(0);
    // And every pod is looked at at the slowest pace.
    const looked = [...scene.node.tracked()].length;
    const before = scene.backend.asked.length;
    await scene.clock.advance(10 * minute);
    const looks = scene.backend.listPodStatuses ? 10 : looked * 10;
    expect(scene.backend.asked.length - before).toBeLessThanOrEqual(looks + 1);
  });
});
