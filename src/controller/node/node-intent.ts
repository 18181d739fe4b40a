/** What a node should look like in the API: what it was given at first, with what the provider said since. */
import type { Node, NodeCondition, NodeStatus, Taint } from '../../kube/types.js';

/** A condition without its times, which belong to the write. */
export type NodeConditionIntent = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>;

/** Why the node cannot be used, whatever the provider says of it. */
export interface Unready {
  readonly reason: string;
  readonly message: string;
}

export interface NodeIntent {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Written once, when the node has none. */
  readonly providerID: string | undefined;
  readonly conditions: readonly NodeConditionIntent[];
  /** Everything of the status but conditions. */
  readonly status: Omit<NodeStatus, 'conditions'>;
}

const healthyConditions: readonly NodeConditionIntent[] = [
  { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
];

/**
 * Labels and annotations of `template` always hold and those that were `said` come on top; conditions likewise, by type.
 * Taints and each field of the status that were said stand in place of the template's.
 */
export function nodeIntent(template: Node, said: Node | undefined, unready: Unready | undefined): NodeIntent {
  const { conditions: firstConditions = [], ...firstStatus } = template.status ?? {};
  const { conditions: saidConditions = [], ...saidStatus } = said?.status ?? {};
  const status = { ...firstStatus, ...saidStatus };
  // A capacity without allocatable is all there to be used; an allocatable of before would contradict it.
  const allocatable = saidStatus.capacity === undefined ? status.allocatable : saidStatus.allocatable;
  const available = allocatable ?? status.capacity;
  return {
    name: template.metadata.name ?? '',
    labels: { ...template.metadata.labels, ...said?.metadata.labels },
    annotations: { ...template.metadata.annotations, ...said?.metadata.annotations },
    taints: said?.spec?.taints ?? template.spec?.taints ?? [],
    providerID: said?.spec?.providerID ?? template.spec?.providerID,
    conditions: conditionsOf([...healthyConditions, ...firstConditions, ...saidConditions], unready),
    status: { ...status, ...(available === undefined ? {} : { allocatable: available }) },
  };
}

/** The last of each type, in the order in which the types first appear. */
function conditionsOf(all: readonly NodeConditionIntent[], unready: Unready | undefined): NodeConditionIntent[] {
  const byType = new Map<string, NodeConditionIntent>();
  // The healthy ones are shared by all nodes of the process.
  for (const each of all) byType.set(each.type, healthyConditions.includes(each) ? each : withoutTimes(each));
  if (unready !== undefined) byType.set('Ready', { type: 'Ready', status: 'False', ...unready });
  return [...byType.values()];
}

function withoutTimes({ type, status, reason, message }: NodeConditionIntent): NodeConditionIntent {
  return { type, status, ...(reason && { reason }), ...(message && { message }) };
}
