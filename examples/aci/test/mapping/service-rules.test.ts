import fc from 'fast-check';
import { VkError, type Container, type Pod } from 'vk-sdk';
import { describe, expect, it } from 'vitest';
import { podToGroup } from '../../src/mapping/group/pod-to-group.js';
import { inSubnet, materialOf, podOf, pullSecret, settings } from './scene.js';
import { refusedByService } from './service-rules.js';

const namespace = {
  secrets: {
    db: { password: 'hunter2', 'a.b': 'x' },
    share: { azurestorageaccountname: 'a', azurestorageaccountkey: 'k' },
  },
  configMaps: { app: { MODE: 'fast', EMPTY: '', 'app.conf': 'x' } },
  pullSecrets: [
    pullSecret('dockerconfigjson', {
      'https://r.example.com/v1/': { username: 'u', password: 'p' },
      '*.io': { username: 'v', password: 'q' },
    }),
  ],
};

/** What is refused comes seldom, or hardly a pod would be taken. */
const mostly = <T>(usual: fc.Arbitrary<T>, ...seldom: T[]) =>
  fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(...seldom) });
const quantity = fc.constantFrom('0', '1m', '15m', '0.5', '2', '1500m', '3');
const bytes = fc.constantFrom('0', '1Mi', '99M', '1.5G', '2Gi', '123456789');

const variables = [
  { name: 'A', value: '1' },
  { name: 'A', value: '' },
  { name: 'P', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
  { name: 'Q', value: '$(P)' },
];

const common = {
  image: mostly(
    fc.constantFrom('nginx', 'r.example.com/x/y:1', 'team.azurecr.io/app', `docker.io/a/b@sha256:${'a'.repeat(64)}`),
    'NOT AN IMAGE',
  ),
  commandAndArgs: mostly(
    fc.constantFrom<object>({}, { command: ['a'] }, { command: ['a', 'b'], args: ['c'] }, { command: [], args: [] }),
    { args: ['c'] },
  ),
  env: mostly(fc.subarray<object>(variables), [{ name: 'a-b', value: '1' }]),
  envFrom: mostly<object[]>(fc.constantFrom([]), [{ configMapRef: { name: 'app' } }], [{ secretRef: { name: 'db' } }]),
  volumeMounts: fc.subarray([
    { name: 'work', mountPath: '/w' },
    { name: 'conf', mountPath: '/c' },
    { name: 'share', mountPath: '/s' },
  ]),
};

const amounts = fc.record({ cpu: quantity, memory: bytes }, { requiredKeys: [] });

const container = fc.record({
  ...common,
  ports: mostly(
    fc.array(fc.record({ containerPort: fc.integer({ min: 1, max: 4 }), protocol: fc.constantFrom('TCP', 'UDP') }), {
      maxLength: 3,
    }),
    [{ containerPort: 1, protocol: 'SCTP' }],
  ),
  resources: fc.record({ requests: amounts, limits: amounts }, { requiredKeys: [] }),
  livenessProbe: mostly<object | null>(
    fc.constantFrom(null, { exec: { command: ['a'] } }, { httpGet: { port: 80, scheme: 'HTTPS' } }),
    { tcpSocket: { port: 1 } },
  ),
});

const pods: fc.Arbitrary<Pod> = fc
  .record({
    containers: fc.array(container, { minLength: 1, maxLength: 3 }),
    initContainers: fc.array(fc.record(common), { maxLength: 2 }),
    restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
    dnsPolicy: mostly(fc.constantFrom('ClusterFirst', 'Default'), 'None'),
    dnsConfig: mostly<object>(fc.constant({}), { nameservers: ['1.1.1.1'] }, { searches: ['a.example'] }),
    annotations: mostly<Record<string, string>>(
      fc.constantFrom(
        {},
        { 'virtual-kubelet.io/container-sku': 'confidential' },
        { 'virtual-kubelet.io/container-priority': 'Spot' },
      ),
      { 'virtualkubelet.io/dnsnamelabel': 'web' },
      { 'virtualkubelet.io/dnsnamelabel': '_' },
    ),
  })
  .map(({ containers, initContainers, annotations, ...spec }) => {
    const named = (list: readonly { readonly commandAndArgs: object }[], prefix: string): Container[] =>
      list.map(({ commandAndArgs, ...each }, index) => ({ ...each, ...commandAndArgs, name: `${prefix}${index}` }));
    const volumes = [
      { name: 'work', emptyDir: {} },
      { name: 'conf', configMap: { name: 'app' } },
      { name: 'share', azureFile: { shareName: 's', secretName: 'share' } },
    ];
    const whole = { ...spec, containers: named(containers, 'c'), initContainers: named(initContainers, 'i'), volumes };
    return podOf({}, whole, { annotations });
  });

describe('a group that is made of a pod', () => {
  it('is one that the service takes, or the pod is refused', () => {
    let made = 0;
    fc.assert(
      fc.property(pods, fc.boolean(), (pod, subnet) => {
        try {
          const group = podToGroup(pod, materialOf(pod, namespace), subnet ? inSubnet : settings);
          expect(refusedByService(group)).toEqual([]);
          // Only where the cloud keeps it as a secret.
          const open = JSON.stringify(group, (key, value: unknown) => (key === 'secureValue' ? undefined : value));
          expect(open).not.toContain('hunter2');
          made += 1;
        } catch (error) {
          if (!(error instanceof VkError)) throw error;
          expect(error.code).toBe('InvalidInput');
          expect(error.message).toMatch(/^pod shop\/web: (spec|metadata)\./);
          expect(error.message).not.toContain('hunter2');
        }
      }),
      { numRuns: 800 },
    );
    expect(made).toBeGreaterThan(150);
  });
});
