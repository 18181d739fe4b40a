/** Who may do what, by SubjectAccessReview (authorization.k8s.io/v1): the cluster's own RBAC decides. */
import { createHash } from 'node:crypto';
import type { KubeApi } from '../../kube/api.js';
import { systemClock } from '../../runtime/clock.js';
import type { Authorizer, NodeAttributes } from './authorizer.js';
import { ReviewCache, type Verdict } from './review-cache.js';
import { reviewDefaults, type ReviewOptions } from './review-options.js';
import type { UserInfo } from './user.js';

export interface AccessReviewsOptions extends ReviewOptions {
  /** How long a permission is believed. Default: 5 min, the kubelet's. */
  readonly allowedMs?: number;
  /** How long a denial is believed. Default: 30 s, the kubelet's. */
  readonly deniedMs?: number;
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean; readonly denied?: boolean };
}

export class AccessReviews implements Authorizer {
  readonly #client: KubeApi;
  readonly #options: Required<AccessReviewsOptions>;
  readonly #known: ReviewCache<boolean>;

  constructor(client: KubeApi, options: AccessReviewsOptions = {}) {
    this.#client = client;
    this.#options = { clock: systemClock, allowedMs: 300_000, deniedMs: 30_000, ...reviewDefaults, ...options };
    this.#known = new ReviewCache(this.#options);
  }

  authorize(user: UserInfo, attributes: NodeAttributes): Promise<boolean> {
    const spec = specOf(user, attributes);
    // Groups and extra can be long, and what a cache's keys weigh is not for callers to choose.
    const key = createHash('sha256').update(JSON.stringify(spec)).digest('base64');
    return this.#known.get(key, () => this.#review(spec));
  }

  async #review(spec: object): Promise<Verdict<boolean>> {
    const { allowedMs, deniedMs, timeoutMs } = this.#options;
    const { status } = await this.#client.request<SubjectAccessReview>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec },
      deadlineMs: timeoutMs,
    });
    const allowed = status?.allowed === true && status.denied !== true;
    return { value: allowed, keepMs: allowed ? allowedMs : deniedMs };
  }
}

function specOf({ username, uid, groups, extra }: UserInfo, attributes: NodeAttributes): object {
  const { verb, nodeName, subresource } = attributes;
  return {
    user: username,
    ...(uid && { uid }),
    groups,
    ...(extra && { extra }),
    resourceAttributes: { group: '', version: 'v1', resource: 'nodes', subresource, name: nodeName, verb },
  };
}
