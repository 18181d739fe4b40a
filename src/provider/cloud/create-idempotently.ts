/** Makes one of something, however often it is asked for and whatever becomes of the answers. */
import { hasCode, VkError } from '../../runtime/errors.js';

export interface CreateIdempotentlyOptions<T> {
  /** What is to be made, for errors: `container group default-web-4kd9x0q2m1`. */
  readonly object: string;
  /** What the backend has under the name, or undefined (or code `NotFound`). Rejects if it cannot tell. */
  readonly get: () => Promise<T | undefined>;
  /** Makes it, under the one name that the pod's has: `backendName`. */
  readonly create: () => Promise<T>;
  /** Whether that is this pod's own: by the uid in its tags, not by the name. */
  readonly isOurs: (found: T) => boolean;
}

/** Answers of a create after which it may be there: made by an earlier call, by this one, or by somebody else. */
const ambiguous = ['AlreadyExists', 'Conflict', 'Timeout', 'Unavailable'] as const;

/**
 * Looks, creates, and looks again where the answer leaves open what is there. Resolves with what is there and ours, be it made
 * by this call or an earlier one. Never creates twice in one call: where an ambiguous answer has left nothing to be seen
 * (yet), its error is passed on, and the next call looks first.
 *
 * Rejects with `AlreadyExists` if it is somebody else's, and says that trying again soon is useless: they would have to
 * remove it first, so it is tried again after five minutes.
 *
 * ```ts
 * const cloud = new Map<string, { readonly owner: string }>();
 * const ref = podRef(pod);
 * const name = backendName(ref, { maxLength: 63 });
 * const group = await createIdempotently({
 *   object: `group ${name}`,
 *   get: async () => cloud.get(name),
 *   create: async () => {
 *     const made = { owner: ref.uid };
 *     cloud.set(name, made);
 *     return made;
 *   },
 *   isOurs: ({ owner }) => owner === ref.uid,
 * });
 * ```
 *
 * Two calls for one name at the same time are safe as far as the backend makes one of two creates fail. One that overwrites
 * (a PUT) makes the same of both.
 */
export async function createIdempotently<T>(options: CreateIdempotentlyOptions<T>): Promise<T> {
  const before = await look(options);
  if (before !== undefined) return before;
  try {
    return await options.create();
  } catch (error) {
    if (!ambiguous.some((code) => hasCode(error, code))) throw error;
    const after = await look(options, error);
    if (after === undefined) throw error;
    return after;
  }
}

/** What is there and ours. `cause`: the answer that made it worth a look, which counts if the look fails. */
async function look<T>(options: CreateIdempotentlyOptions<T>, cause?: unknown): Promise<T | undefined> {
  const found = await options.get().catch((error: unknown) => {
    if (hasCode(error, 'NotFound')) return undefined;
    throw cause ?? error;
  });
  if (found === undefined || options.isOurs(found)) return found;
  const message = `${options.object}: is there already and belongs to somebody else; remove it, or use another name`;
  throw new VkError('AlreadyExists', message, { object: options.object, retry: { afterMs: 300_000 }, cause });
}
