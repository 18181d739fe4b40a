/** What becomes of the fields of a pod's spec, of its volumes and of its mounts. */
import type { Pod, PodSpec } from 'vk-sdk';
import { checkFields, refused, type FieldRule, type FieldTable } from './fields.js';
import type { Refusals } from './refusals.js';

const sharesNothing = 'a container group shares nothing with its host';

const podFields = {
  containers: 'mapped',
  dnsConfig: 'mapped',
  dnsPolicy: 'mapped',
  hostname: 'mapped',
  imagePullSecrets: 'mapped',
  initContainers: 'mapped',
  nodeSelector: 'mapped',
  os: 'mapped',
  restartPolicy: 'mapped',
  securityContext: 'mapped',
  volumes: 'mapped',

  // The scheduler's and the apiserver's.
  affinity: 'harmless',
  nodeName: 'harmless',
  overhead: 'harmless',
  preemptionPolicy: 'harmless',
  priority: 'harmless',
  priorityClassName: 'harmless',
  schedulerName: 'harmless',
  schedulingGates: 'harmless',
  tolerations: 'harmless',
  topologySpreadConstraints: 'harmless',
  // Admission makes the token's volume of these, and that is mapped.
  automountServiceAccountToken: 'harmless',
  serviceAccount: 'harmless',
  serviceAccountName: 'harmless',
  // The SDK's: services become variables, gates hold Ready back.
  enableServiceLinks: 'harmless',
  readinessGates: 'harmless',
  // The control plane publishes the name; only the container's own /etc/hosts goes without it.
  subdomain: 'harmless',
  // Refused when they are added (`pod-update.ts`). A group that has to be made anew later goes without them.
  ephemeralContainers: 'harmless',
  // The cloud gives every container a time of its own to stop.
  terminationGracePeriodSeconds: 'harmless',

  activeDeadlineSeconds: refused('nobody stops a group after a time; set it on the Job, whose controller does'),
  hostAliases: refused('/etc/hosts is the cloud’s'),
  hostIPC: refused(sharesNothing),
  hostNetwork: refused(sharesNothing),
  hostPID: refused(sharesNothing),
  hostUsers: refused('user namespaces are the cloud’s', true),
  hostnameOverride: refused('the host name is the cloud’s'),
  resourceClaims: refused('no devices are given out but GPUs'),
  resources: refused('resources are per container'),
  runtimeClassName: refused('there is no runtime to choose'),
  setHostnameAsFQDN: refused('the host name is the cloud’s'),
  shareProcessNamespace: refused('each container has its own processes'),
  workloadRef: refused('groups are not scheduled together'),
} as const satisfies Record<Exclude<keyof PodSpec, 'workloadRef'>, FieldRule> & FieldTable;

const noVolume = 'no such volumes in the cloud; use azureFile, csi with file.csi.azure.com, or emptyDir';

type Volume = NonNullable<PodSpec['volumes']>[number];

const volumeFields = {
  name: 'mapped',
  azureFile: 'mapped',
  configMap: 'mapped',
  csi: 'mapped',
  downwardAPI: 'mapped',
  emptyDir: 'mapped',
  gitRepo: 'mapped',
  projected: 'mapped',
  secret: 'mapped',

  awsElasticBlockStore: refused(noVolume),
  azureDisk: refused(noVolume),
  cephfs: refused(noVolume),
  cinder: refused(noVolume),
  ephemeral: refused(noVolume),
  fc: refused(noVolume),
  flexVolume: refused(noVolume),
  flocker: refused(noVolume),
  gcePersistentDisk: refused(noVolume),
  glusterfs: refused(noVolume),
  hostPath: refused(noVolume),
  image: refused(noVolume),
  iscsi: refused(noVolume),
  nfs: refused(noVolume),
  persistentVolumeClaim: refused(noVolume),
  photonPersistentDisk: refused(noVolume),
  portworxVolume: refused(noVolume),
  quobyte: refused(noVolume),
  rbd: refused(noVolume),
  scaleIO: refused(noVolume),
  storageos: refused(noVolume),
  vsphereVolume: refused(noVolume),
} as const satisfies Record<keyof Volume, FieldRule>;

export function checkPodFields(pod: Pod, refusals: Refusals): void {
  checkFields(pod.spec, 'spec', podFields, refusals);
  for (const volume of pod.spec.volumes ?? []) {
    checkFields(volume, `spec.volumes[${volume.name}]`, volumeFields, refusals);
  }
  const { hostname } = pod.spec;
  // Pods of a StatefulSet name themselves; that is no wish to be called otherwise.
  if (hostname && hostname !== pod.metadata.name) refusals.add('spec.hostname', 'the host name is the cloud’s');
}
