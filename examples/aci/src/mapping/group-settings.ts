/** What the node's configuration says of every container group that it makes. */
import type { DeploymentExtensionSpec } from '@azure/arm-containerinstance';

export type OperatingSystem = 'Linux' | 'Windows';

export interface GroupSettings {
  readonly nodeName: string;
  /** The Azure region, such as `westus2`. */
  readonly location: string;
  readonly operatingSystem: OperatingSystem;
  /**
   * The resource id of the subnet that groups are put into:
   * `/subscriptions/…/resourceGroups/…/providers/Microsoft.Network/virtualNetworks/…/subnets/…`. Left out: no subnet, and
   * groups that have ports get a public address.
   */
  readonly subnetId?: string;
  readonly dns: DnsSettings;
  readonly logAnalytics?: LogAnalyticsSettings;
  readonly identity?: IdentitySettings;
  /** GPU models that the region offers, the first being the default. Default: none, pods that ask for GPUs are refused. */
  readonly gpuSkus?: readonly string[];
  /** Handed to every Linux group in a subnet: kube-proxy, real-time metrics. Their protected settings are secrets. */
  readonly extensions?: readonly DeploymentExtensionSpec[];
}

export interface DnsSettings {
  /** Addresses of the cluster's DNS service. Reached from groups in a subnet only. Empty: the cloud's own DNS. */
  readonly servers: readonly string[];
  /** Such as `cluster.local`. */
  readonly clusterDomain: string;
}

export interface LogAnalyticsSettings {
  readonly workspaceId: string;
  /** A secret. */
  readonly workspaceKey: string;
  /** The resource id of the cluster. With it groups report as `ContainerInsights` do: with node, pod and cluster. */
  readonly clusterResourceId?: string;
}

export interface IdentitySettings {
  /** An identity of each group's own. Default: false. */
  readonly systemAssigned?: boolean;
  /** Resource ids of user-assigned identities. */
  readonly userAssigned?: readonly string[];
}
