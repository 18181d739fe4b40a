/**
 * Binds pods to nodes: `fit.ts` says where a pod can run, `resources.ts` what it takes; here is what is known of the
 * cluster, kept by two watches.
 *
 * What kube-scheduler does and this does not: preferences, spreading, affinity between pods, host ports, volumes,
 * preemption. Of the nodes that fit, the one with the fewest pods is taken, and of equal ones the first by name.
 *
 * 1. A pod's requests count against its node from the moment of binding, so that nodes are never filled twice.
 * 2. A pod that fits nowhere is tried again when a node changes or a pod leaves one, and at no other time: no timers.
 * 3. What is written of a pod that fits nowhere is written once for each reason.
 */
import { events, nodes, pods } from '../../../../kube/resources.js';
import { objectKey, type Node, type Pod } from '../../../../kube/types.js';
import { Access, conditionNow, timestamp } from '../access.js';
import type { Controller, ControllerParts } from '../controller.js';
import { explainMisfits, misfits } from './fit.js';
import { addAll, podRequests, type Amounts } from './resources.js';

interface KnownNode {
  /** Undefined: pods are bound to it, and it does not exist. */
  node: Node | undefined;
  readonly requested: Map<string, bigint>;
}

const name = 'default-scheduler';

export class Scheduler implements Controller {
  readonly #access: Access;
  readonly #now: () => number;
  readonly #nodes = new Map<string, KnownNode>();
  readonly #pending = new Map<string, Pod>();
  /** Pods that take up room on a node, by uid. */
  readonly #placed = new Map<string, { readonly nodeName: string; readonly requests: Amounts }>();
  readonly #stops: (() => void)[] = [];
  #queued: 'nothing' | 'some' | 'all' = 'nothing';
  #fresh: string[] = [];

  constructor({ core, clock }: ControllerParts) {
    this.#access = new Access(core, 'kube-scheduler');
    this.#now = () => clock.now();
  }

  start(): void {
    this.#stops.push(this.#access.watch(nodes, (node, gone) => this.#seeNode(node, gone)));
    this.#stops.push(this.#access.watch(pods, (pod, gone) => this.#seePod(pod, gone)));
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#pending.clear();
  }

  #seeNode(node: Node, gone: boolean): void {
    this.#node(node.metadata.name ?? '').node = gone ? undefined : node;
    this.#queue('all');
  }

  #seePod(pod: Pod, gone: boolean): void {
    const key = objectKey(pod);
    const uid = pod.metadata.uid ?? '';
    const over = gone || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (over) this.#release(uid);
    else if (pod.spec.nodeName) this.#place(uid, pod.spec.nodeName, podRequests(pod));
    const waits = !over && !pod.spec.nodeName && !pod.metadata.deletionTimestamp && isOurs(pod);
    const known = this.#pending.get(key);
    if (!waits) {
      if (known?.metadata.uid === uid) this.#pending.delete(key);
      return;
    }
    this.#pending.set(key, pod);
    // Our own note that it fits nowhere is no reason to try again; a change of the pod itself is.
    if (known === undefined || known.metadata.generation !== pod.metadata.generation || known.metadata.uid !== uid) {
      this.#fresh.push(key);
      this.#queue('some');
    }
  }

  #place(uid: string, nodeName: string, requests: Amounts): void {
    if (this.#placed.has(uid)) return;
    this.#placed.set(uid, { nodeName, requests });
    addAll(this.#node(nodeName).requested, requests);
  }

  #release(uid: string): void {
    const placed = this.#placed.get(uid);
    if (placed === undefined) return;
    this.#placed.delete(uid);
    addAll(this.#node(placed.nodeName).requested, placed.requests, -1n);
    this.#queue('all');
  }

  #node(nodeName: string): KnownNode {
    let known = this.#nodes.get(nodeName);
    if (known === undefined) this.#nodes.set(nodeName, (known = { node: undefined, requested: new Map() }));
    return known;
  }

  /** After the write that led here, as a scheduler of its own would come later. */
  #queue(what: 'some' | 'all'): void {
    const idle = this.#queued === 'nothing';
    if (idle || what === 'all') this.#queued = what;
    if (idle) queueMicrotask(() => this.#run());
  }

  #run(): void {
    const keys = this.#queued === 'all' ? [...this.#pending.keys()] : this.#fresh;
    this.#queued = 'nothing';
    this.#fresh = [];
    for (const key of keys) {
      const pod = this.#pending.get(key);
      if (pod !== undefined) this.#schedule(key, pod);
    }
  }

  #schedule(key: string, pod: Pod): void {
    const requests = podRequests(pod);
    const reasons: string[][] = [];
    let best: { readonly node: Node; readonly load: bigint } | undefined;
    for (const { node, requested } of this.#nodes.values()) {
      if (node === undefined) continue;
      const why = misfits(pod, requests, { node, requested });
      reasons.push(why);
      const load = requested.get('pods') ?? 0n;
      const earlier = best !== undefined && (node.metadata.name ?? '') < (best.node.metadata.name ?? '');
      if (why.length === 0 && (best === undefined || load < best.load || (load === best.load && earlier))) {
        best = { node, load };
      }
    }
    if (best === undefined) this.#refuse(pod, explainMisfits(reasons));
    else this.#bind(key, pod, best.node.metadata.name ?? '', requests);
  }

  #bind(key: string, pod: Pod, nodeName: string, requests: Amounts): void {
    const { namespace, name: podName = '', uid = '' } = pod.metadata;
    this.#pending.delete(key);
    this.#place(uid, nodeName, requests);
    const binding = { metadata: { uid }, target: { kind: 'Node', name: nodeName } };
    try {
      this.#access.core.bind({ namespace, name: podName }, binding, { fieldManager: 'kube-scheduler' });
    } catch {
      // The pod has gone or been bound meanwhile; the watch tells.
      this.#release(uid);
      return;
    }
    const message = `Successfully assigned ${namespace ?? ''}/${podName} to ${nodeName}`;
    this.#record(pod, 'Normal', 'Scheduled', message);
  }

  #refuse(pod: Pod, message: string): void {
    const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (before?.status === 'False' && before.message === message) return;
    this.#record(pod, 'Warning', 'FailedScheduling', message);
    const condition = conditionNow(this.#now(), {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
    });
    this.#access.patch(pods, pod, { status: { conditions: [condition] } }, 'status');
  }

  #record(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { namespace, name: podName = '', uid = '', resourceVersion = '' } = pod.metadata;
    const at = timestamp(this.#now());
    this.#access.create(events, {
      metadata: { ...(namespace === undefined ? {} : { namespace }), generateName: `${podName}.` },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        name: podName,
        uid,
        resourceVersion,
        ...(namespace === undefined ? {} : { namespace }),
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      source: { component: name },
      reportingComponent: name,
      reportingInstance: '',
    });
  }
}

function isOurs({ spec }: Pod): boolean {
  return (spec.schedulerName || name) === name && (spec.schedulingGates ?? []).length === 0;
}
