/** A fake apiserver, a client with a clock of the test's, and what tests of nodes look at. */
import { defaultNode } from '../../../src/controller/node/default-node.js';
import type { EventSink } from '../../../src/controller/events/event-sink.js';
import { NodeController, type NodeControllerOptions } from '../../../src/controller/node/node-controller.js';
import { KubeClient } from '../../../src/kube/client.js';
import { staticConnection } from '../../../src/kube/connection.js';
import { Reflector } from '../../../src/kube/reflector/reflector.js';
import { leases, nodes } from '../../../src/kube/resources.js';
import type { Lease, Node, NodeCondition } from '../../../src/kube/types.js';
import { FakeApiServer, type FakeApiServerOptions } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: object;
}

export interface NodeSceneOptions extends FakeApiServerOptions {
  /** Turns of the event loop between timers, see `ManualClockOptions`. */
  readonly turns?: number;
}

/** Ends everything that it made when it is disposed of. */
export class NodeScene implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly server: FakeApiServer;
  /** Whether the clock waits for requests that are under way. False in tests where one is never answered. */
  patient = true;
  readonly lines: LogLine[] = [];
  readonly reported: { readonly reason: string; readonly message: string }[] = [];
  readonly #ends: (() => Promise<unknown>)[] = [];
  #client: KubeClient | undefined;

  constructor(options: NodeSceneOptions = {}) {
    const { turns = 16, ...serverOptions } = options;
    this.clock = new ManualClock({ turns, settle: async () => (this.patient ? this.server.idle() : undefined) });
    this.server = new FakeApiServer({ tls: false, clock: this.clock, ...serverOptions });
  }

  static async start(options?: NodeSceneOptions): Promise<NodeScene> {
    const scene = new NodeScene(options);
    await scene.server.start();
    return scene;
  }

  /** Sends as the administrator, by the test's clock. */
  get client(): KubeClient {
    this.#client ??= this.clientFor();
    return this.#client;
  }

  clientFor(token?: string): KubeClient {
    const { ca, url } = this.server;
    const connection = staticConnection(url, {
      ...(ca === undefined ? {} : { ca, token: token ?? this.server.adminToken }),
    });
    const client = new KubeClient(connection, { clock: this.clock, random: () => 0.5 });
    this.#ends.push(() => client.close());
    return client;
  }

  controller(
    options: NodeControllerOptions = {},
    template: Node = defaultNode('vk'),
    client = this.client,
  ): NodeController {
    const { clock } = this;
    const note = (level: string) => (fields: object, message: string) =>
      void this.lines.push({ level, fields, message });
    const logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
    const events: EventSink = { event: (_, __, reason, message) => void this.reported.push({ reason, message }) };
    const controller = new NodeController(template, client, { clock, random: () => 0.5, logger, events, ...options });
    this.#ends.unshift(() => controller.close({ graceMs: 100 }));
    return controller;
  }

  /** A running controller whose node is Ready. */
  async ready(options: NodeControllerOptions = {}, template?: Node, client?: KubeClient): Promise<NodeController> {
    const controller = this.controller(options, template, client);
    controller.start();
    await this.clock.runUntil(() => controller.status.ready && controller.status.lease.state !== 'none');
    return controller;
  }

  /** A watch on nodes. */
  async watch(): Promise<Reflector<Node>> {
    const { clock } = this;
    const reflector = new Reflector(this.client, nodes, { clock, random: () => 0.5 });
    this.#ends.unshift(() => reflector.close());
    reflector.start();
    await clock.runUntil(() => reflector.hasSynced);
    return reflector;
  }

  node(name = 'vk'): Node | undefined {
    return this.server.objects(nodes).find((node) => node.metadata.name === name);
  }

  condition(type = 'Ready', name = 'vk'): NodeCondition | undefined {
    return this.node(name)?.status?.conditions?.find((condition) => condition.type === type);
  }

  lease(name = 'vk'): Lease | undefined {
    return this.server.objects(leases).find((lease) => lease.metadata.name === name);
  }

  warnings(): string[] {
    return this.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.faults.clear();
    this.patient = false;
    for (const end of this.#ends) {
      const ended = end();
      await this.clock.advance(200);
      await ended;
    }
    await this.server.stop();
  }
}
