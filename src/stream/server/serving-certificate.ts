/** Where the certificate comes from that the server shows. `requested-certificate.ts` asks the cluster for one. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CertificateAuthority, type CertificateAndKey } from '../../kube/pki/certificates.js';
import type { Clock, Random } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { pause } from '../pause.js';

export interface ServingCertificateContext {
  readonly nodeName: string;
  /** Addresses and names that clients call the server by. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Ends the source. */
  readonly signal: AbortSignal;
}

/** A source of certificates, which may bring new ones while the server serves. */
export interface ServingCertificateSource {
  /**
   * Calls `serve` with a certificate (and its chain) and its key, PEM, and again whenever there is another pair, until
   * the signal aborts. Resolves when the first has been given; rejects if there will be none, and the server does not start.
   */
  open(context: ServingCertificateContext, serve: (pair: CertificateAndKey) => void): Promise<void>;
}

/** One pair, for as long as the server serves. */
export function fixedCertificate(pair: CertificateAndKey): ServingCertificateSource {
  return { open: async (_context, serve) => serve(requirePair('serving certificate', pair)) };
}

const rereadMs = 60_000;

/** A pair of files, looked at every minute; what does not belong together, as between two steps of a renewal, is passed over. */
export function certificateFromFiles(certificateFile: string, keyFile: string): ServingCertificateSource {
  return certificateFrom(async () => {
    const [certificate, key] = await Promise.all([readText(certificateFile), readText(keyFile)]);
    return { certificate, key };
  }, `serving certificate ${certificateFile}`);
}

/** Whatever `read` answers, which is asked every minute. The first answer must come. */
export function certificateFrom(
  read: () => CertificateAndKey | Promise<CertificateAndKey>,
  name = 'serving certificate',
): ServingCertificateSource {
  return {
    async open(context, serve) {
      let served = requirePair(name, await read());
      serve(served);
      void (async () => {
        while (await pause(context.clock, rereadMs, context.signal)) {
          try {
            const pair = requirePair(name, await read());
            if (pair.certificate === served.certificate && pair.key === served.key) continue;
            served = pair;
            serve(pair);
          } catch (err) {
            context.logger.warn(
              { node: context.nodeName, err },
              'serving certificate not read again; the old one stays',
            );
          }
        }
      })();
    },
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code = 'unreadable' } = cause as NodeJS.ErrnoException;
    throw new VkError('InvalidInput', `serving certificate file ${path}: cannot be read (${code})`, { cause });
  }
}

/** The pair, or `InvalidInput` where certificate and key are not PEM or do not belong together. */
export function requirePair(name: string, pair: CertificateAndKey): CertificateAndKey {
  let matches: boolean;
  try {
    matches = new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key));
  } catch {
    // Without the cause, which might quote the key.
    throw new VkError('InvalidInput', `${name}: certificate or key is not PEM`);
  }
  if (!matches) throw new VkError('InvalidInput', `${name}: certificate and key do not belong together`);
  return pair;
}

const dayMs = 86_400_000;
const selfMadeLifeMs = 365 * dayMs;

/**
 * A certificate that the node makes itself, in memory, and makes anew before it ends. Whoever trusts the authority behind
 * the leaf, which `KubeletServer.certificate` includes, trusts every later one; after a restart it is another.
 */
export function selfMadeCertificate(): ServingCertificateSource {
  return {
    async open(context, serve) {
      context.logger.info({ node: context.nodeName }, selfMadeHint);
      serveSelfMade(context, serve);
    },
  };
}

const selfMadeHint =
  'serving with a self-made certificate, which nobody can verify. ' +
  'For one that the cluster trusts set certificate: requestedCertificate(client) and approve its CertificateSigningRequest, ' +
  'or give a pair of your own';

export function serveSelfMade(context: ServingCertificateContext, serve: (pair: CertificateAndKey) => void): void {
  const { clock, hosts, nodeName, signal } = context;
  const authority = new CertificateAuthority(`${nodeName}-ca`, clock.now());
  const issue = (): void => {
    const subject = { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] };
    const pair = authority.issue(subject, {
      hosts,
      usages: ['serverAuth'],
      nowMs: clock.now(),
      lifeMs: selfMadeLifeMs,
    });
    serve({ certificate: `${pair.certificate}${authority.certificate}`, key: pair.key });
  };
  issue();
  void (async () => {
    while (await pause(clock, selfMadeLifeMs * 0.8, signal)) issue();
  })();
}
