/**
 * Watches over nodes as kube-controller-manager does: a node that renews neither lease nor status is Unknown after the
 * grace, gets the taints that say so, its pods are not Ready, and those that do not tolerate it any longer are deleted.
 * `node-health.ts` decides what is written.
 *
 * 1. A node is judged by when a renewal was seen here, never by the times it writes: clocks differ.
 * 2. What is right already is not written again.
 */
import type { Timer } from '../../../runtime/clock.js';
import { leases, nodes, pods } from '../../../kube/resources.js';
import type { Node, Pod } from '../../../kube/types.js';
import { Access, conditionNow } from './access.js';
import type { Controller, ControllerParts } from './controller.js';
import { evictionTimeMs, readiness, silentConditions, wantedTaints } from './node-health.js';

export interface NodeLifecycleOptions {
  /** How often is looked. Default: 5,000 ms. */
  readonly periodMs?: number;
  /** How long a node may be silent. Default: 50,000 ms, as Kubernetes since 1.32. */
  readonly graceMs?: number;
  /** Whether pods are deleted from tainted nodes. Default: true. */
  readonly evict?: boolean;
}

interface Heard {
  /** What would change if the node were alive. */
  readonly signs: string;
  readonly atMs: number;
}

export class NodeLifecycle implements Controller {
  readonly #access: Access;
  readonly #parts: ControllerParts;
  readonly #options: Required<NodeLifecycleOptions>;
  readonly #heard = new Map<string, Heard>();
  #timer: Timer | undefined;

  constructor(parts: ControllerParts, options: NodeLifecycleOptions) {
    this.#access = new Access(parts.core, 'kube-controller-manager');
    this.#parts = parts;
    this.#options = {
      periodMs: options.periodMs ?? 5_000,
      graceMs: options.graceMs ?? 50_000,
      evict: options.evict ?? true,
    };
  }

  start(): void {
    this.#timer = this.#parts.clock.setTimer(this.#options.periodMs, () => {
      this.start();
      this.#look();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const nowMs = this.#parts.clock.now();
    const byNode = new Map<string, Pod[]>();
    for (const pod of this.#access.list(pods)) {
      const { nodeName } = pod.spec;
      if (nodeName) byNode.set(nodeName, [...(byNode.get(nodeName) ?? []), pod]);
    }
    const present = new Set<string>();
    for (const node of this.#access.list(nodes)) {
      present.add(node.metadata.name ?? '');
      this.#lookAt(node, byNode.get(node.metadata.name ?? '') ?? [], nowMs);
    }
    for (const name of [...this.#heard.keys()]) if (!present.has(name)) this.#heard.delete(name);
  }

  #lookAt(node: Node, itsPods: readonly Pod[], nowMs: number): void {
    const name = node.metadata.name ?? '';
    if (nowMs - this.#lastHeardMs(node, nowMs) > this.#options.graceMs) {
      const conditions = silentConditions(node, nowMs);
      if (conditions.length > 0) this.#access.patch(nodes, node, { status: { conditions } }, 'status');
    }
    const judged = this.#access.find(nodes, { name }) ?? node;
    const taints = wantedTaints(judged, nowMs);
    if (taints !== undefined) this.#access.patch(nodes, judged, { spec: { taints } });
    if (readiness(judged) !== 'True') for (const pod of itsPods) this.#markNotReady(pod, nowMs);
    if (!this.#options.evict) return;
    for (const pod of itsPods) {
      if (evictionTimeMs(pod, taints ?? judged.spec?.taints ?? []) <= nowMs) this.#evict(pod, nowMs);
    }
  }

  #lastHeardMs(node: Node, nowMs: number): number {
    const name = node.metadata.name ?? '';
    const lease = this.#access.find(leases, { namespace: 'kube-node-lease', name });
    const heartbeats = node.status?.conditions?.map(({ lastHeartbeatTime }) => lastHeartbeatTime);
    const signs = JSON.stringify([node.metadata.uid, lease?.spec?.renewTime, heartbeats]);
    const before = this.#heard.get(name);
    if (before?.signs === signs) return before.atMs;
    this.#heard.set(name, { signs, atMs: nowMs });
    return nowMs;
  }

  #markNotReady(pod: Pod, nowMs: number): void {
    if (pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True') return;
    const condition = conditionNow(nowMs, { type: 'Ready', status: 'False' });
    this.#access.patch(pods, pod, { status: { conditions: [condition] } }, 'status');
  }

  #evict(pod: Pod, nowMs: number): void {
    if (pod.metadata.deletionTimestamp) return;
    const condition = conditionNow(nowMs, {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    });
    this.#access.patch(pods, pod, { status: { conditions: [condition] } }, 'status');
    this.#access.delete(pods, pod);
  }
}
