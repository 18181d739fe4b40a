/**
 * The environment that a kubelet would give a container: `envFrom` in its order, `env` on top of it, the services'
 * variables below, with `$(NAME)` expanded (API: `Container.env`, `Container.envFrom`). A function of the pod and of what
 * its sources hold at that moment: reading and watching them is for others.
 */
import type { Container, Pod } from '../../kube/types.js';
import { ContainerEnvironment } from './container-environment.js';
import type { EnvironmentProblem } from './environment-problem.js';
import { serviceVariables } from './service-variables.js';
import type { EnvironmentSources } from './sources.js';
import type { EnvironmentVariable } from './variable.js';

export interface PodEnvironment {
  /** By container: init, main and ephemeral ones. Of variables with the same name only the one that counts. */
  readonly containers: ReadonlyMap<string, readonly EnvironmentVariable[]>;
  readonly problems: readonly EnvironmentProblem[];
}

/**
 * ```ts
 * const { containers, problems } = resolveEnvironment(pod, {
 *   configMap: () => ({ state: 'missing' }),
 *   secret: () => ({ state: 'missing' }),
 *   services: () => [],
 *   allocatable: { cpu: '4', memory: '8Gi' },
 * });
 * if (problems.some(({ blocking }) => blocking)) throw new VkError('Unavailable', 'pod default/web: not all is there yet');
 * for (const { name, value, secret } of containers.get('app') ?? []) …
 * ```
 *
 * Variables that wait for the pod's status have no value: call it again when the status is known. Never throws for what a
 * pod or its sources hold: that becomes a problem.
 */
export function resolveEnvironment(pod: Pod, sources: EnvironmentSources): PodEnvironment {
  const problems: EnvironmentProblem[] = [];
  const services = serviceVariables(sources.services(), {
    namespace: pod.metadata.namespace ?? '',
    enableServiceLinks: pod.spec.enableServiceLinks ?? true,
  });
  const containers = new Map<string, readonly EnvironmentVariable[]>();
  for (const container of containersOf(pod)) {
    const environment = new ContainerEnvironment(pod, container, sources, services);
    containers.set(container.name, environment.resolve());
    problems.push(...environment.problems);
  }
  return { containers, problems };
}

/** In the order in which they start. */
function containersOf({ spec }: Pod): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...((spec.ephemeralContainers ?? []) as Container[])];
}
