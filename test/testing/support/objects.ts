import type { Node, Pod, PodSpec } from '../../../src/kube/types.js';

/** A node that is ready and has room. */
export function readyNode(name: string, changes: Partial<Node> = {}): Node {
  const room = { cpu: '4', memory: '8Gi', pods: '20' };
  const { spec, status, metadata } = changes;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name }, ...metadata },
    ...(spec === undefined ? {} : { spec }),
    status: {
      capacity: room,
      allocatable: room,
      addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ready' }],
      ...status,
    },
  };
}

export function simplePod(name: string, spec: Partial<PodSpec> = {}, namespace = 'default'): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { containers: [{ name: 'main', image: 'nginx' }], ...spec },
  };
}

/** Asks again until `condition` holds: for what happens in other processes. */
export async function eventually(condition: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  const endMs = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
