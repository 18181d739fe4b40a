/** The volume with a token and the cluster's certificate that the apiserver adds to pods. */
import { asArray, asObject, type JsonObject } from '../json.js';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * `spec` with the volume, mounted in each container that has nothing at the path. Unchanged if pod or account say not to,
 * or if no container needs it.
 */
export function withServiceAccountVolume(spec: JsonObject, account: JsonObject, suffix: () => string): JsonObject {
  if ((spec['automountServiceAccountToken'] ?? account['automountServiceAccountToken'] ?? true) !== true) return spec;
  const everyContainer = [...asArray(spec['containers']), ...asArray(spec['initContainers'])];
  if (everyContainer.every((each) => isMounted(asObject(each)))) return spec;
  const existing = asArray(spec['volumes']).find((each) =>
    String(asObject(each)['name']).startsWith('kube-api-access-'),
  );
  const name = existing === undefined ? `kube-api-access-${suffix()}` : String(asObject(existing)['name']);
  const mount = (list: unknown): readonly unknown[] =>
    asArray(list).map((each) => {
      const container = asObject(each);
      const mounts = asArray(container['volumeMounts']);
      if (isMounted(container)) return container;
      return { ...container, volumeMounts: [...mounts, { name, readOnly: true, mountPath }] };
    });
  const initContainers = spec['initContainers'] === undefined ? {} : { initContainers: mount(spec['initContainers']) };
  const containers = { containers: mount(spec['containers']) };
  const volumes =
    existing === undefined ? [...asArray(spec['volumes']), { name, projected }] : asArray(spec['volumes']);
  return { ...spec, volumes, ...initContainers, ...containers };
}

function isMounted(container: JsonObject): boolean {
  return asArray(container['volumeMounts']).some((each) => asObject(each)['mountPath'] === mountPath);
}

const projected = {
  sources: [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ],
  defaultMode: 420,
} as const;
