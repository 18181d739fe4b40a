/**
 * Keeps the Node object in the API: makes it, patches it, heartbeats its status, makes it anew when it was deleted.
 *
 * Neighbours: `node-decision.ts` says which write is due, this file does it; `node-controller.ts` says what the node
 * should be; `lease-keeper.ts` has the other half of a node's heartbeat.
 *
 * Invariants
 * 1. One request at a time.
 * 2. `#live` never goes back to an older resourceVersion of the same node.
 * 3. Without news a node costs one status write each heartbeat and nothing else.
 * 4. A node is made only after the server said that there is none.
 */
import type { KubeApi } from '../../kube/api.js';
import type { ObjectSource } from '../../kube/object-source.js';
import { nodes } from '../../kube/resources.js';
import type { Node } from '../../kube/types.js';
import type { Clock, Random, Timer } from '../../runtime/clock.js';
import { hasCode, VkError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { type Backoff, backoffDelayMs } from '../../runtime/backoff.js';
import {
  decideNode,
  isOverwritten,
  newNode,
  type NodeView,
  patchKey,
  restrictedLabels,
  sentStatus,
  type SentStatus,
} from './node-decision.js';
import type { NodeIntent } from './node-intent.js';
import type { NodeObjectPatch } from './node-object-patch.js';
import { nodeStatusPatch } from './node-status-patch.js';
import { RepeatedTask } from '../queue/repeated-task.js';
import { isOlder } from '../../kube/resource-version.js';

export interface NodeWriterOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly heartbeatMs: number;
  readonly requestDeadlineMs: number;
  readonly nodes: ObjectSource<Node> | undefined;
  readonly nodesIndex: string | undefined;
  /** Told of each state of the node that the server answered or the source reported. */
  onLive(node: Node): void;
  /** Told when the node is known to be gone. */
  onGone(): void;
  onFailure(error: VkError): void;
}

const requestBackoff: Backoff = { baseDelayMs: 200, maxDelayMs: 10_000, jitter: 0.2 };
/** First delay: a `kubectl delete node` is undone within seconds. Ceiling: somebody means it, and is not to be fought. */
const recreateBackoff: Backoff = { baseDelayMs: 1_000, maxDelayMs: 300_000, jitter: 0.2 };
const repairBackoff: Backoff = { baseDelayMs: 1_000, maxDelayMs: 60_000, jitter: 0.2 };
/** More writes in a row than any change needs: what wants more is fighting with somebody. */
const writesPerRun = 8;

export class NodeWriter {
  readonly #api: KubeApi;
  readonly #template: Node;
  readonly #options: NodeWriterOptions;
  readonly #task: RepeatedTask;
  #intent: NodeIntent;
  #heartbeatMs: number;
  #live: Node | undefined;
  #sent: SentStatus | undefined;
  #statusDue = false;
  #silent = false;
  #restricted = false;
  #toldOfRestriction = false;
  #futile: string | undefined;
  #paused = false;
  #deletions = 0;
  #repairs = 0;
  #beats = 0;
  #heartbeat: Timer | undefined;
  #pause: Timer | undefined;
  #repair: Timer | undefined;
  #removeHandler: (() => void) | undefined;

