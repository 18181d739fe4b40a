/**
 * What a kubeconfig says (client-go's `clientcmd/api/v1`), and which part of it counts. Pure: `load-kubeconfig.ts` reads
 * the files.
 */
import { dirname, isAbsolute, join } from 'node:path';
import { VkError } from '../../runtime/errors.js';

export interface KubeconfigCluster {
  readonly server?: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'tls-server-name'?: string;
  readonly 'proxy-url'?: string;
  readonly extensions?: readonly { readonly name?: string; readonly extension?: unknown }[];
}

export interface ExecConfig {
  readonly apiVersion?: string;
  readonly command?: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
  readonly interactiveMode?: 'Never' | 'IfAvailable' | 'Always';
}

export interface KubeconfigUser {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly as?: string;
  readonly 'as-uid'?: string;
  readonly 'as-groups'?: readonly string[];
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>;
  readonly exec?: ExecConfig;
  readonly 'auth-provider'?: { readonly name?: string; readonly config?: Readonly<Record<string, string>> };
}

export interface KubeconfigContext {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

interface Named {
  readonly name?: string;
}

export interface Kubeconfig {
  readonly clusters?: readonly (Named & { readonly cluster?: KubeconfigCluster })[] | null;
  readonly users?: readonly (Named & { readonly user?: KubeconfigUser })[] | null;
  readonly contexts?: readonly (Named & { readonly context?: KubeconfigContext })[] | null;
  readonly 'current-context'?: string;
}

/** A cluster and a user with their names, and with paths made absolute. */
export interface SelectedContext {
  readonly clusterName: string;
  readonly cluster: KubeconfigCluster;
  readonly userName: string;
  readonly user: KubeconfigUser;
  readonly namespace: string | undefined;
}

/** Takes decoded YAML or JSON for a kubeconfig, its relative paths being relative to the folder of `file`. */
export function toKubeconfig(decoded: unknown, file: string | undefined): Kubeconfig {
  if (typeof decoded !== 'object' || decoded === null || Array.isArray(decoded)) {
    throw new VkError('InvalidInput', `kubeconfig ${file ?? '(contents)'}: not a kubeconfig`);
  }
  const config = decoded as Kubeconfig;
  const folder = file === undefined ? process.cwd() : dirname(file);
  return {
    ...config,
    clusters: (config.clusters ?? []).map((entry) => ({
      ...entry,
      cluster: withAbsolutePaths(entry.cluster ?? {}, ['certificate-authority'], folder),
    })),
    users: (config.users ?? []).map((entry) => ({ ...entry, user: userWithAbsolutePaths(entry.user ?? {}, folder) })),
  };
}

/** The files of a `KUBECONFIG` list as one: what a file says first, no later one changes. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const current = configs.find((config) => config['current-context'])?.['current-context'];
  return {
    clusters: configs.flatMap((config) => config.clusters ?? []),
    users: configs.flatMap((config) => config.users ?? []),
    contexts: configs.flatMap((config) => config.contexts ?? []),
    ...(current === undefined ? {} : { 'current-context': current }),
  };
}

/** What the named context, or else the current one, leads to. Throws `InvalidInput`, saying which names there are. */
export function selectContext(config: Kubeconfig, name: string | undefined): SelectedContext {
  const contextName = name ?? config['current-context'];
  if (!contextName) throw new VkError('InvalidInput', 'kubeconfig: no current-context, and no context named');
  const context = find('context', contextName, config.contexts).context ?? {};
  const clusterName = context.cluster ?? '';
  const cluster = find('cluster', clusterName, config.clusters).cluster ?? {};
  const userName = context.user ?? '';
  const user = userName === '' ? {} : (find('user', userName, config.users).user ?? {});
  return { clusterName, cluster, userName, user, namespace: context.namespace };
}

function find<T extends Named>(kind: string, name: string, entries: readonly T[] | null | undefined): T {
  const entry = entries?.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry;
  const known = entries?.map((candidate) => candidate.name).join(', ') || 'none';
  throw new VkError('InvalidInput', `kubeconfig: no ${kind} is named "${name}" (there are: ${known})`);
}

function userWithAbsolutePaths(user: KubeconfigUser, folder: string): KubeconfigUser {
  const absolute = withAbsolutePaths(user, ['client-certificate', 'client-key', 'tokenFile'], folder);
  const command = user.exec?.command;
  // A bare command is looked up in PATH; one with a slash belongs to the kubeconfig.
  if (command === undefined || !/[/\\]/.test(command)) return absolute;
  return { ...absolute, exec: { ...user.exec, command: absolutePath(folder, command) } };
}

function withAbsolutePaths<T extends object>(object: T, keys: readonly (keyof T)[], folder: string): T {
  const changed: Partial<T> = {};
  for (const key of keys) {
    const path = object[key];
    if (typeof path === 'string' && path !== '') changed[key] = absolutePath(folder, path) as T[keyof T];
  }
  return { ...object, ...changed };
}

function absolutePath(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
