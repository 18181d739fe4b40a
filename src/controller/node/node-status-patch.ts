/** A node's status as it is written: always all that is ours, never what belongs to others. */
import { createHash } from 'node:crypto';
import { timestamp } from '../../provider/timestamp.js';
import type { Node, NodeCondition, NodeStatus } from '../../kube/types.js';
import type { NodeIntent } from './node-intent.js';
import { readRecord, resourcesOf } from './node-record.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * A strategic merge patch of the status subresource. Everything that is ours is in it, be it changed or not, so that it
 * also repairs what others did to it unseen; others' conditions, resources and fields are not. Times of transition are
 * kept while a condition's status stays.
 */
export function nodeStatusPatch(live: Node, intent: NodeIntent, nowMs: number): { readonly status: Fields } {
  const { addresses, capacity, allocatable, ...rest } = intent.status;
  const gone = readRecord(live);
  const wantedTypes = new Set(intent.conditions.map(({ type }) => type));
  const liveTypes = new Set(live.status?.conditions?.map(({ type }) => type));
  const goneTypes = gone.conditions.filter((type) => !wantedTypes.has(type) && liveTypes.has(type));
  const wantedResources = new Set(resourcesOf(intent.status));
  const goneResources = gone.resources.filter((name) => !wantedResources.has(name));
  return {
    status: {
      ...rest,
      ...(declares(live.status) && !declares(intent.status) && { declaredFeatures: null }),
      conditions: [
        ...timedConditions(intent, live, nowMs),
        ...goneTypes.map((type) => ({ $patch: 'delete' as const, type })),
      ],
      ...(capacity && { capacity: { ...nulls(goneResources, live.status?.capacity), ...capacity } }),
      ...(allocatable && { allocatable: { ...nulls(goneResources, live.status?.allocatable), ...allocatable } }),
      // Merged by type otherwise, which loses all but one of several addresses of one type.
      ...(addresses && { addresses: [...addresses, { $patch: 'replace' as const }] }),
    },
  };
}

/** What a node declares that it can is a kubelet's alone to say; and whoever was the node before may have. */
function declares(status: (NodeStatus & { readonly declaredFeatures?: unknown }) | undefined): boolean {
  return Array.isArray(status?.declaredFeatures) && status.declaredFeatures.length > 0;
}

/** The status of a node that is made. */
export function newNodeStatus(intent: NodeIntent, nowMs: number): NodeStatus {
  return { ...intent.status, conditions: timedConditions(intent, undefined, nowMs) };
}

function timedConditions(intent: NodeIntent, live: Node | undefined, nowMs: number): NodeCondition[] {
  const now = timestamp(nowMs);
  const before = new Map(live?.status?.conditions?.map((condition) => [condition.type, condition]));
  return intent.conditions.map((condition) => {
    const previous = before.get(condition.type);
    const unchanged = previous?.status === condition.status ? previous.lastTransitionTime : undefined;
    return { ...condition, lastHeartbeatTime: now, lastTransitionTime: unchanged ?? now };
  });
}

/**
 * A digest of what a node's status says of all that is ours, heartbeats and times of transition apart. Compared with that of the
 * server's answer to our last write it tells whether somebody changed it since, however the server writes quantities.
 */
export function ownedStatus(node: Node, intent: NodeIntent): string {
  const conditions = new Map(node.status?.conditions?.map((condition) => [condition.type, condition]));
  const said = intent.conditions.map(({ type }) => {
    const { status, reason, message } = conditions.get(type) ?? {};
    return [type, status, reason, message];
  });
  const text = JSON.stringify([said, alike(node.status, intent.status)]);
  return createHash('sha256').update(text).digest('base64');
}

/** Whether the Ready condition of a node is True. */
export function isReady(node: Node | undefined): boolean {
  return node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** Of `value` what `shape` has too. Lists count as a whole. */
function alike(value: unknown, shape: unknown): unknown {
  if (!isRecord(value) || !isRecord(shape)) return value;
  const keys = Object.keys(shape).sort();
  return Object.fromEntries(keys.map((key) => [key, alike(value[key], shape[key])]));
}

function nulls(names: readonly string[], live: Readonly<Record<string, string>> | undefined): Record<string, null> {
  return Object.fromEntries(names.filter((name) => live?.[name] !== undefined).map((name) => [name, null]));
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
