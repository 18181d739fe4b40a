/**
 * ID tokens of an OpenID Connect provider, refreshed when they end (client-go's `auth-provider: oidc`; OpenID Connect
 * Discovery 1.0 section 4, RFC 6749 section 6). A refresh token that the provider replaces is kept in memory, not
 * written back to the kubeconfig.
 */
import { Agent, request, type Dispatcher } from 'undici';
import type { Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import type { Credentials } from '../connection.js';
import { connectorFor } from '../http/connector.js';
import type { Reading } from './cached-source.js';
import { refreshTime } from './exec-plugin.js';
import { proxyFromEnvironment, type Environment } from './proxy.js';

export interface OidcSettings {
  /** What errors call it: `kubeconfig user "admin"`. */
  readonly owner: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** PEM of the issuer's authority. */
  readonly ca: string | undefined;
  /** Where proxies are named. */
  readonly env: Environment;
  readonly clock: Clock;
}

interface Discovery {
  readonly token_endpoint?: string;
  readonly token_endpoint_auth_methods_supported?: readonly string[];
}

interface TokenAnswer {
  readonly id_token?: string;
  readonly refresh_token?: string;
  readonly error?: string;
}

const answerLimitMs = 10_000;

/** Reads an ID token: first the one that is there, from its end on (or when it is refused) a new one. */
export function oidcReader(settings: OidcSettings): () => Promise<Reading<Credentials>> {
  const { owner, clock, idToken } = settings;
  let refreshToken = settings.refreshToken;
  let given = idToken;
  return async () => {
    const unused = given;
    given = undefined;
    if (unused !== undefined && expiryOf(unused) > clock.now()) return toReading(unused, clock);
    if (!refreshToken)
      throw new VkError('Unauthorized', `${owner}: the ID token is of no use any more, and there is no refresh token`);
    const answer = await refresh(settings, refreshToken);
    if (!answer.id_token) throw refused(settings, answer.error ?? 'no id_token in its answer');
    refreshToken = answer.refresh_token ?? refreshToken;
    return toReading(answer.id_token, clock);
  };
}

/** When a JWT ends, in milliseconds since the epoch (`exp`, RFC 7519 section 4.1.4). 0 for what is no JWT. */
export function expiryOf(token: string): number {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp?: unknown;
    };
    return typeof claims.exp === 'number' ? claims.exp * 1000 : 0;
  } catch {
    return 0;
  }
}

function toReading(token: string, clock: Clock): Reading<Credentials> {
  const expiresAtMs = expiryOf(token);
  return {
    value: { authorization: `Bearer ${token}` },
    refreshAtMs: refreshTime(clock.now(), expiresAtMs),
    expiresAtMs,
  };
}

async function refresh(settings: OidcSettings, refreshToken: string): Promise<TokenAnswer> {
  const proxyUrl = proxyFromEnvironment(settings.issuer, settings.env);
  const dispatcher = new Agent({
    headersTimeout: answerLimitMs,
    bodyTimeout: answerLimitMs,
    connect: connectorFor({ ca: settings.ca, proxyUrl, connectTimeoutMs: answerLimitMs }),
  });
  try {
    const found = await discover(settings, dispatcher);
    if (!found.token_endpoint) throw refused(settings, 'no token_endpoint in its discovery document');
    const { headers, form } = tokenRequest(settings, found, refreshToken);
    const { body } = await request(found.token_endpoint, {
      method: 'POST',
      headers,
      body: form.toString(),
      dispatcher,
    });
    return (await body.json()) as TokenAnswer;
  } catch (error) {
    if (error instanceof VkError) throw error;
    throw refused(settings, 'no usable answer', error);
  } finally {
    await dispatcher.destroy();
  }
}

async function discover({ issuer }: OidcSettings, dispatcher: Dispatcher): Promise<Discovery> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { body } = await request(url, { dispatcher });
  return (await body.json()) as Discovery;
}

/** The client's secret goes into the header, unless the provider says that it only reads it from the form. */
function tokenRequest(
  settings: OidcSettings,
  found: Discovery,
  refreshToken: string,
): { headers: Record<string, string>; form: URLSearchParams } {
  const { clientId, clientSecret } = settings;
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
  const methods = found.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  if (clientSecret && methods.includes('client_secret_basic')) {
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
  } else {
    form.set('client_id', clientId);
    if (clientSecret) form.set('client_secret', clientSecret);
  }
  return { headers, form };
}

function refused({ owner, issuer }: OidcSettings, what: string, cause?: unknown): VkError {
  return new VkError('Unauthorized', `${owner}: no new ID token from ${issuer}: ${what}`, { cause });
}
