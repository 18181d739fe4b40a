/**
 * How a cluster is reached: where it is, whom to trust, who the caller is. Made by hand (`staticConnection`), from a
 * kubeconfig (`load-kubeconfig.ts`) or inside a pod (`in-cluster.ts`); used by `KubeClient`.
 */
import { VkError } from '../runtime/errors.js';
import { staticSource, type Source } from './config/source.js';

/** Who the caller is. All of it is secret and never logged. */
export interface Credentials {
  /** Value of the `Authorization` header. */
  readonly authorization?: string | undefined;
  /** Client certificate and its chain, PEM. */
  readonly cert?: string | undefined;
  /** Private key of `cert`, PEM. */
  readonly key?: string | undefined;
}

/** Acts as somebody else, as far as the cluster's RBAC lets the caller do so. */
export interface Impersonation {
  readonly user: string;
  readonly uid?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface ClusterConnection {
  /** `http:` or `https:` address without a trailing slash. A path is kept. */
  readonly server: string;
  /** Whom to trust, PEM. Answers `undefined` for the machine's own authorities. */
  readonly ca: Source<string | undefined>;
  readonly credentials: Source<Credentials>;
  /** Takes any server for the right one. */
  readonly insecureSkipTlsVerify: boolean;
  /** Name that the server's certificate is for, where it is not the address. */
  readonly tlsServerName?: string | undefined;
  /** `http:`, `https:` or `socks5:` address of a proxy. */
  readonly proxyUrl?: string | undefined;
  readonly impersonate?: Impersonation | undefined;
  /** The namespace that a kubeconfig's context or a pod names. */
  readonly namespace?: string | undefined;
}

export interface StaticConnectionOptions {
  /** PEM. Default: the machine's own authorities. */
  readonly ca?: string;
  readonly token?: string;
  /** PEM, together with `key`. */
  readonly cert?: string;
  /** PEM, together with `cert`. */
  readonly key?: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly tlsServerName?: string;
  readonly proxyUrl?: string;
  readonly impersonate?: Impersonation;
  readonly namespace?: string;
}

/**
 * A connection whose parts are known and never change.
 *
 * ```ts
 * const client = new KubeClient(staticConnection('https://127.0.0.1:6443', { ca, token }));
 * ```
 */
export function staticConnection(server: string, options: StaticConnectionOptions = {}): ClusterConnection {
  const { ca, token, cert, key, insecureSkipTlsVerify = false, ...rest } = options;
  const authorization = token === undefined ? undefined : `Bearer ${token}`;
  return {
    ...rest,
    server: normalizeServer(server),
    insecureSkipTlsVerify,
    ca: staticSource(ca),
    credentials: staticSource<Credentials>({ authorization, cert, key }),
  };
}

/**
 * The address as `ClusterConnection.server` wants it. Throws `InvalidInput` for what is no HTTP address; the message
 * never shows a password that somebody wrote into it.
 */
export function normalizeServer(server: string): string {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new VkError('InvalidInput', 'server: not an http or https address, such as https://10.0.0.1:6443');
  }
  if (url.username !== '' || url.password !== '') {
    throw new VkError('InvalidInput', `server ${url.host}: credentials do not belong in the address`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
