/** What a client is told of a connection whose call failed. Pure. kubelet-protocol §4. */
import type { PodRef } from '../../provider/provider.js';
import { VkError } from '../../runtime/errors.js';

/** Longer messages of a provider are cut: clients read them whole into memory. */
const longestMessage = 8_192;

/** How it looks when one side of a connection is gone while the other still has something to say. */
const cutCodes: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'Aborted'];

/**
 * Whether `error` says that one of the two sides cut the connection. kubectl ends the whole session at the first message
 * that it gets, so such a connection is reset without one, as a program's would be.
 */
export function isCut(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].some((each) => cutCodes.includes((each as { code?: unknown } | null | undefined)?.code));
}

/** The kubelet's words. Of `error` it shows the message and nothing else. */
export function forwardFailure({ namespace, name, uid }: PodRef, port: number, error: unknown): string {
  const message = VkError.from(error).message.slice(0, longestMessage);
  return `error forwarding port ${port} to pod ${namespace}/${name}, uid ${uid}: ${message}`;
}
