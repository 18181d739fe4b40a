/** Who a kubeconfig's user is: the sources of its credentials. Neighbours: `kubeconfig.ts`, `cached-source.ts`. */
import type { Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { Credentials } from '../connection.js';
import { CachedSource, type Reading } from './cached-source.js';
import { readExecPlugin } from './exec-plugin.js';
import { fileReading, readText, readToken, requirePair } from './file-reading.js';
import type { KubeconfigCluster, KubeconfigUser } from './kubeconfig.js';
import { oidcReader } from './oidc.js';
import { bothSources, staticSource, type Source } from './source.js';
import type { Environment } from './proxy.js';

export interface SourceContext {
  readonly env: Environment;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface UserContext extends SourceContext {
  /** What errors call the user: `kubeconfig user "admin"`. */
  readonly owner: string;
  readonly cluster: KubeconfigCluster;
  /** PEM of the cluster's authority, base64. */
  readonly caData: string | undefined;
}

/** Identity providers are asked at most this often because of refusals. */
const renewalFloorMs = 5_000;

/** The certificate that a user holds, together with what goes into `Authorization`. */
export function userCredentials(user: KubeconfigUser, context: UserContext): Source<Credentials> {
  const certificate = certificateOf(user, context);
  const authorization = authorizationOf(user, context);
  if (certificate === undefined || authorization === undefined) {
    return certificate ?? authorization ?? staticSource<Credentials>({});
  }
  return bothSources(certificate, authorization);
}

export function sameCredentials(one: Credentials, other: Credentials): boolean {
  return one.authorization === other.authorization && one.cert === other.cert && one.key === other.key;
}

/** A bearer token in a file that is replaced. */
export function tokenFileSource(path: string, context: SourceContext): Source<Credentials> {
  const read = async (): Promise<Reading<Credentials>> =>
    fileReading({ authorization: `Bearer ${await readToken(path)}` }, context.clock);
  return new CachedSource({ ...context, name: path, read, same: sameCredentials });
}

/** An authority's certificates in a file that is replaced. */
export function caFileSource(path: string, context: SourceContext): Source<string | undefined> {
  const read = async (): Promise<Reading<string | undefined>> =>
    fileReading(await readText('certificate authority', path), context.clock);
  return new CachedSource({ ...context, name: path, read, same: (one, other) => one === other });
}

function certificateOf(user: KubeconfigUser, context: UserContext): Source<Credentials> | undefined {
  const { owner } = context;
  const certData = decoded(user['client-certificate-data']);
  const keyData = decoded(user['client-key-data']);
  const certFile = user['client-certificate'];
  const keyFile = user['client-key'];
  if (!certData && !certFile && !keyData && !keyFile) return undefined;
  if (!(certData || certFile) || !(keyData || keyFile)) {
    throw new VkError('InvalidInput', `${owner}: a client certificate needs its key, and a key its certificate`);
  }
  const readPair = async (): Promise<Credentials> => {
    const cert = certData ?? (await readText('client certificate', certFile ?? ''));
    const key = keyData ?? (await readText('client key', keyFile ?? ''));
    requirePair(owner, cert, key);
    return { cert, key };
  };
  if (certData && keyData) {
    requirePair(owner, certData, keyData);
    return staticSource<Credentials>({ cert: certData, key: keyData });
  }
  const read = async (): Promise<Reading<Credentials>> => fileReading(await readPair(), context.clock);
  return new CachedSource({ ...context, name: owner, read, same: sameCredentials });
}

/** In client-go's order: token file, token, user name and password, exec plugin, auth provider. */
function authorizationOf(user: KubeconfigUser, context: UserContext): Source<Credentials> | undefined {
  if (user.tokenFile) return tokenFileSource(user.tokenFile, context);
  if (user.token) return staticSource<Credentials>({ authorization: `Bearer ${user.token}` });
  if (user.username) {
    const pair = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
    return staticSource<Credentials>({ authorization: `Basic ${pair}` });
  }
  const { exec } = user;
  if (exec) {
    const read = (): Promise<Reading<Credentials>> => readExecPlugin({ ...context, exec });
    return new CachedSource({ ...context, name: context.owner, read, same: sameCredentials, renewalFloorMs });
  }
  return user['auth-provider'] && authProvider(user['auth-provider'], context);
}

function authProvider(
  provider: NonNullable<KubeconfigUser['auth-provider']>,
  context: UserContext,
): Source<Credentials> {
  const { owner, clock, env } = context;
  if (provider.name !== 'oidc') {
    const message = `${owner}: auth-provider "${provider.name ?? ''}" is not supported; kubectl dropped it as well: use an exec plugin`;
    throw new VkError('InvalidInput', message);
  }
  const config = provider.config ?? {};
  const issuer = config['idp-issuer-url'];
  const clientId = config['client-id'];
  if (!issuer || !clientId) throw new VkError('InvalidInput', `${owner}: oidc needs idp-issuer-url and client-id`);
  let reader: (() => Promise<Reading<Credentials>>) | undefined;
  const read = async (): Promise<Reading<Credentials>> => {
    const caFile = config['idp-certificate-authority'];
    reader ??= oidcReader({
      owner,
      issuer,
      clientId,
      clientSecret: config['client-secret'],
      idToken: config['id-token'],
      refreshToken: config['refresh-token'],
      ca:
        decoded(config['idp-certificate-authority-data']) ??
        (caFile ? await readText('certificate authority', caFile) : undefined),
      env,
      clock,
    });
    return reader();
  };
  return new CachedSource({ ...context, name: owner, read, same: sameCredentials, renewalFloorMs });
}

/** The text of base64 data; nothing for an empty entry. */
export function decoded(data: string | undefined): string | undefined {
  return data ? Buffer.from(data, 'base64').toString('utf8') : undefined;
}
