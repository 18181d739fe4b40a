/** The kubelet server of a VirtualNode: what it is made of, and what the node object says of it. */
import type { KubeApi } from '../kube/api.js';
import type { Node, NodeStatus } from '../kube/types.js';
import type { Provider } from '../provider/provider.js';
import type { Clock, Random } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { PodLookup } from '../stream/backend.js';
import { KubeletServer } from '../stream/server/kubelet-server.js';
import type { KubeletServerOptions } from '../stream/server/kubelet-server-options.js';
import { isUnspecified } from '../stream/server/unspecified-address.js';
import type { MetricsSources } from '../runtime/metrics/metric-family.js';
import { addressTowards } from './local-address.js';

/** As of the server alone; the client is the node's. `{}` is enough. */
export interface VirtualNodeKubeletOptions extends Omit<
  KubeletServerOptions,
  'client' | 'clock' | 'random' | 'logger' | 'host'
> {
  /**
   * Address to listen on. Default: the node's InternalIP, which is `node.internalIP`, what `configureNode` says, or else
   * the local address of the route to the apiserver. `0.0.0.0` or `::` where that is not an address of this machine, as
   * behind a load balancer.
   */
  readonly host?: string;
  /**
   * Whether the node declares `ExtendWebSocketsToKubelet`, by which apiservers from 1.36 on pass WebSockets on to this
   * server. Without it they translate exec, attach and port-forward to SPDY, as older ones do; the server speaks both.
   * Default: true. Say false where something on the way to the node lets no WebSocket through.
   */
  readonly declareWebSockets?: boolean;
}

/** What a VirtualNode says of its kubelet server. */
export interface KubeletStatus {
  /** The address that the node publishes. */
  readonly address: string;
  readonly port: number;
  /** What clients are shown, in PEM. */
  readonly certificate: string;
}

export interface KubeletParts {
  readonly provider: Provider;
  readonly pods: PodLookup;
  readonly client: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** What `/metrics` says of the node itself. */
  readonly metrics: MetricsSources;
}

export class Kubelet {
  readonly #server: KubeletServer;
  readonly #address: string;
  readonly #declareWebSockets: boolean;

  private constructor(server: KubeletServer, address: string, declareWebSockets: boolean) {
    this.#server = server;
    this.#address = address;
    this.#declareWebSockets = declareWebSockets;
  }

  /** Not started yet. Rejects if there is no telling which address is the node's. */
  static async for(template: Node, options: VirtualNodeKubeletOptions, parts: KubeletParts): Promise<Kubelet> {
    const { provider, pods, metrics, ...shared } = parts;
    const { declareWebSockets = true, ...ofServer } = options;
    const nodeName = template.metadata.name ?? '';
    const published = internalAddress(template);
    const own = options.host !== undefined && !isUnspecified(options.host) ? options.host : undefined;
    const address = published ?? own ?? (await addressTowards(parts.client, nodeName));
    const others = template.status?.addresses?.map((each) => each.address) ?? [];
    const server = new KubeletServer(
      { nodeName, provider, pods },
      {
        certificateHosts: [...new Set([address, ...others])],
        ...ofServer,
        ...shared,
        host: options.host ?? address,
        metrics: [...metrics, ...(options.metrics ?? [])],
      },
    );
    return new Kubelet(server, address, declareWebSockets);
  }

  /** Undefined while it does not serve. */
  get status(): KubeletStatus | undefined {
    if (!this.#server.isServing) return undefined;
    return { address: this.#address, port: this.#server.address.port, certificate: this.#server.certificate };
  }

  /** Listens, and writes into the node how it is reached and what it can; a port that the node has already stays. */
  async start(template: Node): Promise<void> {
    await this.#server.start();
    const status: NodeStatus & { declaredFeatures?: string[] } = (template.status ??= {});
    const { port } = this.#server.address;
    status.daemonEndpoints ??= { kubeletEndpoint: { Port: port } };
    if (internalAddress(template) === undefined) {
      status.addresses = [{ type: 'InternalIP', address: this.#address }, ...(status.addresses ?? [])];
    }
    if (!this.#declareWebSockets) return;
    // The apiserver then passes WebSockets on instead of translating them (kubelet-protocol §1). Sorted, without doubles.
    status.declaredFeatures = [...new Set([...(status.declaredFeatures ?? []), 'ExtendWebSocketsToKubelet'])].sort();
  }

  close(options: { readonly graceMs: number }): Promise<void> {
    return this.#server.close(options);
  }
}

const streaming = [
  'getContainerLogs',
  'runInContainer',
  'attachToContainer',
  'portForward',
  'getStatsSummary',
] as const satisfies readonly (keyof Provider)[];

/** What the provider could serve if there were a server. */
export function streamingCapabilities(provider: Provider): readonly string[] {
  return streaming.filter((method) => typeof provider[method] === 'function');
}

function internalAddress({ status }: Node): string | undefined {
  return status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
}
