/** Where a node's kubelet is, by its Node object. Pure. */
import type { Node } from '../../../kube/types.js';
import { ApiFailure } from '../core/api.js';

export interface KubeletAddress {
  readonly host: string;
  readonly port: number;
  /** The node declares that its kubelet speaks WebSocket itself (KEP-4006), so nothing is translated for it. */
  readonly speaksWebSocket: boolean;
}

/** As `--kubelet-preferred-address-types=InternalIP,Hostname`. */
const preferredTypes = ['InternalIP', 'Hostname'];

/** Where a node that names no port is asked, as by a real apiserver. */
const defaultPort = 10_250;

/** Throws what a real apiserver answers where the node has no address that it would use. */
export function kubeletAddress({ status }: Node): KubeletAddress {
  const addresses = status?.addresses ?? [];
  const found = preferredTypes.flatMap((type) => addresses.find((each) => each.type === type && each.address) ?? [])[0];
  if (found === undefined) {
    const known = addresses.map(({ type, address }) => `{${type} ${address}}`).join(' ');
    throw new ApiFailure(500, '', `no preferred addresses found; known addresses: [${known}]`);
  }
  return {
    host: found.address,
    port: status?.daemonEndpoints?.kubeletEndpoint?.Port || defaultPort,
    speaksWebSocket: declares(status, 'ExtendWebSocketsToKubelet'),
  };
}

/** `declaredFeatures` is younger than the model that `Node` comes from. */
function declares(status: object | undefined, feature: string): boolean {
  const { declaredFeatures } = (status ?? {}) as { readonly declaredFeatures?: unknown };
  return Array.isArray(declaredFeatures) && declaredFeatures.includes(feature);
}

/** `host:port` as Go joins them. */
export function authority({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
