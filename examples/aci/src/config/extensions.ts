/** What runs beside the containers of each Linux group in a subnet: kube-proxy, for Services, and real-time metrics. */
import type { DeploymentExtensionSpec } from '@azure/arm-containerinstance';
import { UsageError } from '@vk-sdk-examples/shared';
import { readText, type Environment, type ReadFile } from './files.js';

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The cloud has but this one. */
const extensionVersion = '1.0';
const kubeProxyVersion = 'v1.9.10';
const defaultClusterCidr = '10.240.0.0/16';

/**
 * kube-proxy where `MASTER_URI` says which apiserver it is to ask, as the service account that the node runs as. Its token
 * is the one of this moment: groups that are made later than it is valid have no Services.
 */
export function extensionsOf(env: Environment, readFile: ReadFile): readonly DeploymentExtensionSpec[] {
  const server = env['MASTER_URI'];
  const extensions: DeploymentExtensionSpec[] = [];
  if (server) extensions.push(kubeProxy(server, env['CLUSTER_CIDR'] || defaultClusterCidr, readFile));
  if (env['ENABLE_REAL_TIME_METRICS'] === 'true') {
    const name = 'realtime-metrics';
    extensions.push({ name, extensionType: name, version: extensionVersion, settings: {}, protectedSettings: {} });
  }
  return extensions;
}

function kubeProxy(server: string, clusterCidr: string, readFile: ReadFile): DeploymentExtensionSpec {
  // It is asked with a token.
  if (!URL.canParse(server) || new URL(server).protocol !== 'https:') {
    throw new UsageError(`MASTER_URI: "${server}" is not an https:// URL`);
  }
  const name = 'virtual-kubelet';
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server,
          'certificate-authority-data': base64(readText('MASTER_URI', `${serviceAccountFolder}/ca.crt`, readFile)),
        },
      },
    ],
    users: [{ name, user: { token: readText('MASTER_URI', `${serviceAccountFolder}/token`, readFile).trim() } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  return {
    name: 'kube-proxy',
    extensionType: 'kube-proxy',
    version: extensionVersion,
    settings: { clusterCidr, kubeVersion: kubeProxyVersion },
    protectedSettings: { kubeConfig: base64(JSON.stringify(kubeconfig)) },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
