import { describe, expect, it } from 'vitest';
import type { ConfigMap, Pod, PodSpec, Secret, Service } from '../../../src/kube/types.js';
import { resolveEnvironment } from '../../../src/provider/environment/resolve-environment.js';
import type { EnvironmentSources } from '../../../src/provider/environment/sources.js';
import { VkError } from '../../../src/runtime/errors.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const configMaps: Record<string, ConfigMap> = {
  settings: { metadata: { name: 'settings' }, data: { color: 'blue', size: 'L', 'not=good': 'x' } },
  more: { metadata: { name: 'more' }, data: { color: 'red' } },
};
const secrets: Record<string, Secret> = {
  login: { metadata: { name: 'login' }, data: { password: base64('hunter2') } },
};
const service = (namespace: string, name: string, spec: Service['spec']): Service => ({
  metadata: { namespace, name },
  ...(spec && { spec }),
});
const services: Service[] = [
  service('default', 'kubernetes', { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP' }] }),
  service('shop', 'my-db', {
    clusterIP: 'fd00::9',
    ports: [{ port: 5432 }, { name: 'udp-in', port: 53, protocol: 'UDP' }],
  }),
  service('shop', 'headless', { clusterIP: 'None', ports: [{ port: 1 }] }),
  service('other', 'elsewhere', { clusterIP: '10.96.0.7', ports: [{ port: 1 }] }),
];
const sources: EnvironmentSources = {
  configMap: (name) => (configMaps[name] ? { state: 'found', object: configMaps[name] } : { state: 'missing' }),
  secret: (name) => {
    if (name === 'broken')
      return { state: 'unreadable', error: new VkError('Forbidden', 'secrets shop/broken: not allowed') };
    return secrets[name] ? { state: 'found', object: secrets[name] } : { state: 'missing' };
  },
  services: () => services,
  allocatable: { cpu: '4', memory: '8Gi' },
};

type Env = PodSpec['containers'][number];

function resolve(container: Partial<Env>, spec: Partial<PodSpec> = {}, status: Pod['status'] = {}) {
  const pod: Pod = {
    metadata: { namespace: 'shop', name: 'web', uid: 'u-1' },
    spec: { enableServiceLinks: false, containers: [{ name: 'app', ...container }], ...spec },
    status,
  };
  const { containers, problems } = resolveEnvironment(pod, sources);
  const variables = containers.get('app') ?? [];
  const own = variables.filter(({ origin }) => origin.kind !== 'service');
  return { variables, problems, values: Object.fromEntries(own.map(({ name, value }) => [name, value])) };
}

describe('resolveEnvironment (upstream §2, Environment)', () => {
  it('takes envFrom in order, the later wins, and env on top of all', () => {
    const { values } = resolve({
      envFrom: [{ configMapRef: { name: 'settings' } }, { configMapRef: { name: 'more' } }],
      env: [{ name: 'size', value: 'S' }],
    });
    expect(values).toEqual({ color: 'red', size: 'S' });
  });

  it('applies the prefix, and skips names that cannot be with one event', () => {
    const { values, problems } = resolve({ envFrom: [{ prefix: 'P_', configMapRef: { name: 'settings' } }] });
    expect(values).toEqual({ P_color: 'blue', P_size: 'L' });
    expect(problems).toEqual([
      {
        reason: 'InvalidEnvironmentVariableNames',
        message:
          'keys [not=good] from the envFrom configmap shop/settings were skipped since they are considered invalid environment variable names',
        container: 'app',
        blocking: false,
      },
    ]);
  });

  it('lets the last of several variables of one name count', () => {
    const { variables } = resolve({
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '$(A)2' },
      ],
    });
    expect(variables.filter(({ name }) => name === 'A').map(({ value }) => value)).toEqual(['12']);
  });

  it('expands from what is above, then from services, and never from below', () => {
    const { values } = resolve({
      env: [
        { name: 'A', value: '$(B)' },
        { name: 'B', value: 'b' },
        { name: 'C', value: '$(B) $(KUBERNETES_SERVICE_HOST) $$(B) $(NOBODY)' },
      ],
    });
    expect(values).toEqual({ A: '$(B)', B: 'b', C: 'b 10.96.0.1 $(B) $(NOBODY)' });
  });

  it('says where each value is from, and follows a secret through references', () => {
    const { variables } = resolve({
      env: [
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
        { name: 'URL', value: 'db://me:$(PASSWORD)@db' },
        { name: 'COPY', value: '$(URL)' },
        { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
      ],
    });
    expect(variables.filter(({ origin }) => origin.kind !== 'service')).toEqual([
      {
        name: 'PASSWORD',
        value: 'hunter2',
        origin: { kind: 'secret', name: 'login', key: 'password' },
        secret: true,
        waitsFor: [],
      },
      { name: 'URL', value: 'db://me:hunter2@db', origin: { kind: 'literal' }, secret: true, waitsFor: [] },
      { name: 'COPY', value: 'db://me:hunter2@db', origin: { kind: 'literal' }, secret: true, waitsFor: [] },
      {
        name: 'COLOR',
        value: 'blue',
        origin: { kind: 'configMap', name: 'settings', key: 'color' },
        secret: false,
        waitsFor: [],
      },
    ]);
  });

  it('defers what needs an address that nobody knows yet, and what refers to it', () => {
    const env = [
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'LISTEN', value: 'http://$(IP):80' },
    ];
    const before = resolve({ env });
    expect(before.variables.slice(0, 2).map(({ value, waitsFor }) => [value, waitsFor])).toEqual([
      [undefined, ['status.podIP']],
      [undefined, ['status.podIP']],
    ]);
    expect(before.problems).toEqual([]);
    expect(resolve({ env }, {}, { podIP: '10.1.0.5' }).values).toEqual({
      IP: '10.1.0.5',
      LISTEN: 'http://10.1.0.5:80',
    });
  });

  it('takes resources of another container, init containers among them', () => {
    const { values } = resolve(
      {
        env: [
          {
            name: 'CPU',
            valueFrom: { resourceFieldRef: { containerName: 'setup', resource: 'limits.cpu', divisor: '1m' } },
          },
        ],
      },
      { initContainers: [{ name: 'setup', resources: { limits: { cpu: '300m' } } }] },
    );
    expect(values).toEqual({ CPU: '300' });
  });

  it("takes the pod's own limits for those that a container lacks (KEP-2837), and those of the node for the rest", () => {
    const limit = (name: string) => ({ name, valueFrom: { resourceFieldRef: { resource: `limits.${name}` } } });
    const resources = { limits: { cpu: '2', memory: '0', 'hugepages-2Mi': '4Mi' } };
    const env = ['cpu', 'memory', 'hugepages-2Mi'].map(limit);
    expect(resolve({ env }, { resources }).values).toEqual({
      cpu: '2',
      memory: String(8 * 1024 ** 3),
      'hugepages-2Mi': '0',
    });
    expect(resolve({ env: [limit('cpu')], resources: { limits: { cpu: '1' } } }, { resources }).values).toEqual({
      cpu: '1',
    });
  });

  it.each([
    [{ configMapKeyRef: { name: 'none', key: 'k' } }, 'MandatoryConfigMapNotFound', 'configmap "none" not found', true],
    [
      { configMapKeyRef: { name: 'none', key: 'k', optional: true } },
      'OptionalConfigMapNotFound',
      'configmap "none" not found',
      false,
    ],
    [
      { configMapKeyRef: { name: 'settings', key: 'k' } },
      'MandatoryConfigMapKeyNotFound',
      "couldn't find key k in ConfigMap shop/settings",
      true,
    ],
    [
      { configMapKeyRef: { name: 'settings', key: 'toString', optional: true } },
      'OptionalConfigMapKeyNotFound',
      "couldn't find key toString in ConfigMap shop/settings",
      false,
    ],
    [{ secretKeyRef: { name: 'none', key: 'k' } }, 'MandatorySecretNotFound', 'secret "none" not found', true],
    [
      { secretKeyRef: { name: 'login', key: 'k', optional: true } },
      'OptionalSecretKeyNotFound',
      "couldn't find key k in Secret shop/login",
      false,
    ],
    [
      { secretKeyRef: { name: 'broken', key: 'k', optional: true } },
      'FailedToReadOptionalSecret',
      'secret "broken": secrets shop/broken: not allowed',
      true,
    ],
    [
      { fieldRef: { fieldPath: 'status.phase' } },
      'InvalidFieldReference',
      'variable X: pod shop/web: fieldRef "status.phase" is not one that pods have',
      true,
    ],
  ])('%j: %s', (valueFrom, reason, message, blocking) => {
    const { problems, values } = resolve({ env: [{ name: 'X', valueFrom }] });
    expect(problems).toEqual([{ reason, message, container: 'app', blocking }]);
    expect(values).toEqual({});
  });

  it('keeps the earlier variable where an optional source for the same name is missing', () => {
    const { values } = resolve({
      env: [
        { name: 'X', value: 'default' },
        { name: 'X', valueFrom: { configMapKeyRef: { name: 'none', key: 'k', optional: true } } },
      ],
    });
    expect(values).toEqual({ X: 'default' });
  });

  it('waits for a file of which nothing is known, and reads one that is', () => {
    const env = [{ name: 'F', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'out.env', key: 'K' } } }];
    expect(resolve({ env }).variables[0]).toMatchObject({ value: undefined, waitsFor: ['file out.env of volume v'] });
    const pod: Pod = { metadata: { namespace: 'shop', name: 'web' }, spec: { containers: [{ name: 'app', env }] } };
    const { containers } = resolveEnvironment(pod, { ...sources, file: () => "K='from a file'" });
    expect(containers.get('app')?.[0]).toMatchObject({ name: 'F', value: 'from a file' });
  });

  it.each([
    ['that is not there', '', false, 'FileKeyNotFound'],
    ['that is not there, for an optional key', '', true, undefined],
    ['without the key', "J='1'", false, 'FileKeyNotFound'],
    ['without the key, which is optional', "J='1'", true, undefined],
    ['that is malformed', 'K=hush', false, 'InvalidEnvironmentFile'],
    ['that is malformed, for an optional key', 'K=hush', true, 'InvalidEnvironmentFile'],
  ])('of a file %s', (_, text, optional, reason) => {
    const env = [{ name: 'F', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'out.env', key: 'K', optional } } }];
    const pod: Pod = { metadata: { namespace: 'shop', name: 'web' }, spec: { containers: [{ name: 'app', env }] } };
    const { containers, problems } = resolveEnvironment(pod, { ...sources, file: () => text });
    expect(containers.get('app')?.map(({ name }) => name)).not.toContain('F');
    expect(problems.map((problem) => [problem.reason, problem.blocking])).toEqual(reason ? [[reason, true]] : []);
    expect(JSON.stringify(problems)).not.toContain('hush');
  });
});

