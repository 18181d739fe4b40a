/**
 * Many pods through the emulated cloud, made and deleted all at once, with what that asked of the cloud. Run small by the
 * tests, and at full size by `npm run bench -- p12`.
 */
import { eventually } from '@vk-sdk-examples/shared/testing';
import { podRef, pods, VirtualNode, type KubeApi, type Pod } from 'vk-sdk';
import type { TestCluster } from 'vk-sdk/testing';
import { AciProvider, type AciProviderOptions } from '../../src/aci-provider.js';
import { emulatedSettings } from '../../src/emulated-cloud.js';
import { groupName } from '../../src/mapping/index.js';
import { AciEmulator, documentedLimits, realisticLatencies, type AciEmulatorOptions } from '../emulator/index.js';
import type { BucketLimit, WindowLimit } from '../emulator/options.js';
import { isRunning, podOf } from '../scene.js';

export interface LoadOptions {
  readonly pods: number;
  /** What part of their length the cloud's latencies have. Default: 1. */
  readonly latencyScale?: number;
  readonly limits?: NonNullable<AciEmulatorOptions['limits']>;
  /** Default: the provider's. */
  readonly tracker?: NonNullable<AciProviderOptions['tracker']>;
  /** How long each half may take. */
  readonly withinMs: number;
}

export interface Phase {
  /** Requests that were not refused, by operation. */
  readonly requests: ReadonlyMap<string, number>;
  /** Those that were, with 429. */
  readonly refused: ReadonlyMap<string, number>;
  /** From the pod's creation, or the request for its deletion, until Kubernetes knew, in order. */
  readonly latenciesMs: readonly number[];
}

export interface LoadReport {
  readonly creation: Phase;
  readonly deletion: Phase;
  /** Groups that were there when all pods ran: more than pods would be paid for in vain. */
  readonly groups: readonly string[];
  readonly expectedGroups: readonly string[];
  readonly groupsLeft: number;
  readonly podsLeft: number;
}

/**
 * The published limits in a time that goes faster, with 1/30 an hour in two minutes: so many requests in shorter windows, and
 * buckets that are as large and refill sooner. Pods are refused as often as they would be, and wait less long.
 */
export function scaledLimits(scale: number): NonNullable<AciEmulatorOptions['limits']> {
  const window = ({ requests, windowMs }: WindowLimit): WindowLimit => ({ requests, windowMs: windowMs * scale });
  const refill = ({ bucket, perSecond }: BucketLimit): BucketLimit => ({ bucket, perSecond: perSecond / scale });
  const { creates, removals, reads, writes, deletes } = documentedLimits;
  return {
    creates: creates.map(window),
    removals: removals.map(window),
    reads: refill(reads),
    writes: refill(writes),
    deletes: refill(deletes),
  };
}

/** Load that is under way at a time. */
const clients = 16;

export async function runLoad(cluster: TestCluster, options: LoadOptions): Promise<LoadReport> {
  const { latencyScale = 1, limits = {}, tracker = {}, withinMs } = options;
  const cloud = new AciEmulator({ latencies: realisticLatencies(Math.random, latencyScale), limits });
  await cloud.start();
  const nodeName = `load-${options.pods}`;
  const provider = new AciProvider(emulatedSettings(cloud, nodeName), { hostIP: '10.9.8.7', tracker });
  const node = new VirtualNode(nodeName, provider, cluster.client, { pods: { danglingIntervalMs: Infinity } });
  try {
    await node.start();
    await node.ready();
    const names = Array.from({ length: options.pods }, (_, index) => `load-${index}`);
    const ranAt = new Map<string, number>();
    node.on('podStatus', ({ metadata: { name = '' }, status = {} }) => {
      if (isRunning(status) && !ranAt.has(name)) ranAt.set(name, performance.now());
    });
    const begunAt = new Map<string, number>();
    const made: Pod[] = [];
    const creation = await phase(cloud, async () => {
      await inTurn(names, async (name) => {
        begunAt.set(name, performance.now());
        made.push(await cluster.client.create(pods, podOf(name, {}, { nodeName })));
      });
      await eventually(`${names.length} pods run`, () => ranAt.size === names.length, withinMs);
      return names.map((name) => (ranAt.get(name) ?? NaN) - (begunAt.get(name) ?? NaN));
    });
    const groups = [...cloud.groups.keys()].sort();
    const expectedGroups = made.map((pod) => groupName(podRef(pod))).sort();

    const endedAt = new Map<string, number>();
    node.on('podGone', ({ name }) => endedAt.set(name, performance.now()));
    const deletion = await phase(cloud, async () => {
      await inTurn(names, async (name) => {
        begunAt.set(name, performance.now());
        await cluster.client.delete(pods, { namespace: 'default', name });
      });
      await eventually('no pod is left', async () => (await podsOf(cluster.client, nodeName)) === 0, withinMs);
      return names.map((name) => (endedAt.get(name) ?? NaN) - (begunAt.get(name) ?? NaN));
    });
    return {
      creation,
      deletion,
      groups,
      expectedGroups,
      groupsLeft: cloud.groups.size,
      podsLeft: await podsOf(cluster.client, nodeName),
    };
  } finally {
    await node.close({ graceMs: 0 });
    await provider.close();
    await cloud.close();
  }
}

async function podsOf(client: KubeApi, nodeName: string): Promise<number> {
  return (await client.list(pods, { fieldSelector: `spec.nodeName=${nodeName}` })).items.length;
}

async function phase(cloud: AciEmulator, work: () => Promise<readonly number[]>): Promise<Phase> {
  const before = cloud.requests.tally();
  const latenciesMs = [...(await work())].sort((one, other) => one - other);
  const after = cloud.requests.tally();
  return {
    requests: since(before.done, after.done),
    refused: since(before.refused, after.refused),
    latenciesMs,
  };
}

function since(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const counts = [...after].map(([operation, count]) => [operation, count - (before.get(operation) ?? 0)] as const);
  return new Map(counts.filter(([operation, count]) => count > 0 && operation !== 'token' && operation !== 'metadata'));
}

async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    }),
  );
}
