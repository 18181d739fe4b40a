/** Whose a bearer token is, by TokenReview (authentication.k8s.io/v1). */
import { createHash } from 'node:crypto';
import type { KubeApi } from '../../kube/api.js';
import { systemClock } from '../../runtime/clock.js';
import { ReviewCache, type Verdict } from './review-cache.js';
import { reviewDefaults, type ReviewOptions } from './review-options.js';
import { asAuthenticated, type UserInfo } from './user.js';

export interface TokenReviewsOptions extends ReviewOptions {
  /** How long a token's user is believed. Default: 2 min, the kubelet's. */
  readonly knownMs?: number;
  /** How long a token that is nobody's is refused unasked. Default: 10 s. */
  readonly unknownMs?: number;
  /** Audiences of which the token must have one. Default: the apiserver's own. */
  readonly audiences?: readonly string[];
}

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

export class TokenReviews {
  readonly #client: KubeApi;
  readonly #options: Required<Omit<TokenReviewsOptions, 'audiences'>> & Pick<TokenReviewsOptions, 'audiences'>;
  readonly #known: ReviewCache<UserInfo | undefined>;

  constructor(client: KubeApi, options: TokenReviewsOptions = {}) {
    this.#client = client;
    this.#options = { clock: systemClock, knownMs: 120_000, unknownMs: 10_000, ...reviewDefaults, ...options };
    this.#known = new ReviewCache(this.#options);
  }

  /** Undefined if the token is nobody's. Rejects if the apiserver cannot tell. */
  userOf(token: string): Promise<UserInfo | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    return this.#known.get(key, () => this.#review(token));
  }

  async #review(token: string): Promise<Verdict<UserInfo | undefined>> {
    const { audiences, knownMs, unknownMs, timeoutMs } = this.#options;
    const review = await this.#client.request<TokenReview>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, ...(audiences && { audiences }) },
      },
      deadlineMs: timeoutMs,
    });
    const user = isMeantFor(audiences, review) ? userIn(review) : undefined;
    return user === undefined ? { value: undefined, keepMs: unknownMs } : { value: user, keepMs: knownMs };
  }
}

/** An apiserver that does not know of audiences vouches for tokens that are meant for others, and names none. */
function isMeantFor(wanted: readonly string[] | undefined, { status }: TokenReview): boolean {
  return wanted === undefined || wanted.some((audience) => status?.audiences?.includes(audience));
}

function userIn({ status }: TokenReview): UserInfo | undefined {
  const { username, uid, groups = [], extra } = status?.user ?? {};
  if (status?.authenticated !== true || !username) return undefined;
  return asAuthenticated({ username, groups, ...(uid && { uid }), ...(extra && { extra }) });
}