  constructor(api: KubeApi, template: Node, intent: NodeIntent, options: NodeWriterOptions) {
    const { clock, random, onFailure } = options;
    this.#api = api;
    this.#template = template;
    this.#intent = intent;
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs;
    this.#task = new RepeatedTask((signal) => this.#step(signal), {
      clock,
      random,
      backoff: requestBackoff,
      onFailure: (error, attempt, delayMs) => {
        const err = VkError.from(error);
        this.#options.logger.warn({ attempt, delayMs, err }, 'node not written, to be tried again');
        onFailure(err);
      },
    });
  }

  /** The newest known state of the node. Never to be changed. */
  get live(): Node | undefined {
    return this.#live;
  }

  /** Whether the status of the node is this process's own word. */
  get hasSpoken(): boolean {
    return this.#sent !== undefined && this.#sent.uid === this.#live?.metadata.uid;
  }

  start(): void {
    const { nodes: source, nodesIndex: index } = this.#options;
    const handler = {
      onAdd: (node: Node) => this.#see(node),
      onUpdate: (node: Node) => this.#see(node),
      onDelete: (node: Node) => {
        if (this.#live !== undefined && node.metadata.uid === this.#live.metadata.uid) this.#gone();
      },
    };
    this.#removeHandler = source?.addHandler(handler, index === undefined ? undefined : { index, value: this.#name });
    this.#task.poke();
  }

  /** Changes what the node should be. */
  want(intent: NodeIntent): void {
    this.#intent = intent;
    this.#task.poke();
  }

  /** Stops to speak for the node, once what is wanted has been written, or begins to do so again. */
  setSilent(silent: boolean): void {
    this.#silent = silent;
    this.#task.poke();
  }

  setHeartbeat(heartbeatMs: number): void {
    if (heartbeatMs === this.#heartbeatMs) return;
    this.#heartbeatMs = heartbeatMs;
    if (this.#heartbeat !== undefined) this.#armHeartbeat();
  }

  /** Writes the status once more, changed or not. */
  writeStatus(): void {
    this.#statusDue = true;
    this.#task.poke();
  }

  /** Ends all writing. Then, if the node is known, writes `farewell` as its last status; rejects if that fails. */
  async stop(farewell: NodeIntent, signal: AbortSignal): Promise<void> {
    this.#removeHandler?.();
    for (const timer of [this.#heartbeat, this.#pause, this.#repair]) timer?.cancel();
    await this.#task.stop();
    if (this.#live === undefined || signal.aborted) return;
    const body = nodeStatusPatch(this.#live, farewell, this.#options.clock.now());
    try {
      const options = { signal, subresource: 'status' };
      this.#adopt(await this.#api.patch(nodes, { name: this.#name }, 'strategic', body, options));
    } catch (error) {
      if (!hasCode(error, 'NotFound')) throw error;
    }
  }

  get #name(): string {
    return this.#intent.name;
  }

  #view(): NodeView {
    return {
      live: this.#live,
      intent: this.#intent,
      sent: this.#sent,
      statusDue: this.#statusDue,
      futile: this.#futile,
      paused: this.#paused,
      restricted: this.#restricted,
      silent: this.#silent,
    };
  }

  async #step(signal: AbortSignal): Promise<undefined> {
    for (let writes = 0; writes < writesPerRun && !signal.aborted; writes += 1) {
      const action = decideNode(this.#view(), this.#options.clock.now());
      if (action.do === 'rest') break;
      if (action.do === 'register') await this.#register(signal);
      else if (action.do === 'patch') await this.#patch(action.body, signal);
      else await this.#patchStatus(action.body, signal);
    }
    if (isOverwritten(this.#view())) this.#planRepair();
    return undefined;
  }

  async #register(signal: AbortSignal): Promise<void> {
    const options = { signal, deadlineMs: this.#options.requestDeadlineMs };
    try {
      this.#adopt(await this.#api.get(nodes, { name: this.#name }, options));
      return;
    } catch (error) {
      if (!hasCode(error, 'NotFound')) throw error;
    }
    const intent = this.#intent;
    const wanted = newNode(this.#template, intent, this.#restricted, this.#options.clock.now());
    try {
      const node = await this.#api.create(nodes, wanted, options);
      // A server may leave the status of a new object out.
      if (node.status?.conditions?.length) this.#sent = sentStatus(node, intent, this.#restricted);
      this.#adopt(node);
      this.#armHeartbeat();
    } catch (error) {
      // Somebody was quicker: the next look finds it.
      if (!hasCode(error, 'AlreadyExists')) this.#refused(error);
    }
  }

  async #patch(body: NodeObjectPatch, signal: AbortSignal): Promise<void> {
    const options = { signal, deadlineMs: this.#options.requestDeadlineMs };
    try {
      const node = await this.#api.patch(nodes, { name: this.#name }, 'strategic', body, options);
      this.#adopt(node);
      this.#noteEffect(body);
    } catch (error) {
      if (hasCode(error, 'NotFound')) this.#gone();
      else if (hasCode(error, 'Conflict')) this.#adopt(await this.#api.get(nodes, { name: this.#name }, options));
      else this.#refused(error);
    }
  }

  /** A webhook may have its own idea of the node. What it takes away is not given to it again and again. */
  #noteEffect(body: NodeObjectPatch): void {
    const next = decideNode({ ...this.#view(), futile: undefined }, this.#options.clock.now());
    const key = patchKey(body);
    this.#futile = next.do === 'patch' && patchKey(next.body) === key ? key : undefined;
    if (this.#futile !== undefined) this.#options.logger.warn({ patch: key }, 'node does not take a change');
  }

  async #patchStatus(body: object, signal: AbortSignal): Promise<void> {
    const options = { signal, deadlineMs: this.#options.requestDeadlineMs, subresource: 'status' };
    const intent = this.#intent;
    this.#statusDue = false;
    try {
      const node = await this.#api.patch(nodes, { name: this.#name }, 'strategic', body, options);
      this.#sent = sentStatus(node, intent, this.#restricted);
      this.#adopt(node);
      if (!signal.aborted) this.#armHeartbeat();
    } catch (error) {
      this.#statusDue = true;
      if (!hasCode(error, 'NotFound')) throw error;
      this.#gone();
    }
  }

  /** A Forbidden may be NodeRestriction's: then less is tried. Anything else, or again, is a failure. */
  #refused(error: unknown): void {
    const labels = restrictedLabels(this.#intent);
    const lessIsPossible = labels.length > 0 || this.#intent.taints.length > 0;
    if (!hasCode(error, 'Forbidden') || this.#restricted || !lessIsPossible) {
      this.#restricted = false;
      throw error;
    }
    this.#restricted = true;
    if (this.#toldOfRestriction) return;
    this.#toldOfRestriction = true;
    const text = "node: the server refuses a change; going on without what a node's own credential may not change";
    this.#options.logger.warn({ labels, taints: this.#intent.taints, err: VkError.from(error) }, text);
  }

  /** What the source saw. Its own writes come back this way too, and need nothing. */
  #see(node: Node): void {
    if (node.metadata.name !== this.#name) return;
    const before = this.#live;
    this.#adopt(node);
    // What is seen while a write is under way may be that write.
    if (this.#live === before || this.#task.isRunning) return;
    const view = { ...this.#view(), statusDue: false };
    if (isOverwritten(view) || decideNode(view, this.#options.clock.now()).do !== 'rest') this.#planRepair();
  }

  #planRepair(): void {
    if (this.#repair !== undefined) return;
    const { clock, random } = this.#options;
    const delayMs = this.#repairs === 0 ? 0 : backoffDelayMs(this.#repairs, repairBackoff, random);
    this.#repair = clock.setTimer(delayMs, () => {
      this.#repair = undefined;
      this.#repairs += 1;
      if (isOverwritten(this.#view())) this.#statusDue = true;
      this.#task.poke();
    });
  }

  #adopt(node: Node): void {
    const known = this.#live?.metadata.resourceVersion;
    const { managedFields, ...metadata } = node.metadata;
    if (this.#live === undefined || (metadata.resourceVersion !== known && !isOlder(metadata.resourceVersion, known))) {
      this.#live = managedFields === undefined ? node : { ...node, metadata };
    }
    this.#options.onLive(this.#live);
  }

  #gone(): void {
    if (this.#live === undefined) return;
    const { clock, random, logger, onGone } = this.#options;
    this.#live = undefined;
    this.#sent = undefined;
    this.#futile = undefined;
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
    this.#deletions += 1;
    this.#paused = true;
    const delayMs = backoffDelayMs(this.#deletions, recreateBackoff, random);
    logger.warn({ delayMs }, 'node was deleted, to be made again');
    this.#pause = clock.setTimer(delayMs, () => {
      this.#paused = false;
      this.#task.poke();
    });
    onGone();
  }

  /** The first beat comes early by chance, so that nodes that began together do not go on together. */
  #armHeartbeat(): void {
    const { clock, random } = this.#options;
    const jitter = this.#beats === 0 ? 0.5 : 0.04;
    this.#heartbeat?.cancel();
    this.#heartbeat = clock.setTimer(this.#heartbeatMs * (1 - jitter * random()), () => {
      this.#beats += 1;
      this.#deletions = 0;
      this.#repairs = 0;
      this.#futile = undefined;
      this.writeStatus();
    });
  }
}
