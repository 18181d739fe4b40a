/** The kubelet's way of knowing its callers: client certificates, then tokens that the apiserver vouches for. */
import type { KubeApi } from '../../kube/api.js';
import type { Authenticator, PresentedCredentials } from './authenticator.js';
import { TokenReviews, type TokenReviewsOptions } from './token-reviews.js';
import { asAuthenticated, type UserInfo } from './user.js';

export class DelegatedAuthenticator implements Authenticator {
  readonly #tokens: TokenReviews | undefined;

  /** Without a client nobody is known by a token. */
  constructor(client: KubeApi | undefined, options: TokenReviewsOptions = {}) {
    this.#tokens = client && new TokenReviews(client, options);
  }

  async authenticate({ certificate, token }: PresentedCredentials): Promise<UserInfo | undefined> {
    if (certificate !== undefined) {
      const { commonName, organizations } = certificate;
      return asAuthenticated({ username: commonName, groups: organizations });
    }
    return token === undefined ? undefined : this.#tokens?.userOf(token);
  }
}
