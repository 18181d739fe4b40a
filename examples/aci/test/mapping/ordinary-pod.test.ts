import { describe, expect, it } from 'vitest';
import type { Pod } from 'vk-sdk';
import { groupOf, podOf, refusalOf, settings } from './scene.js';

/** As a ReplicaSet makes it and the apiserver and its admission complete it. */
const completed: Pod = {
  ...podOf(
    {
      imagePullPolicy: 'IfNotPresent',
      ports: [{ containerPort: 8080, name: 'http', protocol: 'TCP' }],
      resources: {},
      resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
      securityContext: { privileged: false, readOnlyRootFilesystem: false, procMount: 'Default' },
      stdin: false,
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      volumeMounts: [
        {
          name: 'kube-api-access-x7k2p',
          mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
          readOnly: true,
          mountPropagation: 'None',
          recursiveReadOnly: 'Disabled',
        },
      ],
    },
    {
      affinity: { nodeAffinity: {} },
      automountServiceAccountToken: true,
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      hostNetwork: false,
      hostUsers: true,
      hostname: 'web',
      initContainers: [],
      nodeName: 'aci-node',
      nodeSelector: { 'kubernetes.io/os': 'linux', type: 'virtual-kubelet' },
      os: { name: 'linux' },
      preemptionPolicy: 'PreemptLowerPriority',
      priority: 0,
      readinessGates: [{ conditionType: 'example.com/ready' }],
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      serviceAccount: 'default',
      serviceAccountName: 'default',
      subdomain: 'web',
      terminationGracePeriodSeconds: 30,
      tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
      topologySpreadConstraints: [],
      volumes: [
        {
          name: 'kube-api-access-x7k2p',
          projected: {
            defaultMode: 0o644,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
              {
                downwardAPI: {
                  items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
                },
              },
            ],
          },
        },
      ],
    },
  ),
};
const namespace = { configMaps: { 'kube-root-ca.crt': { 'ca.crt': 'certificate' } } };

describe('an ordinary pod', () => {
  it('becomes a group, with the token of its service account', () => {
    const group = groupOf(completed, namespace);
    expect(group).toMatchObject({
      location: 'westus2',
      osType: 'Linux',
      restartPolicy: 'Always',
      containers: [
        {
          name: 'app',
          image: 'nginx:1.27',
          ports: [{ port: 8080, protocol: 'TCP' }],
          resources: { requests: { cpu: 1, memoryInGB: 1.5 } },
        },
      ],
      volumes: [
        {
          name: 'kube-api-access-x7k2p',
          secret: {
            token: Buffer.from('token of default').toString('base64'),
            'ca.crt': Buffer.from('certificate').toString('base64'),
            namespace: Buffer.from('shop').toString('base64'),
          },
        },
      ],
      ipAddress: { type: 'Public', ports: [{ port: 8080, protocol: 'TCP' }] },
    });
    expect(Object.keys(group).sort()).toEqual(
      ['containers', 'ipAddress', 'location', 'osType', 'restartPolicy', 'tags', 'volumes'].sort(),
    );
  });

  it('upstream §5: on Windows goes without the token’s volume, which such groups cannot have', () => {
    const pod: Pod = { ...completed, spec: { ...completed.spec, nodeSelector: {}, os: { name: 'windows' } } };
    const group = groupOf(pod, namespace, { ...settings, operatingSystem: 'Windows' });
    expect(group.osType).toBe('Windows');
    expect(group.volumes).toBeUndefined();
    expect(group.containers[0]?.volumeMounts).toBeUndefined();
  });

  it.each([
    ['spec.os.name', { os: { name: 'windows' } }],
    ['spec.nodeSelector[kubernetes.io/os]', { nodeSelector: { 'kubernetes.io/os': 'windows' } }],
    ['spec.nodeSelector[beta.kubernetes.io/os]', { nodeSelector: { 'beta.kubernetes.io/os': 'windows' } }],
  ])('is refused for %s of another operating system', (path, spec) => {
    expect(refusalOf(podOf({}, spec))).toMatchObject({
      code: 'InvalidInput',
      message: `pod shop/web: ${path}: the node runs Linux`,
    });
  });

  it.each(['Always', 'OnFailure', 'Never'])('keeps the restart policy %s', (restartPolicy) => {
    expect(groupOf(podOf({}, { restartPolicy })).restartPolicy).toBe(restartPolicy);
  });

  it('upstream §5: is known by its tags: PodName, NodeName, Namespace, UID, CreationTimestamp', () => {
    expect(groupOf(podOf()).tags).toEqual({
      PodName: 'web',
      NodeName: 'aci-node',
      Namespace: 'shop',
      UID: '0c6d6b4e-0a51-4f0b-9c60-6f0d1f1f6f11',
      CreationTimestamp: '2026-03-01T10:00:00Z',
    });
  });

  it('has tags that Azure holds, however long its names are', () => {
    const name = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
    const tags = groupOf(podOf({}, {}, { name, namespace: 'n'.repeat(63) }), {}, { ...settings, nodeName: name }).tags;
    for (const value of Object.values(tags ?? {})) expect(value.length).toBeLessThanOrEqual(256);
    expect(tags?.['PodName']).toBe(name);
  });
});
