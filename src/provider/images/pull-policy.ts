/** When an image is pulled (concepts/containers/images). */
import type { Container } from '../../kube/types.js';
import { VkError } from '../../runtime/errors.js';
import { parseImageReference } from './image-reference.js';

export type ImagePullPolicy = 'Always' | 'IfNotPresent' | 'Never';

/** The container's policy; where it has none: `Always` for the tag `latest` (also beside a digest, or left out with it), else `IfNotPresent`. */
export function imagePullPolicy({ name, image = '', imagePullPolicy: policy }: Container): ImagePullPolicy {
  switch (policy) {
    case 'Always':
    case 'IfNotPresent':
    case 'Never':
      return policy;
    case undefined:
    case '': {
      const { tag, digest } = parseImageReference(image);
      return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent';
    }
    default:
      throw new VkError(
        'InvalidInput',
        `container ${name}: imagePullPolicy "${policy}" is none of Always, IfNotPresent and Never`,
      );
  }
}

/**
 * Whether to ask the registry. Throws `Unavailable` where the image is not present and must not be pulled: a kubelet's
 * `ErrImageNeverPull`.
 */
export function mustPullImage(container: Container, isPresent: boolean): boolean {
  const policy = imagePullPolicy(container);
  if (policy === 'Never' && !isPresent) {
    throw new VkError(
      'Unavailable',
      `container ${container.name}: image "${container.image ?? ''}" is not present with pull policy of Never`,
    );
  }
  return policy === 'Always' || (policy === 'IfNotPresent' && !isPresent);
}
