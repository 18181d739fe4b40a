/** The short way to a client. The long one: a connection, and `new KubeClient(connection)`. */
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { VkError } from '../runtime/errors.js';
import { KubeClient } from './client.js';
import type { KubeClientOptions } from './client-options.js';
import { loadInCluster } from './config/in-cluster.js';
import { loadKubeconfig, type LoadOptions } from './config/load-kubeconfig.js';
import type { Environment } from './config/proxy.js';
import type { ClusterConnection } from './connection.js';

/**
 * Which cluster. It is always said: a process that took whatever `KUBECONFIG` happens to name would put nodes into a
 * stranger's cluster.
 */
export type ClusterTarget =
  /** Path of a kubeconfig. */
  | { readonly kubeconfig: string; readonly context?: string }
  /** YAML or JSON of a kubeconfig. */
  | { readonly kubeconfigContents: string; readonly context?: string }
  /** The cluster of the pod that this process runs in. */
  | { readonly inCluster: true }
  /** What kubectl would take: `KUBECONFIG`, else `~/.kube/config`, else the pod's own cluster. */
  | { readonly ambient: true; readonly context?: string };

export interface ConnectOptions extends KubeClientOptions {
  /** Where `KUBECONFIG`, proxies and the pod's apiserver are named. Default: `process.env`. */
  readonly env?: Environment;
}

/**
 * ```ts
 * const client = await connect({ kubeconfig: '/etc/vk/kubeconfig' });
 * ```
 *
 * Reads files, but sends nothing: whether the cluster answers shows with the first call.
 */
export async function connect(target: ClusterTarget, options: ConnectOptions = {}): Promise<KubeClient> {
  return new KubeClient(await connectionTo(target, options), options);
}

/** A target as somebody without types may write it. */
interface LooseTarget {
  readonly kubeconfig?: string;
  readonly kubeconfigContents?: string;
  readonly inCluster?: boolean;
  readonly ambient?: boolean;
  readonly context?: string;
}

async function connectionTo(target: LooseTarget, options: ConnectOptions): Promise<ClusterConnection> {
  const { env = process.env, clock, logger } = options;
  const { kubeconfig, kubeconfigContents, inCluster = false, ambient = false, context } = target;
  const load: LoadOptions = { env, ...(clock && { clock }), ...(logger && { logger }), ...(context && { context }) };
  if ([kubeconfig, kubeconfigContents, inCluster, ambient].filter(Boolean).length !== 1) {
    throw new VkError('InvalidInput', 'connect: name one of kubeconfig, kubeconfigContents, inCluster and ambient');
  }
  if (kubeconfig) return loadKubeconfig({ path: kubeconfig }, load);
  if (kubeconfigContents) return loadKubeconfig({ contents: kubeconfigContents }, load);
  const paths = ambient ? await ambientPaths(env) : [];
  return paths.length > 0 ? loadKubeconfig({ path: paths }, load) : loadInCluster(load);
}

async function ambientPaths(env: Environment): Promise<string[]> {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const found = await existing(listed);
  // None of those named exists: the first one is to be missed by name.
  if (listed.length > 0) return found.length > 0 ? found : listed;
  return existing([join(env['HOME'] ?? homedir(), '.kube', 'config')]);
}

/** As kubectl, which passes over files of the list that do not exist. */
async function existing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => [path],
        () => [],
      ),
    ),
  );
  return found.flat();
}
