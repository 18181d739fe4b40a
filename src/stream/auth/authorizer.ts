/** Finding out who may do what. `access-reviews.ts` is the implementation that asks the cluster. */
import type { UserInfo } from './user.js';

/** One question: may a user do this to `nodes/<subresource>` of this node? The group is the core one. */
export interface NodeAttributes {
  readonly verb: string;
  readonly nodeName: string;
  readonly subresource: string;
}

export interface Authorizer {
  /**
   * Whether the user may. A rejection denies (500), as does an answer that takes longer than `reviewTimeoutMs`, when
   * `signal` aborts. May be called any number of times at once.
   */
  authorize(user: UserInfo, attributes: NodeAttributes, signal: AbortSignal): Promise<boolean>;
}
