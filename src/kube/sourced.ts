import type { VkError } from '../runtime/errors.js';

/** What is known of something that may not be there, or could not be read. */
export type Sourced<T> =
  | { readonly state: 'found'; readonly object: T }
  | { readonly state: 'missing' }
  | { readonly state: 'unreadable'; readonly error: VkError };
