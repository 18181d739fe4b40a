import type { Pod } from 'vk-sdk';

/** A pod that only `nodeName` can run: it asks for that node, and tolerates the taint that keeps others away. */
export function demoPod(nodeName: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', generateName: 'hello-', labels: { app: 'hello' } },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': nodeName },
      tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
      // A virtual node has no use for a token, and a namespace that has just been made has no account yet.
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'hello', image: 'example.com/hello:1' }],
    },
  };
}
