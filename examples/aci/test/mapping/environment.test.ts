import { describe, expect, it } from 'vitest';
import { containerOf, podOf, refusalOf } from './scene.js';

const namespace = { secrets: { db: { password: 'hunter2', 'my.key': 'x' } }, configMaps: { app: { MODE: 'fast' } } };

describe('the environment', () => {
  it.each([
    ['a literal', [{ name: 'A', value: '1' }], [{ name: 'A', value: '1' }]],
    [
      'a Secret’s value as secureValue',
      [{ name: 'P', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }],
      [{ name: 'P', secureValue: 'hunter2' }],
    ],
    [
      'a Secret’s value as secureValue, also inside of another',
      [
        { name: 'P', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
        { name: 'URL', value: 'postgres://u:$(P)@db' },
      ],
      [
        { name: 'P', secureValue: 'hunter2' },
        { name: 'URL', secureValue: 'postgres://u:hunter2@db' },
      ],
    ],
    [
      'a ConfigMap’s value',
      [{ name: 'M', valueFrom: { configMapKeyRef: { name: 'app', key: 'MODE' } } }],
      [{ name: 'M', value: 'fast' }],
    ],
    [
      'a field of the pod',
      [{ name: 'NS', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
      [{ name: 'NS', value: 'shop' }],
    ],
    [
      'the last of duplicates',
      [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
      [{ name: 'A', value: '2' }],
    ],
    [
      'nothing without a value, which the service does not take',
      [
        { name: 'EMPTY', value: '' },
        { name: 'A', value: '1' },
      ],
      [{ name: 'A', value: '1' }],
    ],
  ])('upstream §5: holds %s', (_, env, expected) => {
    expect(containerOf({ env }, namespace).environmentVariables).toEqual(expected);
  });

  it('holds all of a ConfigMap, with a prefix', () => {
    const envFrom = [{ prefix: 'APP_', configMapRef: { name: 'app' } }];
    expect(containerOf({ envFrom }, namespace).environmentVariables).toEqual([{ name: 'APP_MODE', value: 'fast' }]);
  });

  it('holds the node’s address where that is known, and nothing where the pod has none', () => {
    const env = [{ name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }];
    expect(containerOf({ env }, { hostIP: '10.1.0.4' }).environmentVariables).toEqual([
      { name: 'HOST', value: '10.1.0.4' },
    ]);
    expect(containerOf({}).environmentVariables).toBeUndefined();
  });

  it.each([
    [
      'the pod’s address, which the cloud gives too late',
      { env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }] },
      'spec.containers[app].env[IP]: needs status.podIP, which is not known before the group runs; let the container find it out',
    ],
    [
      'what refers to the pod’s address',
      {
        env: [
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'URL', value: 'http://$(IP)' },
        ],
      },
      'spec.containers[app].env[URL]: needs status.podIP, which is not known before the group runs; let the container find it out',
    ],
    [
      'a name with a hyphen',
      { env: [{ name: 'my-var', value: '1' }] },
      'spec.containers[app].env[my-var]: the cloud takes letters, digits and _ in a variable’s name, and no digit first',
    ],
    [
      'a key of a Secret with a dot',
      { envFrom: [{ secretRef: { name: 'db' } }] },
      'spec.containers[app].envFrom[my.key]: the cloud takes letters, digits and _ in a variable’s name, and no digit first',
    ],
  ])('refuses %s', (_, container, message) => {
    const refusal = refusalOf(podOf(container), namespace);
    expect(refusal.code).toBe('InvalidInput');
    expect(refusal.message).toContain(message);
    expect(refusal.message).not.toContain('hunter2');
  });

  it('holds how Services are reached, but by names that the cloud does not take, for which no pod can help', () => {
    const serviceOf = (name: string) => ({
      metadata: { namespace: 'shop', name },
      spec: { clusterIP: '10.0.0.7', ports: [{ port: 80 }] },
    });
    const services = [serviceOf('1st'), serviceOf('db')];
    const { environmentVariables = [] } = containerOf({}, { services });
    expect(environmentVariables).toContainEqual({ name: 'DB_SERVICE_HOST', value: '10.0.0.7' });
    expect(environmentVariables.filter(({ name }) => !name.startsWith('DB_'))).toEqual([]);
  });

  it('waits for a Secret that is not there', () => {
    const env = [{ name: 'P', valueFrom: { secretKeyRef: { name: 'gone', key: 'password' } } }];
    expect(refusalOf(podOf({ env }))).toMatchObject({
      code: 'Unavailable',
      message: 'pod shop/web: container app: secret "gone" not found',
    });
  });
});
