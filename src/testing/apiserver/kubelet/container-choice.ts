/** Which container is meant by a request for a pod's log, exec or attach. Pure. */
import type { Pod } from '../../../kube/types.js';
import { badRequest } from '../core/failures.js';

/** The container that was asked for, or the only one there is. Throws a real apiserver's 400. */
export function chooseContainer({ metadata, spec }: Pod, wanted: string | undefined): string {
  const name = metadata.name ?? '';
  const all = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  if (wanted !== undefined) {
    if (all.some((each) => each.name === wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  }
  const [first, second] = spec.containers;
  if (first !== undefined && second === undefined) return first.name;
  const names = all.map((each) => each.name).join(' ');
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names}]`);
}
