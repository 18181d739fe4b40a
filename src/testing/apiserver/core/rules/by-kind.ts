/** Which rules go for which resource. */
import type { ResourceDefinition } from '../api.js';
import type { Rules } from '../rules.js';
import { nodeRules } from './nodes.js';
import {
  certificateRules,
  claimRules,
  configMapRules,
  eventRules,
  leaseRules,
  namespaceRules,
  priorityClassRules,
  runtimeClassRules,
  secretRules,
  serviceAccountRules,
  serviceRules,
  statusApart,
} from './others.js';
import { podRules } from './pods.js';

const byPlural: Readonly<Record<string, Rules>> = {
  pods: podRules,
  nodes: nodeRules,
  namespaces: namespaceRules,
  leases: leaseRules,
  configmaps: configMapRules,
  secrets: secretRules,
  services: serviceRules,
  endpoints: { createOnUpdate: true },
  serviceaccounts: serviceAccountRules,
  persistentvolumeclaims: claimRules,
  persistentvolumes: claimRules,
  resourcequotas: claimRules,
  events: eventRules,
  runtimeclasses: runtimeClassRules,
  priorityclasses: priorityClassRules,
  certificatesigningrequests: certificateRules,
  endpointslices: { generation: true, versionRequired: true },
  poddisruptionbudgets: { ...statusApart, generation: true, versionRequired: true },
  csinodes: { versionRequired: true },
};

const none: Rules = {};

export function rulesOf(definition: ResourceDefinition): Rules {
  return byPlural[definition.plural] ?? (definition.subresources.includes('status') ? statusApart : none);
}
