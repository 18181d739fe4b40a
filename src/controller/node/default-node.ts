/** A node object to begin with, for providers to change. */
import { arch } from 'node:os';
import { sdkVersion } from '../../kube/user-agent.js';
import type { Node, Taint } from '../../kube/types.js';

export interface DefaultNodeOptions {
  /** Value of the taint `virtual-kubelet.io/provider`, which keeps pods away that do not tolerate it. Default: `vk-sdk`. */
  readonly provider?: string;
  /** Taints in place of that one; an empty list for none. */
  readonly taints?: readonly Taint[];
  /** Label `kubernetes.io/os` and the node's operating system. Default: `linux`. */
  readonly operatingSystem?: 'linux' | 'windows';
  /** Label `kubernetes.io/arch` and the node's architecture, in Go's words (`amd64`). Default: the machine's own. */
  readonly architecture?: string;
  /** The address under which the apiserver reaches the kubelet server. Default: none; a `VirtualNode` with one finds it. */
  readonly internalIP?: string;
  /**
   * Port under which the apiserver reaches the kubelet server. Default: none, and `kubectl logs` and the like are refused
   * by the apiserver; a `VirtualNode` with a kubelet server publishes the port that it listens on.
   */
  readonly kubeletPort?: number;
  /**
   * What the node has to give. Default: 1,000 CPUs, 4 TiB of memory and 5,000 pods, as backends that scale by themselves
   * do not fill up; the scheduler takes it at its word.
   */
  readonly capacity?: Readonly<Record<string, string>>;
  /** The Kubernetes release whose node API is spoken. Default: `1.36.0`. */
  readonly kubernetesVersion?: string;
}

/** Labels, taint, addresses, capacity and node info of a virtual node. A new object each time, free to be changed. */
export function defaultNode(name: string, options: DefaultNodeOptions = {}): Node {
  const {
    provider = 'vk-sdk',
    operatingSystem = 'linux',
    architecture = goArchitecture(arch()),
    capacity = { cpu: '1000', memory: '4Ti', pods: '5000' },
    kubernetesVersion = '1.36.0',
  } = options;
  const internalIP = options.internalIP === undefined ? [] : [{ type: 'InternalIP', address: options.internalIP }];
  const port = options.kubeletPort;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        type: 'virtual-kubelet',
        'kubernetes.io/role': 'agent',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': operatingSystem,
        'kubernetes.io/arch': architecture,
        'node.kubernetes.io/exclude-from-external-load-balancers': 'true',
      },
    },
    spec: {
      taints: options.taints?.map((taint) => ({ ...taint })) ?? [
        { key: 'virtual-kubelet.io/provider', value: provider, effect: 'NoSchedule' },
      ],
    },
    status: {
      addresses: [...internalIP, { type: 'Hostname', address: name }],
      ...(port === undefined ? {} : { daemonEndpoints: { kubeletEndpoint: { Port: port } } }),
      capacity: { ...capacity },
      allocatable: { ...capacity },
      nodeInfo: {
        architecture,
        operatingSystem,
        kubeletVersion: `v${kubernetesVersion}-vk-sdk-${sdkVersion}`,
        osImage: 'vk-sdk',
        kernelVersion: '',
        containerRuntimeVersion: `vk-sdk://${sdkVersion}`,
        kubeProxyVersion: '',
        machineID: '',
        systemUUID: '',
        bootID: '',
      },
    },
  };
}

function goArchitecture(nodeArchitecture: string): string {
  if (nodeArchitecture === 'x64') return 'amd64';
  return nodeArchitecture === 'ia32' ? '386' : nodeArchitecture;
}
