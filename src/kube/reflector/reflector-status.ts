import type { VkError } from '../../runtime/errors.js';

/** What a reflector is doing. Tagged by `type`. */
export type ReflectorStatus =
  | { readonly type: 'idle' }
  /** Reading everything there is. What was in the store stays there meanwhile. */
  | { readonly type: 'listing'; readonly how: 'stream' | 'pages' }
  /** A watch is open, or about to be. */
  | { readonly type: 'watching' }
  /** Waiting after a failure, until `untilMs` since the epoch. */
  | {
      readonly type: 'backoff';
      readonly attempt: number;
      readonly untilMs: number;
      readonly error: VkError | undefined;
    }
  | { readonly type: 'closed' };
