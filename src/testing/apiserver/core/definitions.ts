/** The resources that the fake holds, as discovery names them. */
import type { ResourceDefinition } from './api.js';

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

type Extras = Partial<Pick<ResourceDefinition, 'shortNames' | 'categories' | 'subresources' | 'plural'>>;

function define(group: string, version: string, kind: string, namespaced: boolean, extras: Extras): ResourceDefinition {
  const singular = kind.toLowerCase();
  const { plural = `${singular}s`, shortNames = [], categories = [], subresources = [] } = extras;
  // A namespace's contents go with it one by one, so the apiserver has no deletecollection for namespaces.
  const verbs = plural === 'namespaces' ? allVerbs.filter((verb) => verb !== 'deletecollection') : allVerbs;
  return { group, version, plural, singular, kind, namespaced, shortNames, categories, subresources, verbs };
}

const namespaced = (group: string, kind: string, extras: Extras = {}): ResourceDefinition =>
  define(group, 'v1', kind, true, extras);
const clusterWide = (group: string, kind: string, extras: Extras = {}): ResourceDefinition =>
  define(group, 'v1', kind, false, extras);

const all = ['all'];
const status = ['status'];

export const definitions: readonly ResourceDefinition[] = [
  clusterWide('', 'Namespace', { shortNames: ['ns'], subresources: ['status', 'finalize'] }),
  clusterWide('', 'Node', { shortNames: ['no'], subresources: status }),
  clusterWide('', 'PersistentVolume', { shortNames: ['pv'], subresources: status }),
  namespaced('', 'Pod', {
    shortNames: ['po'],
    categories: all,
    subresources: ['status', 'ephemeralcontainers', 'resize'],
  }),
  namespaced('', 'Event', { shortNames: ['ev'] }),
  namespaced('', 'ConfigMap', { shortNames: ['cm'] }),
  namespaced('', 'Secret'),
  namespaced('', 'Service', { shortNames: ['svc'], categories: all, subresources: status }),
  namespaced('', 'Endpoints', { plural: 'endpoints', shortNames: ['ep'] }),
  namespaced('', 'ServiceAccount', { shortNames: ['sa'] }),
  namespaced('', 'PersistentVolumeClaim', { shortNames: ['pvc'], subresources: status }),
  namespaced('', 'LimitRange', { shortNames: ['limits'] }),
  namespaced('', 'ResourceQuota', { shortNames: ['quota'], subresources: status }),
  namespaced('coordination.k8s.io', 'Lease'),
  namespaced('events.k8s.io', 'Event', { shortNames: ['ev'] }),
  namespaced('discovery.k8s.io', 'EndpointSlice'),
  namespaced('policy', 'PodDisruptionBudget', { shortNames: ['pdb'], subresources: status }),
  clusterWide('certificates.k8s.io', 'CertificateSigningRequest', {
    shortNames: ['csr'],
    subresources: ['status', 'approval'],
  }),
  clusterWide('scheduling.k8s.io', 'PriorityClass', { plural: 'priorityclasses', shortNames: ['pc'] }),
  clusterWide('node.k8s.io', 'RuntimeClass', { plural: 'runtimeclasses' }),
  clusterWide('storage.k8s.io', 'CSINode'),
  clusterWide('storage.k8s.io', 'StorageClass', { plural: 'storageclasses', shortNames: ['sc'] }),
  clusterWide('storage.k8s.io', 'VolumeAttachment', { subresources: status }),
];

export function definitionOf(group: string, plural: string): ResourceDefinition {
  const found = definitions.find((each) => each.group === group && each.plural === plural);
  if (!found) throw new TypeError(`resource ${plural}.${group} is not defined`);
  return found;
}

/** Both event resources are views of one store. */
export function storageName(definition: ResourceDefinition): string {
  return definition.plural === 'events' ? 'events' : `${definition.group}/${definition.plural}`;
}
