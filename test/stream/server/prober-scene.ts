/** What the prober looks at: a VirtualNode with `kubelet: {}` and callers of all kinds, on any cluster. */
import { Readable, type Duplex } from 'node:stream';
import type { KubeApi } from '../../../src/kube/api.js';
import { pods, type Resource } from '../../../src/kube/resources.js';
import type { KubeObject } from '../../../src/kube/types.js';
import { VirtualNode } from '../../../src/node/virtual-node.js';
import type { VirtualNodeKubeletOptions } from '../../../src/node/kubelet.js';
import type {
  AttachIO,
  ContainerAttach,
  ContainerExec,
  ContainerLogs,
  ContainerRef,
  PodRef,
  PortForwarder,
  StatsProvider,
  StatsSummary,
} from '../../../src/provider/provider.js';
import { MemoryProvider } from '../../controller/pods/memory-provider.js';
import { eventually } from '../../e2e/support/eventually.js';
import type { AskOptions } from './kubelet-scene.js';

/** A provider that can do everything, and does next to nothing. */
export class CapableProvider
  extends MemoryProvider
  implements ContainerLogs, ContainerExec, ContainerAttach, PortForwarder, StatsProvider
{
  /** What got as far as the provider. */
  readonly reached: string[] = [];

  async getContainerLogs(): Promise<Readable> {
    this.reached.push('logs');
    return Readable.from(['a line\n']);
  }

  async runInContainer(_ref: ContainerRef, command: string[], io: AttachIO): Promise<number> {
    this.reached.push(`exec ${command.join(' ')}`);
    io.stdout?.end('done\n');
    return 0;
  }

  async attachToContainer(): Promise<number> {
    this.reached.push('attach');
    return 0;
  }

  async portForward(_ref: PodRef, _port: number, connection: Duplex): Promise<void> {
    this.reached.push('portForward');
    connection.end();
  }

  async getStatsSummary(): Promise<StatsSummary> {
    this.reached.push('stats');
    return { node: { nodeName: 'edge-1' }, pods: [] };
  }
}

export interface ProbedNode extends AsyncDisposable {
  readonly node: VirtualNode;
  readonly provider: CapableProvider;
  readonly at: { readonly address: { host: string; port: number }; readonly certificate: string };
}

/** With one pod, `default/web`, that runs. */
export async function startNode(client: KubeApi, options: VirtualNodeKubeletOptions = {}): Promise<ProbedNode> {
  const provider = new CapableProvider();
  const node = new VirtualNode('edge-1', provider, client, {
    node: { internalIP: '127.0.0.1' },
    kubelet: { port: 0, ...options },
  });
  await node.start();
  await node.ready();
  await client.create(pods, {
    metadata: { namespace: 'default', name: 'web' },
    spec: { nodeName: 'edge-1', containers: [{ name: 'main', image: 'i' }], tolerations: [{ operator: 'Exists' }] },
  });
  await eventually(async () => {
    const { status } = await client.get(pods, { namespace: 'default', name: 'web' });
    if (status?.phase !== 'Running') throw new Error('pod does not run yet');
  });
  const { address: host, port, certificate } = node.status.kubelet ?? { address: '', port: 0, certificate: '' };
  return {
    node,
    provider,
    at: { address: { host, port }, certificate },
    [Symbol.asyncDispose]: () => node.close({ graceMs: 200 }),
  };
}

/** Rights on `nodes/<subresource>` of the node, as `verb/subresource`. */
export const rights: Readonly<Record<string, readonly string[]>> = {
  'no RBAC': [],
  'get only': ['get/proxy'],
  'fine-grained': ['get/stats', 'get/metrics', 'get/log', 'get/pods', 'get/healthz', 'get/configz', 'get/checkpoint'],
  full: ['proxy', 'stats', 'metrics', 'log', 'pods', 'healthz', 'configz', 'checkpoint'].flatMap((subresource) =>
    ['get', 'create', 'update', 'patch', 'delete'].map((verb) => `${verb}/${subresource}`),
  ),
};

const resource = (group: string, kind: string, plural: string, namespaced = false): Resource => ({
  group,
  version: 'v1',
  kind,
  plural,
  namespaced,
});

const rbac = 'rbac.authorization.k8s.io';

const accountOf = (who: string): string => who.toLowerCase().replace(' ', '-');

/** The rights of a user that `callers` made. Undefined for others. */
export function rightsOf(username: string): readonly string[] | undefined {
  const account = /^system:serviceaccount:default:(.*)$/.exec(username)?.[1];
  return Object.entries(rights).find(([who]) => accountOf(who) === account)?.[1];
}

/** A service account for each row of `rights`, and how it calls. */
export async function callers(client: KubeApi): Promise<Record<string, AskOptions>> {
  const accounts = resource('', 'ServiceAccount', 'serviceaccounts', true);
  const all: Record<string, AskOptions> = {};
  for (const who of Object.keys(rights)) {
    const name = accountOf(who);
    await client.create(accounts, { metadata: { namespace: 'default', name } });
    const review = await client.request<{ status: { token: string } }>({
      method: 'POST',
      path: `/api/v1/namespaces/default/serviceaccounts/${name}/token`,
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    });
    all[who] = { token: review.status.token };
  }
  return all;
}

/** Gives the accounts their rights by RBAC. */
export async function bindRights(client: KubeApi): Promise<void> {
  for (const [who, allowed] of Object.entries(rights)) {
    const name = accountOf(who);
    const rules = allowed.map((right) => {
      const [verb, subresource] = right.split('/');
      return { apiGroups: [''], resources: [`nodes/${subresource}`], verbs: [verb] };
    });
    const metadata = { name: `probe-${name}` };
    await client.create<KubeObject>(resource(rbac, 'ClusterRole', 'clusterroles'), { metadata, rules } as KubeObject);
    await client.create<KubeObject>(resource(rbac, 'ClusterRoleBinding', 'clusterrolebindings'), {
      metadata,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', namespace: 'default', name }],
    } as KubeObject);
  }
}
