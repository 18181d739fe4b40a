/**
 * Removes pods whose node does not exist, as the pod garbage collector of kube-controller-manager: nobody else would ever
 * confirm that they have ended. A node must have been missed for the whole quarantine, for it may be about to register.
 */
import type { Timer } from '../../../runtime/clock.js';
import { nodes, pods } from '../../../kube/resources.js';
import { Access, conditionNow } from './access.js';
import type { Controller, ControllerParts } from './controller.js';

export interface PodGcOptions {
  /** How often is looked. Default: 20,000 ms. */
  readonly periodMs?: number;
  /** How long a node must have been missing. Default: 40,000 ms. */
  readonly quarantineMs?: number;
}

export class PodGc implements Controller {
  readonly #access: Access;
  readonly #parts: ControllerParts;
  readonly #periodMs: number;
  readonly #quarantineMs: number;
  readonly #missingSinceMs = new Map<string, number>();
  #timer: Timer | undefined;

  constructor(parts: ControllerParts, options: PodGcOptions) {
    this.#access = new Access(parts.core, 'kube-controller-manager');
    this.#parts = parts;
    this.#periodMs = options.periodMs ?? 20_000;
    this.#quarantineMs = options.quarantineMs ?? 40_000;
  }

  start(): void {
    this.#timer = this.#parts.clock.setTimer(this.#periodMs, () => {
      this.start();
      this.#collect();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #collect(): void {
    const nowMs = this.#parts.clock.now();
    const bound = this.#access.list(pods).filter(({ spec }) => spec.nodeName);
    const known = new Set(this.#access.list(nodes).map(({ metadata }) => metadata.name));
    const missing = new Set(bound.map(({ spec }) => spec.nodeName ?? '').filter((name) => !known.has(name)));
    for (const name of [...this.#missingSinceMs.keys()]) if (!missing.has(name)) this.#missingSinceMs.delete(name);
    for (const name of missing) if (!this.#missingSinceMs.has(name)) this.#missingSinceMs.set(name, nowMs);
    for (const pod of bound) {
      const sinceMs = this.#missingSinceMs.get(pod.spec.nodeName ?? '');
      if (sinceMs === undefined || nowMs - sinceMs < this.#quarantineMs) continue;
      const condition = conditionNow(nowMs, {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
      });
      const over = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
      if (!over) this.#access.patch(pods, pod, { status: { phase: 'Failed', conditions: [condition] } }, 'status');
      this.#access.delete(pods, pod, 0);
    }
  }
}
