import type { Container, PodSpec } from 'vk-sdk';
import { describe, expect, it } from 'vitest';
import { groupOf, podOf, refusalOf } from './scene.js';

const inContainer = 'spec.containers[app]';
const inInit = 'spec.initContainers[first]';

describe('what no container group has is refused by its path', () => {
  it.each<[string, object, string]>([
    ['spec.activeDeadlineSeconds', { activeDeadlineSeconds: 60 }, 'nobody stops a group after a time'],
    ['spec.hostAliases', { hostAliases: [{ ip: '1.1.1.1', hostnames: ['a'] }] }, '/etc/hosts is the cloud’s'],
    ['spec.hostIPC', { hostIPC: true }, 'shares nothing with its host'],
    ['spec.hostNetwork', { hostNetwork: true }, 'shares nothing with its host'],
    ['spec.hostPID', { hostPID: true }, 'shares nothing with its host'],
    ['spec.hostUsers', { hostUsers: 'other' }, 'user namespaces are the cloud’s'],
    ['spec.hostname', { hostname: 'other' }, 'the host name is the cloud’s'],
    ['spec.hostnameOverride', { hostnameOverride: 'other' }, 'the host name is the cloud’s'],
    ['spec.resourceClaims', { resourceClaims: [{ name: 'a' }] }, 'no devices are given out'],
    ['spec.resources', { resources: { limits: { cpu: '1' } } }, 'resources are per container'],
    ['spec.runtimeClassName', { runtimeClassName: 'gvisor' }, 'there is no runtime to choose'],
    ['spec.setHostnameAsFQDN', { setHostnameAsFQDN: true }, 'the host name is the cloud’s'],
    ['spec.shareProcessNamespace', { shareProcessNamespace: true }, 'each container has its own processes'],
    ['spec.workloadRef', { workloadRef: { name: 'a', podGroup: 'b' } }, 'groups are not scheduled together'],
    ['spec.tomorrow', { tomorrow: 1 }, 'not known to this provider'],
    ['spec.securityContext.fsGroup', { securityContext: { fsGroup: 0 } }, 'have no owner to choose'],
    ['spec.securityContext.supplementalGroups', { securityContext: { supplementalGroups: [1] } }, 'has one group'],
    ['spec.securityContext.sysctls', { securityContext: { sysctls: [{ name: 'a', value: 'b' }] } }, 'kernel'],
    ['spec.securityContext.seLinuxOptions', { securityContext: { seLinuxOptions: { level: 'a' } } }, 'own profiles'],
    ['spec.securityContext.windowsOptions', { securityContext: { windowsOptions: { hostProcess: true } } }, 'has none'],
    [
      'spec.securityContext.seccompProfile',
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
      'own profiles',
    ],
    [
      'spec.securityContext.appArmorProfile',
      { securityContext: { appArmorProfile: { type: 'Localhost' } } },
      'own profiles',
    ],
    ['spec.dnsConfig.tomorrow', { dnsConfig: { tomorrow: true } }, 'not known to this provider'],
    ['spec.volumes[v].secret.tomorrow', volume({ secret: { optional: true, tomorrow: 1 } }), 'not known'],
    ['spec.volumes[v].projected.tomorrow', volume({ projected: { sources: [], tomorrow: 1 } }), 'not known'],
    [
      'spec.volumes[v].projected.sources[0].secret.items[k].mode',
      projected({ key: 'k', path: 'k', mode: 0o600 }),
      'leave 0600',
    ],
    ['spec.volumes[v].gitRepo.tomorrow', volume({ gitRepo: { repository: 'r', tomorrow: 1 } }), 'not known'],
    ['spec.volumes[v].azureFile.tomorrow', volume({ azureFile: { shareName: 's', tomorrow: 1 } }), 'not known'],
    ['spec.securityContext.tomorrow', { securityContext: { tomorrow: true } }, 'not known to this provider'],
  ])('%s', (path, spec, reason) => {
    expectRefusal(podOf({}, spec), path, reason);
  });

  it.each<[string, object, string]>([
    [`${inContainer}.args`, { args: ['x'] }, 'set command too'],
    [`${inContainer}.lifecycle`, { lifecycle: { preStop: { sleep: { seconds: 1 } } } }, 'no hooks'],
    [`${inContainer}.startupProbe`, { startupProbe: { exec: {} } }, 'use livenessProbe'],
    [`${inContainer}.imagePullPolicy`, { imagePullPolicy: 'Never' }, 'the cloud pulls every image'],
    [`${inContainer}.restartPolicy`, { restartPolicy: 'Always' }, 'one restart policy'],
    [`${inContainer}.restartPolicyRules`, { restartPolicyRules: [{ action: 'Restart' }] }, 'one restart policy'],
    [`${inContainer}.stdin`, { stdin: true }, 'no input'],
    [`${inContainer}.stdinOnce`, { stdinOnce: true }, 'no input'],
    [`${inContainer}.tty`, { tty: true }, 'no terminal'],
    [`${inContainer}.volumeDevices`, { volumeDevices: [{ name: 'a', devicePath: '/a' }] }, 'no block devices'],
    [`${inContainer}.workingDir`, { workingDir: '/srv' }, 'change the folder in the command'],
    [`${inContainer}.tomorrow`, { tomorrow: { a: 1 } }, 'not known to this provider'],
    [`${inContainer}.ports[80].hostPort`, { ports: [{ containerPort: 80, hostPort: 80 }] }, 'no host'],
    [`${inContainer}.ports[80].hostIP`, { ports: [{ containerPort: 80, hostIP: '1.1.1.1' }] }, 'no host'],
    [`${inContainer}.volumeMounts[/d].subPath`, mount({ subPath: 'a' }), 'mounted whole'],
    [`${inContainer}.volumeMounts[/d].subPathExpr`, mount({ subPathExpr: '$(A)' }), 'mounted whole'],
    [
      `${inContainer}.volumeMounts[/d].mountPropagation`,
      mount({ mountPropagation: 'HostToContainer' }),
      'not passed on',
    ],
    [`${inContainer}.volumeMounts[/d].recursiveReadOnly`, mount({ recursiveReadOnly: 'Enabled' }), 'read-only or not'],
    [`${inContainer}.volumeMounts[/d:/e].mountPath`, mount({ mountPath: '/d:/e' }), 'holds a colon'],
    [`${inContainer}.livenessProbe.tcpSocket`, { livenessProbe: { tcpSocket: { port: 1 } } }, 'exec and httpGet'],
    [`${inContainer}.readinessProbe.grpc`, { readinessProbe: { grpc: { port: 1 } } }, 'exec and httpGet'],
    [`${inContainer}.livenessProbe`, { livenessProbe: {} }, 'exec and httpGet'],
    [
      `${inContainer}.livenessProbe`,
      { livenessProbe: { exec: {}, httpGet: { port: 1 } } },
      'has both exec and httpGet',
    ],
    [
      `${inContainer}.livenessProbe.httpGet.host`,
      { livenessProbe: { httpGet: { port: 1, host: 'a' } } },
      'Host header',
    ],
    [
      `${inContainer}.livenessProbe.httpGet.port`,
      { livenessProbe: { httpGet: { port: 'none' } } },
      'neither a port nor',
    ],
    [
      `${inContainer}.livenessProbe.terminationGracePeriodSeconds`,
      { livenessProbe: { exec: {}, terminationGracePeriodSeconds: 1 } },
      'time of its own',
    ],
    [`${inContainer}.securityContext.readOnlyRootFilesystem`, context({ readOnlyRootFilesystem: true }), 'written to'],
    [
      `${inContainer}.securityContext.capabilities.tomorrow`,
      context({ capabilities: { tomorrow: ['A'] } }),
      'not known',
    ],
    [`${inContainer}.securityContext.procMount`, context({ procMount: 'Unmasked' }), '/proc'],
    [`${inContainer}.securityContext.runAsNonRoot`, context({ runAsNonRoot: true }), 'set runAsUser'],
    [`${inContainer}.securityContext.runAsNonRoot`, context({ runAsNonRoot: true, runAsUser: 0 }), 'set runAsUser'],
    [
      `${inContainer}.securityContext.seccompProfile`,
      context({ seccompProfile: { type: 'Localhost' } }),
      'own profiles',
    ],
    [`${inContainer}.securityContext.seLinuxOptions`, context({ seLinuxOptions: { level: 'a' } }), 'own profiles'],
  ])('upstream §5: %s', (path, container, reason) => {
    expectRefusal(podOf(container), path, reason);
  });

  it.each<[string, object, string]>([
    [`${inInit}.ports`, { ports: [{ containerPort: 80 }] }, 'have none'],
    [`${inInit}.resources.requests`, { resources: { requests: { cpu: '1' } } }, 'have none'],
    [`${inInit}.resources.limits`, { resources: { limits: { cpu: '1' } } }, 'have none'],
    [`${inInit}.livenessProbe`, { livenessProbe: { exec: {} } }, 'have none'],
    [`${inInit}.readinessProbe`, { readinessProbe: { exec: {} } }, 'have none'],
    [`${inInit}.startupProbe`, { startupProbe: { exec: {} } }, 'have none'],
    [`${inInit}.lifecycle`, { lifecycle: { postStart: { exec: {} } } }, 'no hooks'],
    [`${inInit}.restartPolicy`, { restartPolicy: 'Always' }, 'there are no sidecars'],
    [`${inInit}.workingDir`, { workingDir: '/srv' }, 'change the folder in the command'],
    [`${inInit}.args`, { args: ['x'] }, 'set command too'],
    [`${inInit}.volumeMounts[/d].subPath`, mount({ subPath: 'a' }), 'mounted whole'],
  ])('upstream §5: %s', (path, container, reason) => {
    const initContainers = [{ name: 'first', image: 'busybox', ...container }] as Container[];
    expectRefusal(podOf({}, { initContainers }), path, reason);
  });

  it('all at once, and useless to try again', () => {
    const refusal = refusalOf(podOf({ tty: true, workingDir: '/srv' }, { hostNetwork: true, hostPID: true }));
    expect(refusal).toMatchObject({ code: 'InvalidInput', retry: false, object: 'pod shop/web' });
    for (const path of ['spec.hostNetwork', 'spec.hostPID', `${inContainer}.tty`, `${inContainer}.workingDir`]) {
      expect(refusal.message).toContain(`${path}: `);
    }
  });

  it('before anything that is only missing', () => {
    const pod = podOf({}, { hostPID: true, volumes: [{ name: 'v', secret: { secretName: 'gone' } }] });
    expect(refusalOf(pod)).toMatchObject({
      code: 'InvalidInput',
      message: expect.not.stringContaining('gone') as string,
    });
  });

  it('at a length that an Event holds', () => {
    const containers = Array.from({ length: 50 }, (_, index) => ({ name: `c${index}`, image: 'a', tty: true }));
    expect(refusalOf(podOf({}, { containers })).message).toMatch(/; and 30 more$/);
  });

  it('where a group has more containers than the cloud takes, init containers included', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `c${index}`, image: 'a' }));
    const initContainers = [{ name: 'first', image: 'a' }];
    expect(groupOf(podOf({}, { containers: many(59), initContainers })).containers).toHaveLength(59);
    expect(refusalOf(podOf({}, { containers: many(60), initContainers })).message).toBe(
      'pod shop/web: spec.containers: a group has at most 60, init containers included; these are 61',
    );
  });
});

