/** Where the authorities come from whose certificates callers may present. */
import { readFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import type { KubeApi } from '../../kube/api.js';
import { configMaps } from '../../kube/resources.js';
import type { Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { pause } from '../pause.js';

export interface ClientAuthoritiesContext {
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the source. */
  readonly signal: AbortSignal;
}

/** A source of authorities that may change while the server serves. */
export interface ClientAuthorities {
  /**
   * Calls `trust` with PEM whenever it is another one, until the signal aborts. Resolves after the first attempt, also
   * if that failed: the source goes on trying. Rejects if it never will succeed.
   */
  open(context: ClientAuthoritiesContext, trust: (pem: string) => void): Promise<void>;
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a bundle. Throws `InvalidInput` if there is none, or one that is no authority's. */
export function parseAuthorities(name: string, pem: string): readonly X509Certificate[] {
  const blocks = pem.match(pemCertificate) ?? [];
  if (blocks.length === 0) throw new VkError('InvalidInput', `${name}: no PEM certificate in it`);
  return blocks.map((block) => {
    const certificate = parsed(name, block);
    if (!certificate.ca) throw new VkError('InvalidInput', `${name}: a certificate in it is no authority's`);
    return certificate;
  });
}

function parsed(name: string, block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch (cause) {
    throw new VkError('InvalidInput', `${name}: a certificate in it cannot be read`, { cause });
  }
}

/** Authorities that never change, in PEM. */
export function fixedAuthorities(pem: string): ClientAuthorities {
  return {
    open: async (_context, trust) => {
      parseAuthorities('client authorities', pem);
      trust(pem);
    },
  };
}

/** As client-go's. */
const rereadMs = 60_000;
const retryMs = 10_000;

/** Authorities of a file, read again every minute. Must be readable at first. */
export function authoritiesFromFile(path: string): ClientAuthorities {
  const name = `client authorities ${path}`;
  const read = async (): Promise<string> => {
    const pem = await readFile(path, 'utf8').catch((cause: unknown) => {
      const { code = 'unreadable' } = cause as NodeJS.ErrnoException;
      throw new VkError('InvalidInput', `${name}: cannot be read (${code})`, { cause });
    });
    parseAuthorities(name, pem);
    return pem;
  };
  return {
    async open(context, trust) {
      trust(await read());
      void keepReading(context, rereadMs, async () => {
        try {
          trust(await read());
        } catch (err) {
          context.logger.warn(
            { node: context.nodeName, err },
            'client authorities not read again; the ones known stay',
          );
        }
        return rereadMs;
      });
    },
  };
}

/** Where an apiserver publishes which authority its own client certificates come from. */
const published = { namespace: 'kube-system', name: 'extension-apiserver-authentication' } as const;

/** How long the first reading may keep a server from starting. */
const firstReadingMs = 5_000;

/**
 * The authorities that the apiserver itself trusts, from the ConfigMap kube-system/extension-apiserver-authentication,
 * read again every minute. While it cannot be read callers are known by their tokens alone; the reason and the remedy
 * are logged once.
 */
export function authoritiesFromCluster(client: KubeApi): ClientAuthorities {
  const name = `ConfigMap ${published.namespace}/${published.name}`;
  const read = async (signal: AbortSignal): Promise<string> => {
    const { data } = await client.get(configMaps, published, { signal, deadlineMs: firstReadingMs });
    const pem = data?.['client-ca-file'] ?? '';
    parseAuthorities(name, pem);
    return pem;
  };
  return {
    async open(context, trust) {
      let warned = false;
      const attempt = async (): Promise<number> => {
        try {
          trust(await read(context.signal));
          warned = false;
          return rereadMs;
        } catch (err) {
          if (!warned && !context.signal.aborted) context.logger.warn({ node: context.nodeName, err }, remedy);
          warned = true;
          return retryMs;
        }
      };
      void keepReading(context, await attempt(), attempt);
    },
  };
}

const remedy =
  'client authorities of the cluster not read: callers with certificates, the apiserver among them, get 401 until they are. ' +
  'Bind the role extension-apiserver-authentication-reader of kube-system to this node, or set clientAuthorities';

/** Runs `step` after each pause that the one before answered, until the signal aborts. */
async function keepReading(
  { clock, signal }: ClientAuthoritiesContext,
  firstMs: number,
  step: () => Promise<number>,
): Promise<void> {
  for (let pauseMs = firstMs; await pause(clock, pauseMs, signal);) pauseMs = await step();
}
