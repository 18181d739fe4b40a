/**
 * The identity service: OpenID metadata and the token endpoint that MSAL asks for a client secret or a federated token,
 * and the two managed identity endpoints (virtual machine, App Service). Who may have a token is decided here.
 */
import type { ArmRequest } from '../http/arm-request.js';
import type { Answer } from '../http/answer.js';
import type { EmulatorCredentials } from '../options.js';
import type { Tokens } from './tokens.js';

/** What the App Service endpoint wants in `X-IDENTITY-HEADER`. */
export const identityHeader = 'emulated-identity-header';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export function openIdMetadata(endpoint: string, request: ArmRequest): Answer {
  const tenant = request.url.pathname.split('/')[1] ?? '';
  return {
    status: 200,
    body: {
      issuer: `${endpoint}/${tenant}/v2.0`,
      authorization_endpoint: `${endpoint}/${tenant}/oauth2/v2.0/authorize`,
      token_endpoint: `${endpoint}/${tenant}/oauth2/v2.0/token`,
      jwks_uri: `${endpoint}/${tenant}/discovery/v2.0/keys`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      response_types_supported: ['code', 'id_token', 'token'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    },
  };
}

export function issueToken(tokens: Tokens, credentials: EmulatorCredentials, request: ArmRequest): Answer {
  return request.method === 'POST'
    ? forClient(tokens, credentials, request)
    : forManagedIdentity(tokens, credentials, request);
}

function forClient(tokens: Tokens, credentials: EmulatorCredentials, request: ArmRequest): Answer {
  const tenant = request.url.pathname.split('/')[1];
  const form = new URLSearchParams(request.text);
  if (tenant !== credentials.tenantId)
    return refusal(400, 'invalid_request', `AADSTS90002: Tenant '${String(tenant)}' not found.`);
  if (form.get('grant_type') !== 'client_credentials')
    return refusal(400, 'unsupported_grant_type', 'AADSTS70003: The app requested an unsupported grant type.');
  if (form.get('client_id') !== credentials.clientId)
    return refusal(400, 'unauthorized_client', 'AADSTS700016: Application was not found in the directory.');
  if (!form.get('scope'))
    return refusal(400, 'invalid_request', "AADSTS90014: The required field 'scope' is missing from the credential.");
  const federated = form.get('client_assertion_type') === assertionType && form.get('client_assertion');
  if (!federated && form.get('client_secret') !== credentials.clientSecret)
    return refusal(401, 'invalid_client', 'AADSTS7000215: Invalid client secret provided.');
  const token = tokens.issue({ aud: form.get('scope'), appid: credentials.clientId, tid: credentials.tenantId });
  return {
    status: 200,
    body: {
      token_type: 'Bearer',
      expires_in: tokens.lifeSeconds,
      ext_expires_in: tokens.lifeSeconds,
      access_token: token,
    },
  };
}

function forManagedIdentity(tokens: Tokens, credentials: EmulatorCredentials, request: ArmRequest): Answer {
  const onAppService = request.url.pathname.startsWith('/msi/');
  const allowed = onAppService
    ? request.headers['x-identity-header'] === identityHeader
    : request.headers['metadata']?.toString().toLowerCase() === 'true';
  const resource = request.url.searchParams.get('resource');
  if (!allowed || !resource)
    return refusal(400, 'invalid_request', 'The identity header or the resource is missing from the request.');
  const clientId = request.url.searchParams.get('client_id') ?? credentials.clientId;
  if (clientId !== credentials.clientId) return refusal(400, 'invalid_request', 'Identity not found');
  const token = tokens.issue({ aud: resource, appid: clientId, tid: credentials.tenantId });
  return {
    status: 200,
    body: {
      access_token: token,
      client_id: clientId,
      expires_in: String(tokens.lifeSeconds),
      expires_on: String(Math.floor(tokens.expiryOfNext / 1000)),
      resource,
      token_type: 'Bearer',
    },
  };
}

function refusal(status: number, error: string, description: string): Answer {
  return { status, body: { error, error_description: description, error_codes: [], correlation_id: '' } };
}
