/** What pretended pods use: steady figures, each container its own, so that `kubectl top` has something to show. */
import { timestamp, type Clock, type Pod, type StatsSummary } from 'vk-sdk';
import { runOf } from './container-log.js';

interface Usage {
  readonly milliCores: number;
  readonly bytes: number;
  readonly startedAtMs: number;
}

/** What the node needs for itself. */
const nodeItself = { milliCores: 50, bytes: 256 * 2 ** 20 };

export function statsSummary(nodeName: string, startedAtMs: number, pods: readonly Pod[], clock: Clock): StatsSummary {
  const now = clock.now();
  const podStats = pods.flatMap((pod) => {
    const containers = runningContainers(pod);
    if (containers.length === 0) return [];
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    return [
      {
        podRef: { namespace, name, uid },
        containers: containers.map((each) => ({ name: each.name, ...figures([each], now) })),
        ...figures(containers, now),
      },
    ];
  });
  const everything = [{ ...nodeItself, startedAtMs }, ...pods.flatMap(runningContainers)];
  return { node: { nodeName, ...figures(everything, now) }, pods: podStats };
}

function runningContainers({ metadata, status }: Pod): (Usage & { readonly name: string })[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(({ name, state }) => {
    const run = state?.running && runOf(state);
    if (!run) return [];
    // Some number between 0 and 99 that stays with the container.
    const number = Buffer.from(`${metadata.uid ?? ''}/${name}`).reduce((sum, byte) => (sum * 31 + byte) % 100, 7);
    return [{ name, milliCores: 5 + number, bytes: (16 + number) * 2 ** 20, startedAtMs: run.startedAtMs }];
  });
}

function figures(usages: readonly Usage[], nowMs: number) {
  const time = timestamp(nowMs);
  const bytes = sum(usages, (usage) => usage.bytes);
  return {
    startTime: timestamp(Math.min(...usages.map(({ startedAtMs }) => startedAtMs))),
    cpu: {
      time,
      usageNanoCores: sum(usages, ({ milliCores }) => milliCores * 1e6),
      usageCoreNanoSeconds: sum(usages, ({ milliCores, startedAtMs }) => milliCores * 1e3 * (nowMs - startedAtMs)),
    },
    memory: { time, usageBytes: bytes, workingSetBytes: bytes, rssBytes: bytes },
  };
}

function sum(usages: readonly Usage[], of: (usage: Usage) => number): number {
  return usages.reduce((total, usage) => total + of(usage), 0);
}
