/** What pretended pods use: steady figures, of each container its own, so that `kubectl top` has something to show. */
import type { ContainerUsage, Pod, PodUsage, ResourceUsage } from 'vk-sdk';
import { runOf } from './container-log.js';

/** What the node needs for itself. */
const nodeItself = { cpuCores: 0.05, memoryBytes: 256 * 2 ** 20 };

/** The pods that run something. */
export function podUsages(pods: readonly Pod[]): PodUsage[] {
  return pods.flatMap((pod) => {
    const containers = containerUsages(pod);
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    return containers.length === 0 ? [] : [{ ref: { namespace, name, uid }, containers }];
  });
}

/** The node with all of them. */
export function nodeUsage(pods: readonly PodUsage[]): ResourceUsage {
  const all: readonly ResourceUsage[] = [nodeItself, ...pods.flatMap(({ containers }) => containers)];
  return {
    cpuCores: all.reduce((sum, { cpuCores = 0 }) => sum + cpuCores, 0),
    memoryBytes: all.reduce((sum, { memoryBytes = 0 }) => sum + memoryBytes, 0),
  };
}

function containerUsages({ metadata, status }: Pod): ContainerUsage[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(({ name, state }) => {
    const run = state?.running && runOf(state);
    if (!run) return [];
    // Some number between 0 and 99 that stays with the container.
    const number = Buffer.from(`${metadata.uid ?? ''}/${name}`).reduce((sum, byte) => (sum * 31 + byte) % 100, 7);
    const memoryBytes = (16 + number) * 2 ** 20;
    return [{ name, startedAtMs: run.startedAtMs, cpuCores: (5 + number) / 1_000, memoryBytes }];
  });
}
