/** Where the node's token may go. */
import type { ContainerInstanceManagementClientOptionalParams } from '@azure/arm-containerinstance';
import { VkError } from 'vk-sdk';

type AdditionalPolicy = NonNullable<ContainerInstanceManagementClientOptionalParams['additionalPolicies']>[number];

/**
 * Sends nothing to another host than that of `endpoint` and those below it, such as `westus2.management.azure.com`. The SDK
 * adds the token to every request, and takes the addresses of further pages and of operations from the answers.
 */
export function onlyAt(endpoint: string): AdditionalPolicy {
  const { protocol, host: own } = new URL(endpoint);
  return {
    // The last one before the request goes out, so after redirects too.
    position: 'perRetry',
    policy: {
      name: 'vkOnlyAt',
      sendRequest(request, next) {
        const { protocol: asked, host } = new URL(request.url);
        if (asked === protocol && (host === own || host.endsWith(`.${own}`))) return next(request);
        const why = `an answer leads to ${host}, which is not asked: the node's token is for ${own}`;
        return Promise.reject(new VkError('Unavailable', `cloud: ${why}`));
      },
    },
  };
}