describe('service variables (upstream §2, Environment)', () => {
  const ofServices = (enableServiceLinks: boolean) =>
    Object.fromEntries(resolve({}, { enableServiceLinks }).variables.map(({ name, value }) => [name, value]));

  it('are those of the namespace, and of default/kubernetes, in all their forms', () => {
    expect(ofServices(true)).toEqual({
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_SERVICE_PORT: '443',
      KUBERNETES_SERVICE_PORT_HTTPS: '443',
      KUBERNETES_PORT: 'tcp://10.96.0.1:443',
      KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
      KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
      KUBERNETES_PORT_443_TCP_PORT: '443',
      KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
      MY_DB_SERVICE_HOST: 'fd00::9',
      MY_DB_SERVICE_PORT: '5432',
      MY_DB_SERVICE_PORT_UDP_IN: '53',
      MY_DB_PORT: 'tcp://[fd00::9]:5432',
      MY_DB_PORT_5432_TCP: 'tcp://[fd00::9]:5432',
      MY_DB_PORT_5432_TCP_PROTO: 'tcp',
      MY_DB_PORT_5432_TCP_PORT: '5432',
      MY_DB_PORT_5432_TCP_ADDR: 'fd00::9',
      MY_DB_PORT_53_UDP: 'udp://[fd00::9]:53',
      MY_DB_PORT_53_UDP_PROTO: 'udp',
      MY_DB_PORT_53_UDP_PORT: '53',
      MY_DB_PORT_53_UDP_ADDR: 'fd00::9',
    });
  });

  it('are those of default/kubernetes alone where service links are off', () => {
    expect(Object.keys(ofServices(false)).filter((name) => !name.startsWith('KUBERNETES_'))).toEqual([]);
    expect(Object.keys(ofServices(false))).toHaveLength(8);
  });

  it('give way to a variable of the container', () => {
    const { variables } = resolve({ env: [{ name: 'KUBERNETES_PORT', value: 'mine' }] });
    expect(variables.filter(({ name }) => name === 'KUBERNETES_PORT').map(({ value }) => value)).toEqual(['mine']);
  });
});
