/** What the server makes up: uids, name suffixes and timestamps. */
import type { Random } from '../../../runtime/clock.js';

/** Without vowels and look-alikes, as Kubernetes has it. */
const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

export function randomSuffix(random: Random): string {
  const letter = (): string => suffixLetters[Math.floor(random() * suffixLetters.length)] ?? 'x';
  return letter() + letter() + letter() + letter() + letter();
}

/** A version 4 UUID. */
export function randomUid(random: Random): string {
  const hex = (): string =>
    Math.floor(random() * 0x10000)
      .toString(16)
      .padStart(4, '0');
  const variant = (0x8000 + Math.floor(random() * 0x4000)).toString(16);
  return `${hex()}${hex()}-${hex()}-4${hex().slice(1)}-${variant}-${hex()}${hex()}${hex()}`;
}

/** As `metav1.Time` is written: seconds, in UTC. */
export function timestamp(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}
