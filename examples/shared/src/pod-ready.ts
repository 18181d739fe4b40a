import { pods, type KubeApi, type Pod, type VirtualNode } from 'vk-sdk';

/** Resolves once the node's pod `default/<name>` is Ready. Rejects if there is none. */
export function podReady(node: VirtualNode, client: KubeApi, name: string): Promise<void> {
  const isReady = ({ metadata, status }: Pod): boolean =>
    metadata.name === name &&
    (status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false);
  return new Promise((resolve, reject) => {
    node.on('podStatus', (pod) => isReady(pod) && resolve());
    client.get(pods, { namespace: 'default', name }).then((pod) => isReady(pod) && resolve(), reject);
  });
}
