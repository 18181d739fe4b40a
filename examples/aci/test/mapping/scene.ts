/** Pods with what they refer to, resolved by the SDK as it would be for the provider. */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import {
  RegistryCredentials,
  registryEntriesOf,
  resolveEnvironment,
  resolveVolumes,
  VkError,
  type ConfigMap,
  type Container,
  type Pod,
  type PodSpec,
  type Secret,
  type Service,
} from 'vk-sdk';
import type { GroupSettings } from '../../src/mapping/group-settings.js';
import { podToGroup } from '../../src/mapping/group/pod-to-group.js';
import type { PodMaterial } from '../../src/mapping/pod-material.js';

export const settings: GroupSettings = {
  nodeName: 'aci-node',
  location: 'westus2',
  operatingSystem: 'Linux',
  dns: { servers: ['10.0.0.10'], clusterDomain: 'cluster.local' },
};

export const subnetId =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/groups';
export const inSubnet: GroupSettings = { ...settings, subnetId };

/** One that asks for nothing in particular. `container` and `spec` are merged into it. */
export function podOf(container: Partial<Container> = {}, spec: Partial<PodSpec> = {}, metadata: object = {}): Pod {
  return {
    metadata: {
      namespace: 'shop',
      name: 'web',
      uid: '0c6d6b4e-0a51-4f0b-9c60-6f0d1f1f6f11',
      creationTimestamp: '2026-03-01T10:00:00Z',
      ...metadata,
    },
    spec: { containers: [{ name: 'app', image: 'nginx:1.27', ...container }], ...spec },
  };
}

/** What the pod's namespace holds. Values of Secrets are plain text here. */
export interface Namespace {
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly configMaps?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly binary?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly pullSecrets?: readonly Secret[];
  readonly services?: readonly Service[];
  readonly hostIP?: string;
}

export function materialOf(pod: Pod, namespace: Namespace = {}): PodMaterial {
  const secretOf = (name: string): Secret | undefined => {
    const data = namespace.secrets?.[name];
    return data && { metadata: { name }, data: inBase64(data) };
  };
  const configMapOf = (name: string): ConfigMap | undefined => {
    const data = namespace.configMaps?.[name];
    const binaryData = namespace.binary?.[name];
    return data || binaryData
      ? { metadata: { name }, ...(data && { data }), ...(binaryData && { binaryData }) }
      : undefined;
  };
  const allocatable = { cpu: '4', memory: '8Gi' };
  const sources = {
    secret: (name: string) => sourced(secretOf(name)),
    configMap: (name: string) => sourced(configMapOf(name)),
    allocatable,
  };
  const { hostIP } = namespace;
  const known: Pod = hostIP === undefined ? pod : { ...pod, status: { ...pod.status, hostIP } };
  return {
    environment: resolveEnvironment(known, { ...sources, services: () => namespace.services ?? [] }),
    volumes: resolveVolumes(pod, {
      ...sources,
      serviceAccountToken: ({ serviceAccountName }) => sourced(`token of ${serviceAccountName}`),
      clusterTrustBundle: () => ({ state: 'missing' }),
    }),
    credentials: new RegistryCredentials((namespace.pullSecrets ?? []).flatMap(registryEntriesOf)),
    secrets: secretOf,
  };
}

export function groupOf(pod: Pod, namespace: Namespace = {}, given: GroupSettings = settings): ContainerGroup {
  return podToGroup(pod, materialOf(pod, namespace), given);
}

/** The container of a pod that has one. */
export function containerOf(container: Partial<Container>, namespace: Namespace = {}) {
  const [first] = groupOf(podOf(container), namespace).containers;
  if (!first) throw new Error('the group has no container');
  return first;
}

/** What is thrown for the pod: nothing is an error of the test. */
export function refusalOf(pod: Pod, namespace: Namespace = {}, given: GroupSettings = settings): VkError {
  try {
    groupOf(pod, namespace, given);
  } catch (error) {
    if (error instanceof VkError) return error;
    throw error;
  }
  throw new Error('the pod was not refused');
}

export function pullSecret(type: 'dockerconfigjson' | 'dockercfg', auths: object): Secret {
  const text = JSON.stringify(type === 'dockercfg' ? auths : { auths });
  return {
    metadata: { namespace: 'shop', name: 'pull' },
    type: `kubernetes.io/${type}`,
    data: inBase64({ [`.${type}`]: text }),
  };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function inBase64(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]));
}

function sourced<T>(object: T | undefined) {
  return object === undefined ? ({ state: 'missing' } as const) : ({ state: 'found', object } as const);
}
