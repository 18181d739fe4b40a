/** A pod whose containers name their variables' values, for backends that look no further than the spec. */
import type { Container, Pod } from '../../kube/types.js';
import { cloneJson } from '../clone-pod.js';
import type { PodEnvironment } from './resolve-environment.js';
import type { EnvironmentVariable } from './variable.js';

/**
 * A copy of the pod in which every container's `env` is its environment, and `envFrom` is gone. What still waits stays as
 * it was written: a `fieldRef`, or text with `$(NAME)` in it.
 */
export function podWithEnvironment(pod: Pod, { containers }: PodEnvironment): Pod {
  const resolved = <Any extends Container>(container: Any): Any => {
    const { env = [], envFrom: _, ...rest } = container;
    const variables = (containers.get(container.name) ?? []).map((variable) => entryOf(variable, env));
    return { ...rest, env: variables } as Any;
  };
  const { initContainers, containers: main, ephemeralContainers } = pod.spec;
  return cloneJson({
    ...pod,
    spec: {
      ...pod.spec,
      ...(initContainers && { initContainers: initContainers.map(resolved) }),
      containers: main.map(resolved),
      ...(ephemeralContainers && {
        ephemeralContainers: ephemeralContainers.map((container) => resolved(container as Container)),
      }),
    },
  });
}

function entryOf({ name, value }: EnvironmentVariable, written: NonNullable<Container['env']>) {
  if (value !== undefined) return { name, value };
  return written.findLast((entry) => entry.name === name) ?? { name };
}
