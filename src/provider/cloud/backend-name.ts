/** Names for what a backend makes of a pod. Pure. */
import { createHash } from 'node:crypto';
import { VkError } from '../../runtime/errors.js';
import type { PodRef } from '../provider.js';

export interface BackendNameOptions {
  /** The longest name that the backend takes. */
  readonly maxLength: number;
  /** What each name begins with, as it is. For backends that want a letter first. Default: nothing. */
  readonly prefix?: string;
  /**
   * The characters that a name may have, at least ten letters and digits among them. What a pod's name has besides becomes
   * a `-` or `_` if the backend allows one. Default: those of a DNS label, `a` to `z`, `0` to `9` and `-`.
   */
  readonly alphabet?: string;
}

/** Among a million pods two hashes are alike with a probability of 1 in 2,000; the names only if the pods' are, too. */
const hashBits = 50;
const dnsLabel = 'abcdefghijklmnopqrstuvwxyz0123456789-';

/**
 * A name that says whose it is, and belongs to one pod: `default-web-4kd9x0q2m1`, the pod's namespace and name as far as there
 * is room, and a hash of its uid. Always the same for the same pod, so that a create that is repeated finds what it made
 * before; another for every other pod, be it of the same name, or `b-c` in `a` beside `c` in `a-b`.
 *
 * What the pod is should still be kept in tags where the backend has any: a hash cannot be turned back.
 *
 * ```ts
 * backendName({ namespace: 'default', name: 'web', uid: '5f4f…' }, { maxLength: 63, prefix: 'vk-' });
 * ```
 *
 * Throws `InvalidInput` for a pod without a uid, and options that leave no room for a hash.
 */
export function backendName(ref: PodRef, options: BackendNameOptions): string {
  const { maxLength, prefix = '', alphabet = dnsLabel } = options;
  const symbols = [...new Set(alphabet)].filter((character) => /[a-z\d]/i.test(character));
  const hashLength = symbols.length < 10 ? NaN : Math.ceil(hashBits / Math.log2(symbols.length));
  const room = maxLength - prefix.length - hashLength;
  // NaN is not at least 0, either.
  if (!(room >= 0)) {
    throw new VkError('InvalidInput', `backendName: no room for a hash in ${maxLength} characters of this alphabet`);
  }
  if (ref.uid === '') throw new VkError('InvalidInput', `pod ${ref.namespace}/${ref.name}: has no uid to be told by`);
  const hash = hashOf(ref.uid, symbols, hashLength);
  const separator = ['-', '_'].find((character) => alphabet.includes(character)) ?? '';
  const slug = slugOf(`${ref.namespace}-${ref.name}`, alphabet, separator, room - separator.length);
  return slug === '' ? prefix + hash : prefix + slug + separator + hash;
}

function slugOf(text: string, alphabet: string, separator: string, maxLength: number): string {
  if (maxLength <= 0) return '';
  const allowed = Array.from(text, (character) => {
    if (alphabet.includes(character)) return character;
    const upper = character.toUpperCase();
    return alphabet.includes(upper) && upper.length === 1 ? upper : separator;
  });
  const slug = allowed.join('').slice(0, maxLength);
  return separator === '' ? slug : trimmed(slug, separator);
}

/** Without separators at its ends, where many backends refuse them. */
function trimmed(text: string, separator: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text[start] === separator) start += 1;
  while (end > start && text[end - 1] === separator) end -= 1;
  return text.slice(start, end);
}

function hashOf(uid: string, symbols: readonly string[], length: number): string {
  const base = BigInt(symbols.length);
  let rest = BigInt(`0x${createHash('sha256').update(uid).digest('hex')}`);
  let hash = '';
  for (let count = 0; count < length; count += 1) {
    hash += symbols[Number(rest % base)] ?? '';
    rest /= base;
  }
  return hash;
}
