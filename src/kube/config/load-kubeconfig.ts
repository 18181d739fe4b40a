/** From a kubeconfig to a connection. Neighbours: `kubeconfig.ts` (which part counts), `user-credentials.ts` (who). */
import { resolve } from 'node:path';
import { systemClock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { silentLogger } from '../../runtime/logger.js';
import { normalizeServer, type ClusterConnection, type Impersonation } from '../connection.js';
import { parseProxyUrl } from '../http/tunnel.js';
import { readText } from './file-reading.js';
import {
  mergeKubeconfigs,
  selectContext,
  toKubeconfig,
  type Kubeconfig,
  type KubeconfigCluster,
  type KubeconfigUser,
} from './kubeconfig.js';
import { proxyFromEnvironment } from './proxy.js';
import { staticSource, type Source } from './source.js';
import { caFileSource, decoded, userCredentials, type SourceContext } from './user-credentials.js';

export interface LoadOptions extends Partial<SourceContext> {
  /** Name of the context. Default: the current one. */
  readonly context?: string;
}

export type KubeconfigLocation =
  /** A file, or several of which the first to say something counts, as in `KUBECONFIG`. */
  | { readonly path: string | readonly string[] }
  /** YAML or JSON. Relative paths in it start at the working directory. */
  | { readonly contents: string };

/**
 * Reads a kubeconfig. Tokens, certificates and authorities that it names as files are read again while the process runs;
 * exec plugins and OIDC are asked when a request needs it. Rejects with `InvalidInput` for a file that cannot be read or
 * does not fit together.
 */
export async function loadKubeconfig(
  location: KubeconfigLocation,
  options: LoadOptions = {},
): Promise<ClusterConnection> {
  return connectionOf(await readKubeconfig(location), options);
}

async function readKubeconfig(location: KubeconfigLocation): Promise<Kubeconfig> {
  if ('contents' in location) return toKubeconfig(await decode('(contents)', location.contents), undefined);
  const paths = [location.path].flat();
  return mergeKubeconfigs(
    await Promise.all(
      paths.map(async (path) => toKubeconfig(await decode(path, await readText('kubeconfig', path)), resolve(path))),
    ),
  );
}

/** YAML takes client-node, which takes long to load: JSON goes without. */
async function decode(name: string, text: string): Promise<unknown> {
  const parse = text.trimStart().startsWith('{') ? JSON.parse : (await import('@kubernetes/client-node')).loadYaml;
  try {
    return parse(text) as unknown;
  } catch {
    // The parser's message would quote the file, which holds secrets.
    throw new VkError('InvalidInput', `kubeconfig ${name}: neither YAML nor JSON`);
  }
}

async function connectionOf(config: Kubeconfig, options: LoadOptions): Promise<ClusterConnection> {
  const { env = process.env, clock = systemClock, logger = silentLogger } = options;
  const context = { env, clock, logger };
  const { cluster, clusterName, user, userName, namespace } = selectContext(config, options.context);
  if (!cluster.server) throw new VkError('InvalidInput', `kubeconfig cluster "${clusterName}": no server`);
  const server = normalizeServer(cluster.server);
  const ca = authorityOf(cluster, clusterName, context);
  const proxyUrl = cluster['proxy-url'] || proxyFromEnvironment(server, env);
  if (proxyUrl !== undefined) parseProxyUrl(proxyUrl);
  const caText = await ca.get();
  const caData = caText === undefined ? undefined : Buffer.from(caText).toString('base64');
  const credentials = userCredentials(user, { ...context, owner: `kubeconfig user "${userName}"`, cluster, caData });
  // What is read from files is read now, so that a wrong path is told before anything starts.
  if (user.exec === undefined && user['auth-provider'] === undefined) await credentials.get();
  return {
    server,
    ca,
    credentials,
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'] === true,
    tlsServerName: cluster['tls-server-name'] || undefined,
    proxyUrl,
    impersonate: impersonationOf(user, userName),
    namespace,
  };
}

function authorityOf(cluster: KubeconfigCluster, name: string, context: SourceContext): Source<string | undefined> {
  const data = decoded(cluster['certificate-authority-data']);
  const file = cluster['certificate-authority'];
  if ((data || file) && cluster['insecure-skip-tls-verify']) {
    const message = `kubeconfig cluster "${name}": a certificate authority and insecure-skip-tls-verify exclude each other`;
    throw new VkError('InvalidInput', message);
  }
  return data === undefined && file ? caFileSource(file, context) : staticSource(data);
}

function impersonationOf(user: KubeconfigUser, name: string): Impersonation | undefined {
  const { as, 'as-uid': uid, 'as-groups': groups, 'as-user-extra': extra } = user;
  if (as) return { user: as, uid, groups, extra };
  if (!uid && !groups && !extra) return undefined;
  throw new VkError('InvalidInput', `kubeconfig user "${name}": as-uid, as-groups and as-user-extra need "as"`);
}
