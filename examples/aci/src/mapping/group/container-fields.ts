/** What becomes of the fields of a container, its mounts, ports and probes: of one that goes on, and of an init container. */
import type { Container } from 'vk-sdk';
import { checkFields, refused, type FieldRule, type FieldTable } from './fields.js';
import type { Refusals } from './refusals.js';

const noStdin = 'the cloud gives containers no input; use exec';

const containerFields = {
  name: 'mapped',
  image: 'mapped',
  args: 'mapped',
  command: 'mapped',
  env: 'mapped',
  envFrom: 'mapped',
  livenessProbe: 'mapped',
  ports: 'mapped',
  readinessProbe: 'mapped',
  resources: 'mapped',
  securityContext: 'mapped',
  volumeMounts: 'mapped',

  // Set by the apiserver on every container. Nobody reads a termination message in the cloud, which has its own account.
  terminationMessagePath: 'harmless',
  terminationMessagePolicy: 'harmless',
  // A group is not resized in place, whatever the policy would be.
  resizePolicy: 'harmless',

  imagePullPolicy: refused('the cloud pulls every image', 'Always', 'IfNotPresent'),
  lifecycle: refused('the cloud has no hooks'),
  restartPolicy: refused('all containers of a group have one restart policy'),
  restartPolicyRules: refused('all containers of a group have one restart policy'),
  startupProbe: refused('the cloud has none; use livenessProbe.initialDelaySeconds'),
  stdin: refused(noStdin),
  stdinOnce: refused(noStdin),
  tty: refused('the cloud gives containers no terminal; use exec'),
  volumeDevices: refused('the cloud has no block devices'),
  workingDir: refused('the cloud has none; change the folder in the command'),
} as const satisfies Record<keyof Container, FieldRule>;

const notForInit = 'init containers of a group have none';

const initContainerFields = {
  ...containerFields,
  livenessProbe: refused(notForInit),
  ports: refused(notForInit),
  readinessProbe: refused(notForInit),
  // Not asked for where both lists are empty, which `checkResourcesOfInit` looks at.
  resources: 'mapped',
  restartPolicy: refused('init containers of a group end before the others start: there are no sidecars'),
  startupProbe: refused(notForInit),
} as const satisfies Record<keyof Container, FieldRule>;

type Mount = NonNullable<Container['volumeMounts']>[number];

const mountFields = {
  name: 'mapped',
  mountPath: 'mapped',
  readOnly: 'mapped',
  mountPropagation: refused('mounts are not passed on', 'None'),
  recursiveReadOnly: refused('a mount is read-only or not', 'Disabled', 'IfPossible'),
  subPath: refused('volumes are mounted whole'),
  subPathExpr: refused('volumes are mounted whole'),
} as const satisfies Record<keyof Mount, FieldRule>;

type Port = NonNullable<Container['ports']>[number];

const portFields = {
  containerPort: 'mapped',
  protocol: 'mapped',
  // Probes may name it.
  name: 'harmless',
  hostIP: refused('there is no host to have ports on'),
  hostPort: refused('there is no host to have ports on'),
} as const satisfies Record<keyof Port, FieldRule>;

export function checkContainerFields(container: Container, path: string, refusals: Refusals): void {
  checkFields(container, path, containerFields, refusals);
  for (const port of container.ports ?? []) {
    checkFields(port, `${path}.ports[${port.containerPort}]`, portFields, refusals);
  }
  checkMounts(container, path, refusals);
}

export function checkInitContainerFields(container: Container, path: string, refusals: Refusals): void {
  checkFields(container, path, initContainerFields, refusals);
  const { claims, limits, requests } = container.resources ?? {};
  checkFields({ claims, limits, requests }, `${path}.resources`, noResources, refusals);
  checkMounts(container, path, refusals);
}

const noResources: FieldTable = {
  claims: refused(notForInit),
  limits: refused(notForInit),
  requests: refused(notForInit),
};

function checkMounts(container: Container, path: string, refusals: Refusals): void {
  for (const mount of container.volumeMounts ?? []) {
    checkFields(mount, `${path}.volumeMounts[${mount.mountPath}]`, mountFields, refusals);
  }
}
