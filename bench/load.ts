/** The load that a node is measured under: pods made, watched and deleted by somebody else. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeApi } from '../src/kube/api.js';
import { pods } from '../src/kube/resources.js';
import type { Pod } from '../src/kube/types.js';

/** Requests under way at a time: more than a node makes, so that the load is not what is measured. */
const concurrency = 64;

/** A pod of one container, bound to `node` and labelled `app: <app>`. */
export function loadPod(node: string, app: string, index: number): Pod {
  return {
    metadata: {
      name: `${app}-${String(index).padStart(6, '0')}`,
      namespace: 'default',
      labels: { app },
    },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [{ name: 'main', image: 'example.com/app:1', resources: { requests: { cpu: '1m', memory: '1Mi' } } }],
    },
  };
}

/** Runs `work` for 0 to `count` - 1, at most {@link concurrency} at a time. */
export async function each(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, run));
}

export function createPods(api: KubeApi, node: string, app: string, count: number): Promise<void> {
  return each(count, (index) => api.create(pods, loadPod(node, app, index)));
}

export interface Observation {
  readonly type: string;
  readonly name: string;
  readonly running: boolean;
  /** By `performance.now()`. */
  readonly at: number;
}

/**
 * Follows the pods of `app` with as little work as will do: events are looked at as text, for this process shares the
 * machine with what is measured. Starts with the state at `resourceVersion`.
 */
export class PodWatch {
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;
  readonly #onEvent: (event: Observation) => void;

  constructor(api: KubeApi, app: string, resourceVersion: string, onEvent: (event: Observation) => void) {
    this.#onEvent = onEvent;
    this.#ended = this.#follow(api, app, resourceVersion);
    this.#ended.catch(() => undefined);
  }

  async #follow(api: KubeApi, app: string, resourceVersion: string): Promise<void> {
    const { body } = await api.stream({
      method: 'GET',
      path: '/api/v1/namespaces/default/pods',
      query: { watch: true, labelSelector: `app=${app}`, resourceVersion },
      signal: this.#abort.signal,
    });
    let rest = '';
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#onEvent(observe(line));
    }
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#ended.catch(() => undefined);
  }
}

const head = /^\{"type":"(\w+)".*?"name":"([^"]+)"/;

function observe(line: string): Observation {
  const [, type = '', name = ''] = head.exec(line) ?? [];
  return { type, name, running: line.includes('"phase":"Running"'), at: performance.now() };
}

export interface Timing {
  /** Between the first and the last. */
  readonly perSecond: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Follows the pods of `app` until each of `count` has been seen in a state. Fails after `withinMs`. */
export async function timeEach(
  api: KubeApi,
  app: string,
  resourceVersion: string,
  count: number,
  reached: (event: Observation) => boolean,
  withinMs: number,
): Promise<Timing> {
  const seen = new Map<string, number>();
  let done: () => void = () => undefined;
  const all = new Promise<boolean>((resolve) => (done = () => resolve(true)));
  const watch = new PodWatch(api, app, resourceVersion, (event) => {
    if (!reached(event) || seen.has(event.name)) return;
    seen.set(event.name, event.at);
    if (seen.size === count) done();
  });
  const abort = new AbortController();
  const late = delay(withinMs, false, { signal: abort.signal }).catch(() => false);
  const complete = await Promise.race([all, late]);
  abort.abort();
  await watch.stop();
  if (!complete) throw new Error(`${seen.size} of ${count} pods of ${app} after ${withinMs} ms`);
  const times = [...seen.values()];
  const [firstAt = 0] = times;
  const lastAt = times.at(-1) ?? 0;
  return { firstAt, lastAt, perSecond: (count - 1) / ((lastAt - firstAt) / 1000) };
}

/** Until every pod of `app` is Running, from now on. */
export const untilRunning = (api: KubeApi, app: string, revision: string, count: number): Promise<Timing> =>
  timeEach(api, app, revision, count, (event) => event.running && event.type !== 'DELETED', 300_000);

/** Until every pod of `app` is gone. */
export const untilGone = (api: KubeApi, app: string, revision: string, count: number): Promise<Timing> =>
  timeEach(api, app, revision, count, (event) => event.type === 'DELETED', 300_000);

/** The newest revision of pods. */
export async function revision(api: KubeApi): Promise<string> {
  const { metadata } = await api.list(pods, { namespace: 'default', limit: 1 });
  return metadata.resourceVersion ?? '0';
}

/** Asks for the deletion of each pod of `app` by itself, as users and controllers do. */
export function deletePods(api: KubeApi, app: string, count: number): Promise<void> {
  return each(count, (index) =>
    api.delete(pods, { namespace: 'default', name: loadPod('', app, index).metadata.name ?? '' }),
  );
}

/** A pod as `patch-loop` takes it. */
export function target({ metadata }: Pod): { path: string; uid: string } {
  return { path: `/api/v1/namespaces/default/pods/${metadata.name ?? ''}/status`, uid: metadata.uid ?? '' };
}
