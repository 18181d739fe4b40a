/** How long a request may take, from its first byte to the last one of its answer. */
import type { ContainerInstanceManagementClientOptionalParams } from '@azure/arm-containerinstance';
import type { Clock } from 'vk-sdk';

type AdditionalPolicy = NonNullable<ContainerInstanceManagementClientOptionalParams['additionalPolicies']>[number];

/**
 * In place of the SDK's own limit, which ends with the head of an answer, whose rest may never come; and after a request that
 * has failed goes on to keep the process alive. Rejects with an `AbortError`, as that does.
 */
export function timeLimit(limitMs: number, clock: Clock): AdditionalPolicy {
  return {
    position: 'perRetry',
    policy: {
      name: 'vkTimeLimit',
      async sendRequest(request, next) {
        const late = new AbortController();
        const timer = clock.setTimer(limitMs, () => late.abort());
        const asked = request.abortSignal as AbortSignal | undefined;
        request.abortSignal = asked === undefined ? late.signal : AbortSignal.any([asked, late.signal]);
        try {
          return await next(request);
        } catch (error) {
          late.signal.throwIfAborted();
          throw error;
        } finally {
          timer.cancel();
        }
      },
    },
  };
}
