/**
 * What azure-aci runs beside the containers of a group in a subnet, as extensions that the service knows by name: kube-proxy,
 * for the addresses of Services, and a reporter of real-time metrics.
 */
import type { DeploymentExtensionSpec } from '@azure/arm-containerinstance';

const version = '1.0';

export interface KubeProxyOptions {
  /** What kube-proxy reaches the apiserver with. A secret: it leaves the cluster for the cloud, in each group. */
  readonly kubeconfig: string;
  /** The addresses of the cluster's pods, such as `10.240.0.0/16`. */
  readonly clusterCidr: string;
  /** The release that the service has of it. Default: `v1.9.10`, which azure-aci asks for. */
  readonly kubeVersion?: string;
}

export function kubeProxyExtension(options: KubeProxyOptions): DeploymentExtensionSpec {
  const { kubeconfig, clusterCidr, kubeVersion = 'v1.9.10' } = options;
  return {
    name: 'kube-proxy',
    extensionType: 'kube-proxy',
    version,
    settings: { clusterCidr, kubeVersion },
    protectedSettings: { kubeConfig: Buffer.from(kubeconfig).toString('base64') },
  };
}

export function realtimeMetricsExtension(): DeploymentExtensionSpec {
  return {
    name: 'realtime-metrics',
    extensionType: 'realtime-metrics',
    version,
    settings: {},
    protectedSettings: {},
  };
}
