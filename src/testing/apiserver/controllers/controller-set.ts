/** The controllers that a fake apiserver runs, as its options say. */
import type { Clock, Random } from '../../../runtime/clock.js';
import type { ApiCore } from '../core/api.js';
import type { CertificateAuthority } from '../pki/certificates.js';

export interface ControllerOptions {
  readonly scheduler?: boolean;
}

export interface ControllerParts {
  readonly core: ApiCore;
  readonly clock: Clock;
  readonly random: Random;
  /** Undefined where the server speaks plain HTTP. */
  readonly authority: CertificateAuthority | undefined;
}

export class ControllerSet {
  constructor(parts: ControllerParts, options: ControllerOptions) {
    void parts;
    void options;
  }
  start(): void {}
  stop(): void {}
}
