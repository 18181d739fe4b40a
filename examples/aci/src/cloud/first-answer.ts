/** The first request of one of the Azure SDK's long-running operations, by itself. */
import type { ContainerGroupsGetOptionalParams } from '@azure/arm-containerinstance';

type OperationOptions = Pick<ContainerGroupsGetOptionalParams, 'abortSignal' | 'onResponse'>;
type FullOperationResponse = Parameters<NonNullable<OperationOptions['onResponse']>>[0];

/**
 * The SDK's `begin…` methods send their request and then, before they return, poll what came of it once or twice. That would
 * double what it costs to create a pod, and tell nothing that a look at the group does not: so the polling is called off
 * as soon as the first answer is there. Rejects as `begin` does if that answer is a refusal, or does not come.
 */
export async function firstAnswer(
  begin: (options: OperationOptions) => Promise<unknown>,
): Promise<FullOperationResponse> {
  const enough = new AbortController();
  let answer: FullOperationResponse | undefined;
  const onResponse = (response: FullOperationResponse): void => {
    if (response.status < 300) answer ??= response;
    enough.abort();
  };
  try {
    await begin({ abortSignal: enough.signal, onResponse });
  } catch (error) {
    if (answer === undefined) throw error;
  }
  if (answer === undefined) throw new Error('operation has begun without an answer');
  return answer;
}
