import { describe, expect, it } from 'vitest';
import type { Container, Pod } from 'vk-sdk';
import { unsupportedBy } from '../../src/decide/pod-support.js';

function podOf(container: Partial<Container> & object, spec: object = {}): Pod {
  return { metadata: { name: 'web' }, spec: { containers: [{ name: 'app', ...container }], ...spec } };
}

describe('what processes cannot give', () => {
  it.each<[object, object, string]>([
    [
      {},
      { volumes: [{ name: 'c', persistentVolumeClaim: { claimName: 'x' } }] },
      'spec.volumes[c].persistentVolumeClaim: there are no such volumes for processes',
    ],
    [{}, { runtimeClassName: 'gvisor' }, 'spec.runtimeClassName: there is no runtime to choose'],
    [{}, { os: { name: 'windows' } }, 'spec.os.name: only linux'],
    [
      { volumeMounts: [{ name: 'd', mountPath: '/d', subPathExpr: '/x' }] },
      {},
      'spec.containers[app].volumeMounts[/d].subPathExpr: leaves the volume',
    ],
    [
      { livenessProbe: { grpc: { port: 1 } } },
      {},
      'spec.containers[app].livenessProbe.grpc: use exec, httpGet or tcpSocket',
    ],
    [
      { lifecycle: { preStop: { httpGet: { port: 1 } } } },
      {},
      'spec.containers[app].lifecycle.preStop: use exec or sleep',
    ],
    [
      { volumeMounts: [{ name: 'd', mountPath: '/d', subPath: '../../x' }] },
      {},
      'spec.containers[app].volumeMounts[/d].subPath: leaves the volume',
    ],
    [
      {},
      { securityContext: { runAsUser: 4711 } },
      'spec.securityContext.runAsUser: processes run as the provider’s user',
    ],
    [
      { securityContext: { runAsUser: 4711 } },
      {},
      'spec.containers[app].securityContext.runAsUser: processes run as the provider’s user',
    ],
  ])('is refused by its path: %j %j', (container, spec, expected) => {
    expect(unsupportedBy(podOf(container, spec)).refused).toEqual([expected]);
  });

  it.each<[object, object, string]>([
    [{ resources: { limits: { cpu: '1' } } }, {}, 'spec.containers[app].resources.limits'],
    [
      { securityContext: { readOnlyRootFilesystem: true } },
      {},
      'spec.containers[app].securityContext.readOnlyRootFilesystem',
    ],
    [{}, { volumes: [{ name: 'd', emptyDir: { medium: 'Memory' } }] }, 'spec.volumes[d].emptyDir.medium'],
    [{}, { hostAliases: [{ ip: '::1' }] }, 'spec.hostAliases'],
    [{}, { dnsPolicy: 'None' }, 'spec.dnsPolicy'],
    [{}, { madeUpTomorrow: 1 }, 'spec.madeUpTomorrow'],
    [{ madeUpTomorrow: 1 }, {}, 'spec.containers[app].madeUpTomorrow'],
  ])('is told by its path where a pod goes without: %j %j', (container, spec, expected) => {
    expect(unsupportedBy(podOf(container, spec))).toEqual({ refused: [], ignored: [expected] });
  });

  it('is nothing of what an apiserver fills in by itself', () => {
    const pod = podOf(
      {
        imagePullPolicy: 'Always',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        resources: {},
        volumeMounts: [{ name: 'kube-api-access-x', mountPath: '/var/run/secrets', readOnly: true }],
      },
      {
        dnsPolicy: 'ClusterFirst',
        enableServiceLinks: true,
        preemptionPolicy: 'PreemptLowerPriority',
        priority: 0,
        restartPolicy: 'Always',
        schedulerName: 'default-scheduler',
        securityContext: {},
        serviceAccount: 'default',
        serviceAccountName: 'default',
        terminationGracePeriodSeconds: 30,
        volumes: [
          { name: 'kube-api-access-x', projected: { sources: [] } },
          { name: 'd', emptyDir: {} },
        ],
      },
    );
    expect(unsupportedBy(pod)).toEqual({ refused: [], ignored: [] });
  });
});
