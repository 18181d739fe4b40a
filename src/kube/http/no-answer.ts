/** What went wrong when no answer came, in words that say what to do. Knows Node's and undici's error codes. */
import { errors } from 'undici';
import { VkError } from '../../runtime/errors.js';
import { ProxyError } from './tunnel.js';

const untrusted =
  'its certificate is not signed by an authority that this client trusts: set the CA of the cluster (certificate-authority-data)';

/** Codes of node:net, node:dns, node:tls (OpenSSL's X509_V_ERR_*) and undici, by what they mean to a user. */
const explanations: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: is the apiserver running, and are address and port right?',
  ENOTFOUND: 'host name not found: is the address right?',
  EAI_AGAIN: 'host name not resolved: is DNS working?',
  EHOSTUNREACH: 'host unreachable: is the network up?',
  ENETUNREACH: 'network unreachable: is the network up?',
  ETIMEDOUT: 'connection timed out: is a firewall or proxy in the way?',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out: is a firewall or proxy in the way?',
  ECONNRESET: 'connection lost before the answer was complete',
  EPIPE: 'connection lost before the answer was complete',
  UND_ERR_SOCKET: 'connection lost before the answer was complete',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'answer cut off',
  EPROTO: 'TLS failed: does the server speak https at this port?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS at this port: should the address begin with http://?',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server does not speak TLS at this port: should the address begin with http://?',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another name: use a name or address that the certificate holds, or set tls-server-name',
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it, or check the clock of this machine',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: check the clock of this machine',
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
};

/** Whether another certificate authority could make the difference. */
export function isTrustError(error: unknown): boolean {
  return explanations[codeOf(error) ?? ''] === untrusted;
}

/** Whether undici refused to send the request at all, such as for a line break in a header. */
export function isMalformed(error: unknown): boolean {
  return error instanceof errors.InvalidArgumentError;
}

/** `pods default/web: no answer from https://10.0.0.1:6443: connection refused: …` */
export function noAnswer(subject: string, server: string, cause: unknown): VkError {
  if (isMalformed(cause)) {
    return new VkError('InvalidInput', `${subject}: not sent: ${(cause as Error).message}`, { cause, object: subject });
  }
  const code = codeOf(cause);
  const told =
    (code === undefined ? undefined : explanations[code]) ?? (cause instanceof Error ? cause.message : String(cause));
  return new VkError('Unavailable', `${subject}: no answer from ${server}: ${told}`, { cause, object: subject });
}

/** The first code that is known along the chain of causes; an AggregateError stands for its first error. */
function codeOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 4) return undefined;
  if (error instanceof ProxyError) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  if (typeof code === 'string' && code in explanations) return code;
  return codeOf(Array.isArray(errors) ? errors[0] : cause, depth + 1);
}
