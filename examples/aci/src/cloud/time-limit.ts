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
        const { abortSignal: asked } = request;
        const ending = new AbortController();
        const end = (): void => ending.abort();
        let isLate = false;
        const timer = clock.setTimer(limitMs, () => {
          isLate = true;
          end();
        });
        // Not `AbortSignal.any`: the signal may be that of a log which is followed for days.
        asked?.addEventListener('abort', end);
        if (asked?.aborted) end();
        request.abortSignal = ending.signal;
        try {
          return await next(request);
        } catch (error) {
          if (isLate) ending.signal.throwIfAborted();
          throw error;
        } finally {
          timer.cancel();
          asked?.removeEventListener('abort', end);
        }
      },
    },
  };
}
