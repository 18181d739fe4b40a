/** Finding out who calls. `delegated-authenticator.ts` is the implementation that asks the cluster. */
import type { UserInfo } from './user.js';

/** The subject of a client certificate. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** What a request brought along. */
export interface PresentedCredentials {
  /**
   * The subject of a client certificate that leads to a trusted authority, is meant for clients and is valid now. A
   * certificate of which that is not true is as good as none.
   */
  readonly certificate: CertificateSubject | undefined;
  /** The bearer token of the `Authorization` header. A secret: not for logs, errors or keys of a cache. */
  readonly token: string | undefined;
}

export interface Authenticator {
  /**
   * The user whose credentials these are, or undefined if they are nobody's. A rejection counts as undefined, and is
   * logged. May be called any number of times at once; `signal` aborts when the answer is too late.
   */
  authenticate(credentials: PresentedCredentials, signal: AbortSignal): Promise<UserInfo | undefined>;
}
