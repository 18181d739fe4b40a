import type { Pod } from 'vk-sdk';

/** A container that says the time: something for `kubectl logs -f` to follow and for `kubectl exec` to get into. */
export function demoPod(nodeName: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'demo', labels: { app: 'demo' } },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': nodeName },
      tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 5,
      containers: [
        {
          name: 'ticker',
          image: 'docker.io/library/busybox',
          command: ['sh', '-c', 'while :; do date; sleep 1; done'],
          env: [{ name: 'GREETING', value: 'hello from a container group' }],
          resources: { requests: { cpu: '100m', memory: '100M' } },
        },
      ],
    },
  };
}
