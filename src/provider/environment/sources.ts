/** Where an environment's values come from, as whoever resolves it has them at that moment. */
import type { ConfigMap, Secret, Service } from '../../kube/types.js';
import type { Sourced } from '../../kube/sourced.js';
import type { Allocatable } from './resource-field.js';

export interface EnvironmentSources {
  /** By name, in the pod's namespace. */
  configMap(name: string): Sourced<ConfigMap>;
  secret(name: string): Sourced<Secret>;
  /** At least those of the pod's namespace, and `default/kubernetes`. */
  services(): Iterable<Service>;
  /** What the node has to give, for limits that a container does not set. */
  readonly allocatable: Allocatable;
  /**
   * The text of a file that an init container wrote into a volume (`fileKeyRef`), empty if there is no such file.
   * Undefined: not known, the variable waits. Left out: a backend whose files nobody sees from here.
   */
  file?(volumeName: string, path: string): string | undefined;
}
