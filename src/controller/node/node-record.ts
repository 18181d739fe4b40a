/**
 * What this SDK last put into a node, kept in an annotation of the node itself. So a process that starts anew knows what
 * to take away that it no longer wants, and that a taint of its own that is missing was removed by somebody: the third
 * side of a three-way merge. Values are not kept, apart from taints': whoever sets a label that the node wants is overruled.
 */
import type { Node, Taint } from '../../kube/types.js';
import type { NodeIntent } from './node-intent.js';

export const recordAnnotation = 'virtual-kubelet.io/last-applied';

export interface NodeRecord {
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
  readonly taints: readonly Taint[];
  readonly conditions: readonly string[];
  /** Names under capacity and allocatable. */
  readonly resources: readonly string[];
}

const emptyRecord: NodeRecord = { labels: [], annotations: [], taints: [], conditions: [], resources: [] };

/** The record in a node. A node without one, or with one that cannot be read, holds nothing of ours. */
export function readRecord(node: Node): NodeRecord {
  const text = node.metadata.annotations?.[recordAnnotation];
  if (text === undefined) return emptyRecord;
  try {
    const parsed = JSON.parse(text) as Partial<NodeRecord>;
    return {
      labels: strings(parsed.labels),
      annotations: strings(parsed.annotations),
      taints: Array.isArray(parsed.taints) ? parsed.taints.filter(isTaint) : [],
      conditions: strings(parsed.conditions),
      resources: strings(parsed.resources),
    };
  } catch {
    return emptyRecord;
  }
}

/**
 * The record of a node in which the intent is applied. Conditions and resources of the old record stay in it as long as
 * the status holds them, since the status is written apart.
 */
export function nextRecord(intent: NodeIntent, taints: readonly Taint[], live: Node | undefined): string {
  const old = live === undefined ? emptyRecord : readRecord(live);
  const liveTypes = new Set(live?.status?.conditions?.map(({ type }) => type));
  const liveResources = new Set(resourcesOf(live?.status));
  const record: NodeRecord = {
    labels: Object.keys(intent.labels).sort(),
    annotations: Object.keys(intent.annotations).sort(),
    taints: taints.map(({ key, value, effect }) => (value === undefined ? { key, effect } : { key, value, effect })),
    conditions: union(
      intent.conditions.map(({ type }) => type),
      old.conditions.filter((type) => liveTypes.has(type)),
    ),
    resources: union(
      resourcesOf(intent.status),
      old.resources.filter((name) => liveResources.has(name)),
    ),
  };
  return JSON.stringify(record);
}

/** Names under capacity and allocatable. */
export function resourcesOf(status: Node['status']): string[] {
  return union(Object.keys(status?.capacity ?? {}), Object.keys(status?.allocatable ?? {}));
}

function union(one: readonly string[], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])].sort();
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function isTaint(value: unknown): value is Taint {
  const { key, effect } = (value ?? {}) as Partial<Taint>;
  return typeof key === 'string' && typeof effect === 'string';
}
