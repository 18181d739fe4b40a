/** A node's pod controller between a backend in memory and a fake apiserver, all on one manual clock. */
import { PodController, nodeNameIndex } from '../../../src/controller/pods/pod-controller.js';
import type { PodControllerOptions } from '../../../src/controller/pods/pod-controller-options.js';
import { EventRecorder } from '../../../src/controller/events/event-recorder.js';
import { KubeClient } from '../../../src/kube/client.js';
import { staticConnection } from '../../../src/kube/connection.js';
import { Reflector } from '../../../src/kube/reflector/reflector.js';
import { events, pods } from '../../../src/kube/resources.js';
import type { Pod, PodSpec } from '../../../src/kube/types.js';
import type { Provider } from '../../../src/provider/provider.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { MemoryProvider } from './memory-provider.js';

export const nodeName = 'edge-1';
export const web = { namespace: 'default', name: 'web' };

export class PodScene {
  readonly clock: ManualClock = new ManualClock({
    settle: async () => (this.patient ? this.server.idle() : undefined),
  });
  readonly server: FakeApiServer = new FakeApiServer({ tls: false, clock: this.clock });
  /** Whether the clock waits for requests that are under way. False while one is held back. */
  patient = true;
  provider = new MemoryProvider();
  #running:
    { client: KubeClient; source: Reflector<Pod>; controller: PodController; recorder: EventRecorder } | undefined;

  async open(): Promise<void> {
    await this.server.start();
  }

  async close(): Promise<void> {
    await this.stopController();
    await this.server.stop();
  }

  get controller(): PodController {
    if (this.#running === undefined) throw new Error('no controller is running');
    return this.#running.controller;
  }

  get source(): Reflector<Pod> {
    if (this.#running === undefined) throw new Error('no controller is running');
    return this.#running.source;
  }

  /** A controller of a process of its own, as it were: nothing is shared with those before. */
  async startController(options: PodControllerOptions = {}, provider: Provider = this.provider): Promise<void> {
    const source = this.launchController(options, provider);
    await this.until(() => source.hasSynced);
  }

  /** The same, without waiting for its cache. */
  launchController(options: PodControllerOptions = {}, provider: Provider = this.provider): Reflector<Pod> {
    const { clock } = this;
    const client = new KubeClient(staticConnection(this.server.url), { clock });
    const source = new Reflector(client, pods, {
      clock,
      fieldSelector: `spec.nodeName=${nodeName}`,
      indexes: { [nodeNameIndex]: (pod) => [pod.spec.nodeName ?? ''] },
    });
    const recorder = new EventRecorder(client, { clock, host: nodeName });
    const controller = new PodController(nodeName, provider, client, source, { clock, events: recorder, ...options });
    this.#running = { client, source, controller, recorder };
    source.start();
    void controller.start().catch(() => undefined);
    return source;
  }

  async stopController(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    const ended = Promise.all([
      running.controller.close({ graceMs: 0 }),
      running.source.close(),
      running.recorder.close(),
    ]);
    let done = false;
    void ended.then(() => (done = true));
    await this.clock.runUntil(() => done);
    await running.client.close();
  }

  /** Moves the clock until `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    await this.clock.runUntil(condition);
  }

  pod(name = 'web'): Pod | undefined {
    return this.server.objects(pods).find((pod) => pod.metadata.name === name);
  }

  uid(name = 'web'): string {
    return this.pod(name)?.metadata.uid ?? '';
  }

  async create(name = 'web', spec: Partial<PodSpec> = {}, metadata: Pod['metadata'] = {}): Promise<Pod> {
    return this.server.client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'default', name, ...metadata },
      spec: { nodeName, containers: [{ name: 'c', image: 'i' }], ...spec },
    });
  }

  /** How many statuses of pods were written. */
  statusWrites(): number {
    return this.server.requests.count({ verb: 'patch', resource: 'pods/status' });
  }

  /** Reasons of the Events there are. */
  eventReasons(): (string | undefined)[] {
    return this.server.objects(events).map((event) => event.reason);
  }
}
