import { describe, expect, it } from 'vitest';
import { definitionOf } from '../../../../src/testing/apiserver/core/index.js';
import { at, failureOf, merge, newCore, nodes, podOf, pods, read, strategic } from './helpers.js';

describe('a pod that is made', () => {
  it('gets the defaults that a real apiserver fills in', () => {
    const { core } = newCore();
    core.create(
      pods,
      'default',
      podOf('p', { containers: [{ name: 'a', image: 'b:1', ports: [{ containerPort: 80 }] }] }),
      {},
    );
    const { spec, status } = read(core, 'p');
    const suffix = (spec['volumes'] as { name: string }[])[0]?.name ?? '';
    expect(suffix).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(spec).toMatchObject({
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      terminationGracePeriodSeconds: 30,
      schedulerName: 'default-scheduler',
      serviceAccountName: 'default',
      securityContext: {},
      priority: 0,
      enableServiceLinks: true,
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
      containers: [
        {
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          resources: {},
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          volumeMounts: [{ name: suffix, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
        },
      ],
    });
    expect(status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  it.each([
    [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    [{ requests: { cpu: '100m' } }, 'Burstable'],
    [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }, 'Burstable'],
    [{ requests: { cpu: '0' } }, 'BestEffort'],
    [{ limits: { 'example.com/gpu': '1' } }, 'BestEffort'],
  ])('with resources %j has QoS class %s', (resources, qosClass) => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p', { containers: [{ name: 'a', image: 'b', resources }] }), {});
    expect(read(core, 'p').status['qosClass']).toBe(qosClass);
  });

  it('takes its priority from a class, which must be there', () => {
    const { core } = newCore();
    core.create(
      definitionOf('scheduling.k8s.io', 'priorityclasses'),
      undefined,
      { metadata: { name: 'high' }, value: 7 } as never,
      {},
    );
    core.create(pods, 'default', podOf('p', { priorityClassName: 'high' }), {});
    expect(read(core, 'p').spec['priority']).toBe(7);
    expect(failureOf(() => core.create(pods, 'default', podOf('q', { priorityClassName: 'nope' }), {})).message).toBe(
      'pods "q" is forbidden: no PriorityClass with name nope was found',
    );
  });

  it.each([
    ['no containers', { containers: [] }, 'spec.containers', 'Required value'],
    ['no image', { containers: [{ name: 'a' }] }, 'spec.containers[0].image', 'Required value'],
    [
      'two containers of one name',
      {
        containers: [
          { name: 'a', image: 'b' },
          { name: 'a', image: 'b' },
        ],
      },
      'spec.containers[1].name',
      'Duplicate value: "a"',
    ],
    [
      'a restart policy that does not exist',
      { restartPolicy: 'Sometimes' },
      'spec.restartPolicy',
      'Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      'more requested than allowed',
      { containers: [{ name: 'a', image: 'b', resources: { requests: { cpu: '2' }, limits: { cpu: '1500m' } } }] },
      'spec.containers[0].resources.requests',
      'Invalid value: "2": must be less than or equal to cpu limit of 1500m',
    ],
    [
      'a mount of no volume',
      { containers: [{ name: 'a', image: 'b', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] },
      'spec.containers[0].volumeMounts[0].name',
      'Not found: "v"',
    ],
  ])('is refused with %s', (_what, spec, field, message) => {
    const { core } = newCore();
    expect(failureOf(() => core.create(pods, 'default', podOf('p', spec), {}))).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: `Pod "p" is invalid: ${field}: ${message}`,
      details: { name: 'p', kind: 'Pod', causes: [{ field, message }] },
    });
  });

  it('is refused with a name that is none, a type that is wrong, or a quantity that is none', () => {
    const { core } = newCore();
    const create =
      (name: string, spec: object): (() => unknown) =>
      () =>
        core.create(pods, 'default', podOf(name, spec), {});
    expect(failureOf(create('Upper', {})).details?.causes?.[0]?.field).toBe('metadata.name');
    expect(failureOf(create('p', { containers: 'x' })).code).toBe(400);
    const resources = { limits: { cpu: '1x' } };
    expect(failureOf(create('p', { containers: [{ name: 'a', image: 'b', resources }] })).message).toContain(
      'quantities must match the regular expression',
    );
  });

  it('loses unknown fields, with a warning, or is refused under strict validation', () => {
    const { core } = newCore();
    const typo = podOf('p', { containers: [{ name: 'a', image: 'b', imag: 'c' }], foo: 1 });
    expect(failureOf(() => core.create(pods, 'default', typo, { fieldValidation: 'Strict' }))).toMatchObject({
      code: 400,
      message:
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imag", unknown field "spec.foo"',
    });
    const warnings: string[] = [];
    core.create(pods, 'default', typo, { fieldValidation: 'Warn', warn: (message) => warnings.push(message) });
    expect(warnings).toEqual(['unknown field "spec.containers[0].imag"', 'unknown field "spec.foo"']);
    expect(read(core, 'p').spec['foo']).toBeUndefined();
  });

  it('gets a name of its own for a generateName', () => {
    const { core } = newCore();
    const pod = podOf('', {}, { name: undefined, generateName: 'web-' });
    expect(core.create(pods, 'default', pod, {}).object.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  });
});

describe('a pod that is there', () => {
  it('changes its images, and little else', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p'), {});
    core.patch(pods, at('p'), strategic, { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } }, {});
    const refused = failureOf(() => core.patch(pods, at('p'), merge, { spec: { restartPolicy: 'Never' } }, {}));
    expect(refused.code).toBe(422);
    expect(refused.message).toMatch(
      /^Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than /,
    );
    expect(failureOf(() => core.patch(pods, at('p'), merge, { spec: { nodeName: 'n' } }, {})).code).toBe(422);
  });

  it('gains tolerations, and keeps those it has', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p'), {});
    core.patch(pods, at('p'), merge, { spec: { tolerations: [{ key: 'x', operator: 'Exists' }] } }, {});
    expect(read(core, 'p').spec['tolerations']).toHaveLength(3);
    expect(failureOf(() => core.patch(pods, at('p'), merge, { spec: { tolerations: [] } }, {})).code).toBe(422);
  });

  it('shortens its deadline, and never lengthens it', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p', { activeDeadlineSeconds: 50 }), {});
    core.patch(pods, at('p'), merge, { spec: { activeDeadlineSeconds: 40 } }, {});
    expect(failureOf(() => core.patch(pods, at('p'), merge, { spec: { activeDeadlineSeconds: 60 } }, {})).message).toBe(
      'Pod "p" is invalid: spec.activeDeadlineSeconds: Invalid value: 60: must be less than or equal to previous value',
    );
  });

  it('is resized through its subresource only', () => {
    const { core } = newCore();
    core.create(nodes, undefined, { metadata: { name: 'n' } }, {});
    const resources = { requests: { cpu: '1' } };
    core.create(pods, 'default', podOf('p', { nodeName: 'n', containers: [{ name: 'a', image: 'b', resources }] }), {});
    const wanted = { spec: { containers: [{ name: 'a', image: 'other', resources: { requests: { cpu: '2' } } }] } };
    expect(failureOf(() => core.patch(pods, at('p'), strategic, wanted, {})).code).toBe(422);
    core.patch(pods, at('p', 'resize'), strategic, wanted, {});
    expect(read(core, 'p').spec['containers']).toMatchObject([{ image: 'b', resources: { requests: { cpu: '2' } } }]);
    expect(read(core, 'p').metadata.generation).toBe(2);
  });

  it('gains ephemeral containers through their subresource, and keeps those it has', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p', { nodeName: 'n' }), {});
    const debug = (image: string): object => ({ spec: { ephemeralContainers: [{ name: 'debug', image }] } });
    core.patch(pods, at('p', 'ephemeralcontainers'), strategic, debug('busybox'), {});
    expect(read(core, 'p').spec['ephemeralContainers']).toMatchObject([
      { name: 'debug', image: 'busybox', terminationMessagePolicy: 'File' },
    ]);
    expect(
      failureOf(() => core.patch(pods, at('p', 'ephemeralcontainers'), strategic, debug('other'), {})).message,
    ).toBe(
      'Pod "p" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed',
    );
  });

  it('does not run a container again that has ended for good', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p', { nodeName: 'n', restartPolicy: 'OnFailure' }), {});
    const write = (state: object): void => {
      const containerStatuses = [{ name: 'web', image: 'nginx', imageID: '', ready: false, restartCount: 0, state }];
      core.patch(pods, at('p', 'status'), merge, { status: { containerStatuses } }, {});
    };
    write({ terminated: { exitCode: 1 } });
    write({ running: {} });
    write({ terminated: { exitCode: 0 } });
    expect(
      failureOf(() => {
        write({ running: {} });
      }).message,
    ).toBe(
      'Pod "p" is invalid: status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
    );
  });

  it('has no address that is none', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p', { nodeName: 'n' }), {});
    const status = { podIP: 'nowhere', podIPs: [{ ip: 'nowhere' }] };
    expect(
      failureOf(() => core.patch(pods, at('p', 'status'), merge, { status }, {})).details?.causes?.[0]?.field,
    ).toBe('status.podIPs[0]');
  });

  it('keeps the number of its containers', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p'), {});
    const more = { spec: { containers: [{ name: 'more', image: 'x' }] } };
    expect(failureOf(() => core.patch(pods, at('p'), strategic, more, {})).message).toBe(
      'Pod "p" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers',
    );
  });

  it('has null times and empty last states in its status where a writer left them out', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p', { nodeName: 'n' }), {});
    const containerStatuses = [{ name: 'web', image: 'nginx', ready: true, restartCount: 0, imageID: '' }];
    const status = { conditions: [{ type: 'Ready', status: 'True' }], containerStatuses };
    core.patch(pods, at('p', 'status'), strategic, { status }, {});
    expect(read(core, 'p').status).toMatchObject({
      qosClass: 'BestEffort',
      conditions: [{ type: 'Ready', lastProbeTime: null, lastTransitionTime: null }],
      containerStatuses: [{ state: {}, lastState: {} }],
    });
  });
});
