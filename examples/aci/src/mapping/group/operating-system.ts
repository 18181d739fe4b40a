/** The node has one operating system; a pod that names another has been put on the wrong node. */
import type { Pod } from 'vk-sdk';
import type { OperatingSystem } from '../group-settings.js';
import type { Refusals } from './refusals.js';

const labels = ['kubernetes.io/os', 'beta.kubernetes.io/os'];

export function checkOperatingSystem({ spec }: Pod, operatingSystem: OperatingSystem, refusals: Refusals): void {
  const asked = [
    ['spec.os.name', spec.os?.name] as const,
    ...labels.map((label) => [`spec.nodeSelector[${label}]`, spec.nodeSelector?.[label]] as const),
  ];
  for (const [path, name] of asked) {
    if (name && name !== operatingSystem.toLowerCase()) refusals.add(path, `the node runs ${operatingSystem}`);
  }
}
