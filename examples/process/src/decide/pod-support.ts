/**
 * What of a pod's spec cannot be had from processes: refused, where the pod counts on it, or told, where it goes without.
 * Pure. A field that is in none of the lists is new to this example, and told.
 */
import { leavesVolume, type Container, type Pod } from 'vk-sdk';

export interface Unsupported {
  /** Why the pod cannot run here, by path. */
  readonly refused: readonly string[];
  /** Paths of fields that have no effect. */
  readonly ignored: readonly string[];
}

/** Fields that are honoured, or that are not a kubelet's to honour. */
const podFields = new Set(
  `activeDeadlineSeconds affinity automountServiceAccountToken containers enableServiceLinks ephemeralContainers
  hostIPC hostname hostNetwork hostPID initContainers nodeName nodeSelector overhead preemptionPolicy priority priorityClassName
  os readinessGates restartPolicy schedulerName schedulingGates securityContext serviceAccount serviceAccountName
  terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes`.split(/\s+/),
);
const containerFields = new Set(
  `args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resources resizePolicy
  restartPolicy restartPolicyRules securityContext startupProbe stdin stdinOnce targetContainerName terminationMessagePath
  terminationMessagePolicy tty volumeMounts workingDir`.split(/\s+/),
);
/** Values that the apiserver fills in, which nobody asked for. */
const defaults: Readonly<Record<string, string>> = { dnsPolicy: 'ClusterFirst' };

const volumeTypes = new Set(['configMap', 'downwardAPI', 'emptyDir', 'projected', 'secret']);

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
  checkSecurity(pod.spec.securityContext, 'spec.securityContext', refused, ignored);
  for (const volume of pod.spec.volumes ?? []) checkVolume(volume, refused, ignored);
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const container of (pod.spec[list] ?? []) as Container[]) {
      checkContainer(container, `spec.${list}[${container.name}]`, refused, ignored);
    }
  }
  return { refused, ignored };
}

function checkVolume(volume: NonNullable<Pod['spec']['volumes']>[number], refused: string[], ignored: string[]): void {
  const path = `spec.volumes[${volume.name}]`;
  for (const [field, value] of Object.entries(volume.emptyDir ?? {})) {
    if (value) ignored.push(`${path}.emptyDir.${field}`);
  }
  const type = Object.keys(volume).find((key) => key !== 'name') ?? '';
  if (!volumeTypes.has(type)) refused.push(`${path}.${type}: there are no such volumes for processes`);
}

/** Of a pod or of a container. What asks for another user is refused; what only takes rights away is told. */
function checkSecurity(
  context: { runAsNonRoot?: boolean; runAsUser?: number } | undefined,
  path: string,
  refused: string[],
  ignored: string[],
): void {
  const user = process.getuid?.();
  for (const [field, value] of Object.entries(context ?? {})) {
    if (field === 'runAsUser' && value !== user)
      refused.push(`${path}.runAsUser: processes run as the provider’s user`);
    else if (field === 'runAsNonRoot' && value && user === 0) {
      refused.push(`${path}.runAsNonRoot: processes run as the provider’s user, which is root`);
    } else if (field !== 'runAsUser' && field !== 'runAsNonRoot' && isAskedFor(field, value)) {
      ignored.push(`${path}.${field}`);
    }
  }
}

function checkContainer(container: Container, path: string, refused: string[], ignored: string[]): void {
  for (const [field, value] of Object.entries(container)) {
    if (!containerFields.has(field) && isAskedFor(field, value)) ignored.push(`${path}.${field}`);
  }
  if (container.resources?.limits) ignored.push(`${path}.resources.limits`);
  for (const kind of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (container[kind]?.grpc) refused.push(`${path}.${kind}.grpc: use exec, httpGet or tcpSocket`);
  }
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = container.lifecycle?.[hook];
    if (handler && !handler.exec && !handler.sleep) refused.push(`${path}.lifecycle.${hook}: use exec or sleep`);
  }
  for (const mount of container.volumeMounts ?? []) {
    const mountPath = `${path}.volumeMounts[${mount.mountPath}]`;
    for (const field of ['subPath', 'subPathExpr'] as const) {
      if (leavesVolume(mount[field])) refused.push(`${mountPath}.${field}: leaves the volume`);
    }
  }
  checkSecurity(container.securityContext, `${path}.securityContext`, refused, ignored);
}

function isAskedFor(field: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === defaults[field]) return false;
  return !Array.isArray(value) || value.length > 0;
}
