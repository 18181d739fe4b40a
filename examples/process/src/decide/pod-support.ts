/**
 * What of a pod's spec cannot be had from processes: refused, where the pod counts on it, or told, where it goes without.
 * Pure. A field that is in none of the lists is new to this example, and told.
 */
import type { Container, Pod } from 'vk-sdk';

export interface Unsupported {
  /** Why the pod cannot run here, by path. */
  readonly refused: readonly string[];
  /** Paths of fields that have no effect. */
  readonly ignored: readonly string[];
}

/** Fields that are honoured, or that are not a kubelet's to honour. */
const podFields = new Set(
  `activeDeadlineSeconds affinity automountServiceAccountToken containers enableServiceLinks ephemeralContainers
  hostname hostNetwork initContainers nodeName nodeSelector overhead preemptionPolicy priority priorityClassName
  readinessGates restartPolicy schedulerName schedulingGates serviceAccount serviceAccountName
  terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes`.split(/\s+/),
);
const containerFields = new Set(
  `args command env image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resources resizePolicy
  restartPolicy restartPolicyRules startupProbe stdin stdinOnce targetContainerName terminationMessagePath
  terminationMessagePolicy tty volumeMounts workingDir`.split(/\s+/),
);
/** Values that the apiserver fills in, which nobody asked for. */
const defaults: Readonly<Record<string, unknown>> = { dnsPolicy: 'ClusterFirst', securityContext: '{}', os: 'linux' };

const refusedPodFields: Readonly<Record<string, string>> = {
  runtimeClassName: 'there is no runtime to choose',
  resourceClaims: 'no devices are given out',
  hostUsers: 'there are no user namespaces',
  setHostnameAsFQDN: 'the host name is the machine’s',
};

export function unsupportedBy(pod: Pod): Unsupported {
  const refused: string[] = [];
  const ignored: string[] = [];
  for (const [field, value] of Object.entries(pod.spec)) {
    const reason = refusedPodFields[field];
    if (reason !== undefined && value !== null) refused.push(`spec.${field}: ${reason}`);
    else if (!podFields.has(field) && isAskedFor(field, value)) ignored.push(`spec.${field}`);
  }
  if (pod.spec.os && pod.spec.os.name !== 'linux') refused.push('spec.os.name: only linux');
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.emptyDir?.medium === 'HugePages') refused.push(`spec.volumes[${volume.name}]: no huge pages`);
    else if (!volume.emptyDir && !isTokenVolume(volume)) {
      const type = Object.keys(volume).find((key) => key !== 'name') ?? '';
      refused.push(`spec.volumes[${volume.name}].${type}: of the volumes only emptyDir is supported`);
    }
  }
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const container of (pod.spec[list] ?? []) as Container[]) {
      checkContainer(container, `spec.${list}[${container.name}]`, refused, ignored);
    }
  }
  return { refused, ignored };
}

function checkContainer(container: Container, path: string, refused: string[], ignored: string[]): void {
  for (const [field, value] of Object.entries(container)) {
    if (!containerFields.has(field) && isAskedFor(field, value)) ignored.push(`${path}.${field}`);
  }
  if (container.resources?.limits) ignored.push(`${path}.resources.limits`);
  if (container.envFrom?.length) refused.push(`${path}.envFrom: give the values in env`);
  for (const { name, valueFrom } of container.env ?? []) {
    if (valueFrom) refused.push(`${path}.env[${name}].valueFrom: give the value itself`);
  }
  for (const kind of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (container[kind]?.grpc) refused.push(`${path}.${kind}.grpc: use exec, httpGet or tcpSocket`);
  }
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = container.lifecycle?.[hook];
    if (handler && !handler.exec && !handler.sleep) refused.push(`${path}.lifecycle.${hook}: use exec or sleep`);
  }
  for (const mount of container.volumeMounts ?? []) {
    const mountPath = `${path}.volumeMounts[${mount.mountPath}]`;
    if (mount.subPathExpr) refused.push(`${mountPath}.subPathExpr: use subPath`);
    if (mount.subPath?.split('/').includes('..')) refused.push(`${mountPath}.subPath: leaves the volume`);
    if (mount.readOnly && !mount.name.startsWith('kube-api-access-')) ignored.push(`${mountPath}.readOnly`);
  }
  const context = container.securityContext;
  if (context?.runAsNonRoot && process.getuid?.() === 0) {
    refused.push(`${path}.securityContext.runAsNonRoot: processes run as the provider’s user, which is root`);
  }
  if (context?.runAsUser !== undefined && context.runAsUser !== process.getuid?.()) {
    refused.push(`${path}.securityContext.runAsUser: processes run as the provider’s user`);
  }
}

/** The volume that holds a service account's token, which the apiserver adds by itself. It is not made. */
export function isTokenVolume(volume: { readonly name: string; readonly projected?: unknown }): boolean {
  return volume.name.startsWith('kube-api-access-') && volume.projected !== undefined;
}

function isAskedFor(field: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  if (Array.isArray(value) && value.length === 0) return false;
  const usual = defaults[field];
  return usual === undefined || (usual !== value && usual !== JSON.stringify(value) && field !== 'os');
}
