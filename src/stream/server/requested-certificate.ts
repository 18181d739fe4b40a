/**
 * A serving certificate by CertificateSigningRequest, as kubelets with `serverTLSBootstrap` have it (signer
 * kubernetes.io/kubelet-serving, kubelet-protocol §7). Neighbours: `serving-certificate.ts` (the other sources),
 * `../../kube/pki/new-signing-request.ts` (what is sent).
 *
 * Invariants
 * 1. The server never waits for an approval: until the first certificate comes it shows a self-made one.
 * 2. A certificate that is held is shown until its successor is there, also while requests fail or are denied.
 * 3. One request at a time. One that is denied, failed or forgotten is followed by another after a pause, not at once.
 */
import { X509Certificate } from 'node:crypto';
import type { KubeApi } from '../../kube/api.js';
import type { CertificateAndKey } from '../../kube/pki/certificates.js';
import { newSigningRequest } from '../../kube/pki/new-signing-request.js';
import type { Resource } from '../../kube/resources.js';
import type { KubeObject } from '../../kube/types.js';
import { hasCode, VkError } from '../../runtime/errors.js';
import { pause } from '../pause.js';
import {
  requirePair,
  serveSelfMade,
  type ServingCertificateContext,
  type ServingCertificateSource,
} from './serving-certificate.js';

export interface RequestedCertificateOptions {
  /** How long a certificate should hold; a signer may give less. Default: what the signer gives, usually a year. */
  readonly lifeSeconds?: number;
  /** How often an open request is looked at. Default: 5 s. */
  readonly pollIntervalMs?: number;
  /** How long a request is waited for; then another is made. Default: 15 min, the kubelet's. */
  readonly approvalTimeoutMs?: number;
  /** Pause after a request that came to nothing. Default: 5 min. */
  readonly retryMs?: number;
}

interface CertificateSigningRequest extends KubeObject {
  spec?: object;
  status?: {
    certificate?: string;
    conditions?: readonly { readonly type: string; readonly reason?: string; readonly message?: string }[];
  };
}

const signingRequests: Resource<CertificateSigningRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  namespaced: false,
};

/**
 * ```ts
 * const node = new VirtualNode('edge-1', provider, client, { kubelet: { certificate: requestedCertificate(client) } });
 * ```
 *
 * The cluster approves such requests by hand (`kubectl certificate approve`) or by a controller of its own. Who has a
 * node's credential (`system:node:<name>`) may ask for that node alone. Renewed when 70 to 90 % of its life are over. Key
 * and certificate are kept in memory: each start makes a request of its own.
 */
export function requestedCertificate(
  client: KubeApi,
  options: RequestedCertificateOptions = {},
): ServingCertificateSource {
  return {
    async open(context, serve) {
      const requested = new AbortController();
      const { signal } = context;
      const end = (): void => requested.abort();
      signal.addEventListener('abort', end, { once: true });
      serveSelfMade({ ...context, signal: requested.signal }, serve);
      void keepRequesting(client, options, context, (pair) => {
        // From the first one on the self-made one is of no use.
        requested.abort();
        signal.removeEventListener('abort', end);
        serve(pair);
      });
    },
  };
}

async function keepRequesting(
  client: KubeApi,
  options: RequestedCertificateOptions,
  context: ServingCertificateContext,
  serve: (pair: CertificateAndKey) => void,
): Promise<void> {
  const { clock, logger, nodeName, random, signal } = context;
  while (!signal.aborted) {
    let pauseMs = options.retryMs ?? 300_000;
    try {
      const pair = await requestOne(client, options, context);
      serve(pair);
      pauseMs = renewalMs(pair.certificate, clock.now(), random());
      logger.info({ node: nodeName, renewsInMs: Math.round(pauseMs) }, 'serving certificate issued');
    } catch (err) {
      if (!signal.aborted) logger.warn({ node: nodeName, err }, 'serving certificate not issued; asking again later');
    }
    await pause(clock, pauseMs, signal);
  }
}

/** A signer and a node whose clocks differ by a certificate's life are to make few requests of it all the same. */
const shortestRenewalMs = 60_000;

/** After 70 to 90 % of the certificate's life, but not at once, however short it is. */
function renewalMs(certificate: string, nowMs: number, random: number): number {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const lifeMs = Date.parse(validTo) - Date.parse(validFrom);
  return Math.max(Date.parse(validFrom) + lifeMs * (0.7 + 0.2 * random) - nowMs, shortestRenewalMs);
}

async function requestOne(
  client: KubeApi,
  options: RequestedCertificateOptions,
  { clock, hosts, logger, nodeName, signal }: ServingCertificateContext,
): Promise<CertificateAndKey> {
  const { approvalTimeoutMs = 900_000, lifeSeconds, pollIntervalMs = 5_000 } = options;
  const subject = { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] };
  const { key, request } = newSigningRequest(subject, hosts);
  const created = await client.create(
    signingRequests,
    {
      metadata: { generateName: 'csr-' },
      spec: {
        request: Buffer.from(request).toString('base64'),
        signerName: 'kubernetes.io/kubelet-serving',
        // Those of an ECDSA key: encipherment would be RSA's.
        usages: ['digital signature', 'server auth'],
        ...(lifeSeconds && { expirationSeconds: lifeSeconds }),
      },
    },
    { signal },
  );
  const { name = '' } = created.metadata;
  const remedy = `kubectl certificate approve ${name}`;
  logger.info({ node: nodeName, request: name, remedy }, 'serving certificate requested; it waits for approval');
  const untilMs = clock.now() + approvalTimeoutMs;
  for (;;) {
    const certificate = issued(name, await look(client, name, signal));
    if (certificate !== undefined) return requirePair(`certificate request ${name}`, { certificate, key });
    if (clock.now() >= untilMs) throw new VkError('Timeout', `certificate request ${name}: not approved in time`);
    if (!(await pause(clock, pollIntervalMs, signal))) throw new VkError('Aborted', 'kubelet server: closed');
  }
}

/** Undefined where the apiserver cannot say right now. */
async function look(
  client: KubeApi,
  name: string,
  signal: AbortSignal,
): Promise<CertificateSigningRequest | undefined> {
  try {
    return await client.get(signingRequests, { name }, { signal });
  } catch (error) {
    if (hasCode(error, 'NotFound') || hasCode(error, 'Forbidden') || signal.aborted) throw error;
    return undefined;
  }
}

/** The certificate in a request, if it is there. Throws for one that will never have any. */
function issued(name: string, request: CertificateSigningRequest | undefined): string | undefined {
  const { certificate, conditions = [] } = request?.status ?? {};
  for (const { type, reason = '', message = '' } of conditions) {
    if (type !== 'Denied' && type !== 'Failed') continue;
    throw new VkError('Forbidden', `certificate request ${name}: ${type.toLowerCase()} (${reason}: ${message})`);
  }
  return certificate ? Buffer.from(certificate, 'base64').toString() : undefined;
}
