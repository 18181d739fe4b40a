/** What a controller of the fake apiserver is, and what it is made of. Neighbours: `controller-set.ts` makes those that are wanted. */
import type { Clock } from '../../../runtime/clock.js';
import type { Core } from '../core/index.js';
import type { CertificateAuthority } from '../../../kube/pki/certificates.js';

export interface ControllerParts {
  readonly core: Core;
  readonly clock: Clock;
  /** Undefined where the server speaks plain HTTP. */
  readonly authority: CertificateAuthority | undefined;
}

export interface Controller {
  start(): void;
  /** Ends its timers and watches. */
  stop(): void;
}
