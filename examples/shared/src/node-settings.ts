/** The flags and variables of Go's virtual-kubelet binary, as every example but the quickstart takes them. */
import type { ClusterTarget, Logger, Taint, VirtualNodeKubeletOptions } from 'vk-sdk';
import { UsageError, type Flag, type Flags } from './command-line.js';
import { parseDuration } from './duration.js';
import { kubeletFlags, kubeletOf } from './kubelet-settings.js';
import { isLogLevel, textLogger } from './text-logger.js';

export const nodeFlags = {
  kubeconfig: { value: 'FILE', env: 'KUBECONFIG', help: 'cluster to join; inside of a pod: its own cluster' },
  nodename: { value: 'NAME', env: 'DEFAULT_NODE_NAME', default: 'virtual-kubelet', help: 'name of the node' },
  os: { value: 'OS', default: 'linux', help: 'operating system of the node: linux or windows' },
  'provider-config': { value: 'FILE', help: 'configuration of the provider' },
  'cluster-domain': { value: 'DOMAIN', default: 'cluster.local', help: 'DNS domain of the cluster' },
  'disable-taint': { type: 'boolean', help: 'let pods onto the node that do not tolerate its taint' },
  taint: { value: 'KEY', env: 'VKUBELET_TAINT_KEY', default: 'virtual-kubelet.io/provider', help: 'key of the taint' },
  'pod-sync-workers': { value: 'N', default: '10', help: 'provider calls at a time, each for another pod' },
  'full-resync-period': {
    value: 'TIME',
    default: '1m',
    help: 'pause between two searches for pods that only the provider has',
  },
  'startup-timeout': {
    value: 'TIME',
    default: '0',
    help: 'how long the node may take to become ready; 0: as long as it takes',
  },
  ...kubeletFlags,
  'log-level': { value: 'LEVEL', default: 'info', help: 'debug, info, warn or error' },
} as const satisfies Record<string, Flag>;

export interface NodeSettings {
  readonly cluster: ClusterTarget;
  readonly nodeName: string;
  readonly operatingSystem: 'linux' | 'windows';
  /** Path of the provider's configuration. */
  readonly providerConfig: string | undefined;
  readonly clusterDomain: string;
  readonly taints: readonly Taint[];
  readonly podSyncWorkers: number;
  readonly fullResyncPeriodMs: number;
  /** 0: no limit. */
  readonly startupTimeoutMs: number;
  /** The node's address, from `VKUBELET_POD_IP`. */
  readonly internalIP: string | undefined;
  /** The kubelet's server, through which logs, exec and the like reach the pods. */
  readonly kubelet: VirtualNodeKubeletOptions;
  readonly logger: Logger;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `UsageError` for values that make no sense, and where no cluster is named. */
export function resolveNodeSettings(
  providerName: string,
  flags: Flags<keyof typeof nodeFlags>,
  env: Environment,
): NodeSettings {
  const { 'log-level': level = 'info' } = flags;
  // virtual-kubelet's own default is `Linux`.
  const os = (flags.os ?? 'linux').toLowerCase();
  if (os !== 'linux' && os !== 'windows')
    throw new UsageError(`--os: "${flags.os ?? ''}" is neither linux nor windows`);
  if (!isLogLevel(level)) throw new UsageError(`--log-level: "${level}" is none of debug, info, warn and error`);
  return {
    cluster: clusterOf(flags.kubeconfig, env),
    nodeName: flags.nodename ?? 'virtual-kubelet',
    operatingSystem: os,
    providerConfig: flags['provider-config'],
    clusterDomain: flags['cluster-domain'] ?? 'cluster.local',
    taints: flags['disable-taint'] ? [] : [taintOf(providerName, flags.taint, env)],
    podSyncWorkers: positive('--pod-sync-workers', flags['pod-sync-workers'] ?? '10'),
    fullResyncPeriodMs: parseDuration('--full-resync-period', flags['full-resync-period'] ?? '1m'),
    startupTimeoutMs: parseDuration('--startup-timeout', flags['startup-timeout'] ?? '0'),
    internalIP: env['VKUBELET_POD_IP'] || undefined,
    kubelet: kubeletOf(flags, env),
    logger: textLogger(level),
  };
}

/** `~/.kube/config` is not looked at: nobody's cluster gains a node by accident. */
function clusterOf(kubeconfig: string | undefined, env: Environment): ClusterTarget {
  if (kubeconfig) return kubeconfig === env['KUBECONFIG'] ? { ambient: true } : { kubeconfig };
  if (env['KUBERNETES_SERVICE_HOST']) return { inCluster: true };
  throw new UsageError('no cluster: name a kubeconfig by --kubeconfig or KUBECONFIG, or run inside of a pod');
}

const effects = ['NoSchedule', 'NoExecute', 'PreferNoSchedule'];

function taintOf(providerName: string, key = 'virtual-kubelet.io/provider', env: Environment): Taint {
  const value = env['VKUBELET_TAINT_VALUE'] || providerName;
  const effect = env['VKUBELET_TAINT_EFFECT'] || 'NoSchedule';
  if (!effects.includes(effect))
    throw new UsageError(`VKUBELET_TAINT_EFFECT: "${effect}" is none of ${effects.join(', ')}`);
  return { key, value, effect };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`${name}: "${text}" is not a whole number from 1 up`);
  return value;
}
