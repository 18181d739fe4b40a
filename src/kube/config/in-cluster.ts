/** From inside a pod to its cluster, by the pod's service account. */
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { silentLogger } from '../../runtime/logger.js';
import { normalizeServer, type ClusterConnection } from '../connection.js';
import { readText } from './file-reading.js';
import { proxyFromEnvironment, type Environment } from './proxy.js';
import { caFileSource, tokenFileSource, type SourceContext } from './user-credentials.js';

export interface InClusterOptions extends Partial<SourceContext> {
  /** Where the service account's files are. Default: `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly serviceAccountDir?: string;
}

/**
 * Uses the service account of the pod that this process runs in. Token and authority are read again while it runs.
 * Rejects with `InvalidInput` outside of a pod, and where the account's token is not mounted.
 */
export async function loadInCluster(options: InClusterOptions = {}): Promise<ClusterConnection> {
  const { env = process.env, clock = systemClock, logger = silentLogger } = options;
  const { serviceAccountDir = '/var/run/secrets/kubernetes.io/serviceaccount' } = options;
  const context = { env, clock, logger };
  const server = serverOf(env);
  const ca = caFileSource(join(serviceAccountDir, 'ca.crt'), context);
  const credentials = tokenFileSource(join(serviceAccountDir, 'token'), context);
  const [namespace] = await Promise.all([
    readText('namespace file', join(serviceAccountDir, 'namespace')).catch(() => ''),
    ca.get(),
    credentials.get(),
  ]);
  return {
    server,
    ca,
    credentials,
    insecureSkipTlsVerify: false,
    proxyUrl: proxyFromEnvironment(server, env),
    namespace: namespace.trim() || undefined,
  };
}

function serverOf(env: Environment): string {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (!host || !port) {
    throw new VkError('InvalidInput', 'in-cluster: KUBERNETES_SERVICE_HOST and _PORT are not set: this is no pod');
  }
  return normalizeServer(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`);
}
