/**
 * Whom a container runs as, and what it may. The cloud documents the security context for confidential groups; it says
 * itself where another group cannot have one. What a pod's context sets holds for containers that do not.
 */
import type { SecurityContextDefinition } from '@azure/arm-containerinstance';
import type { Container, PodSpec } from 'vk-sdk';
import { checkFields, refused, type FieldRule } from './fields.js';
import type { Refusals } from './refusals.js';

type PodContext = NonNullable<PodSpec['securityContext']>;
type ContainerContext = NonNullable<Container['securityContext']>;

const noOwner = 'files in a group’s volumes have no owner to choose';
const noProfile = 'containers run under the cloud’s own profiles';

const podContextFields = {
  appArmorProfile: 'mapped',
  runAsGroup: 'mapped',
  runAsNonRoot: 'mapped',
  runAsUser: 'mapped',
  seccompProfile: 'mapped',
  // Says how what is refused would be done.
  fsGroupChangePolicy: 'harmless',
  seLinuxChangePolicy: 'harmless',
  supplementalGroupsPolicy: 'harmless',
  fsGroup: refused(noOwner),
  seLinuxOptions: refused(noProfile),
  supplementalGroups: refused('a container has one group'),
  sysctls: refused('the kernel is the cloud’s'),
  windowsOptions: refused('the cloud has none'),
} as const satisfies Record<keyof PodContext, FieldRule>;

const containerContextFields = {
  allowPrivilegeEscalation: 'mapped',
  appArmorProfile: 'mapped',
  capabilities: 'mapped',
  privileged: 'mapped',
  runAsGroup: 'mapped',
  runAsNonRoot: 'mapped',
  runAsUser: 'mapped',
  seccompProfile: 'mapped',
  procMount: refused('/proc is as the cloud mounts it', 'Default'),
  readOnlyRootFilesystem: refused('a container’s own files can be written to'),
  seLinuxOptions: refused(noProfile),
  windowsOptions: refused('the cloud has none'),
} as const satisfies Record<keyof ContainerContext, FieldRule>;

const capabilityFields = {
  add: 'mapped',
  drop: 'mapped',
} as const satisfies Record<keyof NonNullable<ContainerContext['capabilities']>, FieldRule>;

export function checkPodSecurityContext({ securityContext = {} }: PodSpec, refusals: Refusals): void {
  checkFields(securityContext, 'spec.securityContext', podContextFields, refusals);
  checkProfiles(securityContext, 'spec.securityContext', refusals);
}

export function securityContextOf(
  spec: PodSpec,
  { securityContext: own = {} }: Container,
  containerPath: string,
  refusals: Refusals,
): SecurityContextDefinition | undefined {
  const path = `${containerPath}.securityContext`;
  checkFields(own, path, containerContextFields, refusals);
  checkFields(own.capabilities, `${path}.capabilities`, capabilityFields, refusals);
  checkProfiles(own, path, refusals);
  const pods = spec.securityContext ?? {};
  const runAsUser = own.runAsUser ?? pods.runAsUser;
  const runAsGroup = own.runAsGroup ?? pods.runAsGroup;
  if ((own.runAsNonRoot ?? pods.runAsNonRoot) && !runAsUser) {
    refusals.add(`${path}.runAsNonRoot`, 'the cloud does not look whom an image runs as; set runAsUser to one but 0');
  }
  const { add = [], drop = [] } = own.capabilities ?? {};
  const context: SecurityContextDefinition = {
    ...(own.privileged && { privileged: true }),
    ...(own.allowPrivilegeEscalation !== undefined && { allowPrivilegeEscalation: own.allowPrivilegeEscalation }),
    ...(add.length + drop.length > 0 && {
      capabilities: {
        ...(add.length > 0 && { add: add.map(capability) }),
        ...(drop.length > 0 && { drop: drop.map(capability) }),
      },
    }),
    ...(runAsUser !== undefined && { runAsUser }),
    ...(runAsGroup !== undefined && { runAsGroup }),
  };
  return Object.keys(context).length > 0 ? context : undefined;
}

/** The cloud names them as the kernel does (`CAP_NET_ADMIN`), Kubernetes without the prefix. */
function capability(name: string): string {
  return name === 'ALL' || name.startsWith('CAP_') ? name : `CAP_${name}`;
}

type Profiles = Pick<PodContext, 'appArmorProfile' | 'seccompProfile'>;

/** The default profile is what containers run under anyway; others would lie on a node. */
function checkProfiles(context: Profiles, path: string, refusals: Refusals): void {
  for (const kind of ['appArmorProfile', 'seccompProfile'] as const) {
    const type = context[kind]?.type;
    if (type !== undefined && type !== 'RuntimeDefault') refusals.add(`${path}.${kind}`, noProfile);
  }
}