it.each<[string, Partial<Container>, Partial<PodSpec>]>([
  [
    'defaults that ask for nothing',
    { stdin: false, tty: false, workingDir: '', volumeDevices: [] },
    { hostNetwork: false },
  ],
  ['nothing at all where null stands for it', { lifecycle: null } as never, { hostAliases: null } as never],
  ['a user that is not root', { securityContext: { runAsNonRoot: true, runAsUser: 1000 } }, {}],
])('%s are no reason to refuse a pod', (_, container, spec) => {
  expect(() => groupOf(podOf(container, spec))).not.toThrow();
});

function mount(fields: object): object {
  return { volumeMounts: [{ name: 'd', mountPath: '/d', ...fields }] };
}

function volume(kind: object): object {
  return { volumes: [{ name: 'v', ...kind }] };
}

function projected(item: object): object {
  return volume({ projected: { sources: [{ secret: { name: 's', optional: true, items: [item] } }] } });
}

function context(securityContext: object): object {
  return { securityContext };
}

function expectRefusal(pod: ReturnType<typeof podOf>, path: string, reason: string): void {
  const { code, message } = refusalOf(pod);
  expect(code).toBe('InvalidInput');
  expect(message.startsWith(`pod shop/web: ${path}: `), message).toBe(true);
  expect(message).toContain(reason);
}
