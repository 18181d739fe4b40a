/** Pods for the tests of the helpers. */
import type { Container, Pod, PodSpec } from '../../src/kube/types.js';

export function podWith(spec: Partial<PodSpec> = {}, more: Partial<Pod> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'web', uid: 'uid-1', ...more.metadata },
    spec: { containers: [container('app')], ...spec },
    ...(more.status && { status: more.status }),
  };
}

export function container(name: string, more: Partial<Container> = {}): Container {
  return { name, image: `${name}:1`, ...more };
}

export function sidecar(name: string): Container {
  return container(name, { restartPolicy: 'Always' });
}
