/**
 * metrics.k8s.io/v1beta1, as metrics-server serves it: scrapes `/metrics/resource` of every node's kubelet now and then,
 * and answers what was used between the latest two scrapes. `usage.ts` computes.
 *
 * 1. One scrape at a time; a kubelet that does not answer has no figures and holds up nobody else's.
 * 2. After `stop` nothing is scraped, and no timer is left.
 */
import type { Node, Pod } from '../../../kube/types.js';
import { checkNumbers } from '../../../runtime/check-numbers.js';
import type { Clock, Timer } from '../../../runtime/clock.js';
import { ApiFailure } from '../core/api.js';
import { definitionOf, type Core } from '../core/index.js';
import { parseLabelSelector } from '../core/label-selector.js';
import { text } from '../http/call.js';
import type { KubeletGateway } from '../kubelet/kubelet-gateway.js';
import { parseScrape, usageBetween, type Scrape } from './usage.js';

export interface MetricsApiOptions {
  /** Time between scrapes. Default: 15,000 ms, as metrics-server's. */
  readonly intervalMs?: number;
}

export const metricsGroup = 'metrics.k8s.io';

const apiVersion = `${metricsGroup}/v1beta1`;

/** What discovery says of it. */
export const metricsResources = [
  { group: metricsGroup, version: 'v1beta1', plural: 'nodes', kind: 'NodeMetrics', namespaced: false },
  { group: metricsGroup, version: 'v1beta1', plural: 'pods', kind: 'PodMetrics', namespaced: true },
] as const;

export class MetricsApi {
  readonly #core: Core;
  readonly #clock: Clock;
  readonly #kubelets: KubeletGateway;
  readonly #intervalMs: number;
  /** By node, the latest last. */
  #scrapes = new Map<string, readonly Scrape[]>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(core: Core, clock: Clock, kubelets: KubeletGateway, options: MetricsApiOptions) {
    this.#core = core;
    this.#clock = clock;
    this.#kubelets = kubelets;
    this.#intervalMs = options.intervalMs ?? 15_000;
    checkNumbers({ intervalMs: this.#intervalMs }, 'above 0', 'metrics');
  }

  start(): void {
    void this.#scrapeAll();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** The document of a list, or of one object. Throws 404 where there are no figures, as metrics-server. */
  document(plural: string, namespace: string | undefined, name: string | undefined, query: URLSearchParams): object {
    if (plural !== 'nodes' && plural !== 'pods') {
      throw new ApiFailure(404, 'NotFound', 'the server could not find the requested resource', {});
    }
    const items = plural === 'nodes' ? this.#nodes(query) : this.#pods(namespace, query);
    if (name === undefined) {
      return { kind: plural === 'nodes' ? 'NodeMetricsList' : 'PodMetricsList', apiVersion, metadata: {}, items };
    }
    const found = items.find(({ metadata }) => metadata.name === name);
    if (found !== undefined) return { kind: plural === 'nodes' ? 'NodeMetrics' : 'PodMetrics', apiVersion, ...found };
    const object = plural === 'nodes' ? `nodemetrics ${name}` : `podmetrics ${namespace}/${name}`;
    throw new ApiFailure(404, 'NotFound', `${plural}.${metricsGroup} "${object}" not found`, {
      name: object,
      group: metricsGroup,
      kind: plural,
    });
  }

  #nodes(query: URLSearchParams): Figures[] {
    return this.#select<Node>('nodes', undefined, query).flatMap(({ metadata }) => {
      const [previous, latest] = this.#latestTwo(metadata.name ?? '');
      const usage = latest?.node && usageBetween(previous?.node, latest.node);
      return usage === undefined ? [] : [{ metadata: identity(metadata), ...usage }];
    });
  }

  #pods(namespace: string | undefined, query: URLSearchParams): Figures[] {
    return this.#select<Pod>('pods', namespace, query).flatMap(({ metadata, spec }) => {
      const key = `${metadata.namespace}/${metadata.name}`;
      const [previous, latest] = this.#latestTwo(spec.nodeName ?? '').map((scrape) => scrape?.pods.get(key));
      const containers = [...(latest ?? [])].map(([name, reading]) => {
        return { name, used: usageBetween(previous?.get(name), reading) };
      });
      const [first] = containers;
      if (first?.used === undefined || containers.some(({ used }) => used === undefined)) return [];
      const { timestamp, window } = first.used;
      const usages = containers.map(({ name, used }) => ({ name, usage: used?.usage }));
      return [{ metadata: identity(metadata), timestamp, window, containers: usages }];
    });
  }

  #latestTwo(nodeName: string): readonly [Scrape | undefined, Scrape | undefined] {
    const scrapes = this.#scrapes.get(nodeName) ?? [];
    return [scrapes.at(-2), scrapes.at(-1)];
  }

  #select<T extends Node | Pod>(plural: string, namespace: string | undefined, query: URLSearchParams): T[] {
    const matches = parseLabelSelector(text(query, 'labelSelector'));
    return this.#core
      .list(definitionOf('', plural), { namespace })
      .items.map(({ object }) => object as T)
      .filter(({ metadata }) => matches(metadata.labels));
  }

  async #scrapeAll(): Promise<void> {
    const nodes = this.#core.list(definitionOf('', 'nodes'), {}).items.map(({ object }) => object as Node);
    const scrapes = await Promise.all(nodes.map((node) => this.#scrape(node)));
    if (this.#stopped) return;
    this.#scrapes = new Map(scrapes);
    this.#timer = this.#clock.setTimer(this.#intervalMs, () => void this.#scrapeAll());
  }

  async #scrape(node: Node): Promise<[string, readonly Scrape[]]> {
    const { name = '' } = node.metadata;
    const before = this.#scrapes.get(name) ?? [];
    const said = await this.#kubelets.fetchText(node, '/metrics/resource').catch(() => undefined);
    return [name, said === undefined ? [] : [...before.slice(-1), parseScrape(said, this.#clock.now())]];
  }
}

interface Figures {
  readonly metadata: { readonly name: string };
  readonly timestamp: string;
  readonly window: string;
}

function identity({ name = '', namespace, labels, creationTimestamp }: Node['metadata']): { readonly name: string } {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
  };
}
