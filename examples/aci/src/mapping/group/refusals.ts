/** What stands against a pod's becoming a container group: gathered, so that whoever wrote it learns all of it at once. */
import { objectKey, type Pod, VkError } from 'vk-sdk';

/** Beyond these an error only tells how many there are. */
const mostTold = 20;

export class Refusals {
  readonly #refused = new Map<string, string>();
  readonly #missing = new Map<string, string>();

  /**
   * What no container group has. `path` as Kubernetes writes it, with names in lists: `spec.containers[web].lifecycle`.
   * The first reason for a path counts. No reason holds a value of the pod's, which may be a secret.
   */
  add(path: string, reason: string): void {
    if (!this.#refused.has(path)) this.#refused.set(path, reason);
  }

  /** What the pod refers to and is not there yet. */
  missing(path: string, reason: string): void {
    if (!this.#missing.has(path)) this.#missing.set(path, reason);
  }

  /**
   * Throws `InvalidInput` where something is refused: trying again is useless until the pod is another. Else `Unavailable`
   * where something is missing.
   */
  throwFor(pod: Pod): void {
    const object = `pod ${objectKey(pod)}`;
    if (this.#refused.size > 0) throw new VkError('InvalidInput', `${object}: ${told(this.#refused)}`, { object });
    if (this.#missing.size > 0) throw new VkError('Unavailable', `${object}: ${told(this.#missing)}`, { object });
  }
}

function told(reasons: ReadonlyMap<string, string>): string {
  const some = [...reasons].slice(0, mostTold).map(([path, reason]) => `${path}: ${reason}`);
  if (reasons.size > mostTold) some.push(`and ${reasons.size - mostTold} more`);
  return some.join('; ');
}
