/** Registry credentials in the two formats of Secrets: `kubernetes.io/dockerconfigjson` and `kubernetes.io/dockercfg`. */
import { objectKey, type Secret } from '../../kube/types.js';
import { VkError } from '../../runtime/errors.js';
import type { RegistryEntry } from './registry-credentials.js';

/** The Secret's entries. Throws `InvalidInput`, which holds nothing of its data, where it is of neither format. */
export function registryEntriesOf(secret: Secret): RegistryEntry[] {
  const json = secret.data?.['.dockerconfigjson'];
  const legacy = secret.data?.['.dockercfg'];
  if (secret.type === 'kubernetes.io/dockerconfigjson' && json !== undefined) {
    return entriesOf(secret, parsed(secret, json)['auths']);
  }
  if (secret.type === 'kubernetes.io/dockercfg' && legacy !== undefined)
    return entriesOf(secret, parsed(secret, legacy));
  throw invalid(secret, 'not of type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg with its data');
}

function parsed(secret: Secret, base64: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64, 'base64').toString());
    if (isRecord(value)) return value;
  } catch {
    // The parser's message would quote what it could not parse.
  }
  throw invalid(secret, 'its data is not a JSON object');
}

function entriesOf(secret: Secret, auths: unknown): RegistryEntry[] {
  if (auths === undefined || auths === null) return [];
  if (!isRecord(auths)) throw invalid(secret, 'auths is not an object');
  return Object.entries(auths).flatMap(([server, entry]) => {
    if (!isRecord(entry)) throw invalid(secret, 'an entry of auths is not an object');
    const { username, password } = entry['auth'] ? decodedAuth(secret, entry['auth']) : entry;
    // An entry without any is what a credential helper leaves behind.
    if (typeof username !== 'string' || typeof password !== 'string') return [];
    return [{ server, username, password }];
  });
}

/** `user:password` in base64, padded or not. The password may hold colons. It goes before the fields of their own. */
function decodedAuth(secret: Secret, auth: unknown): { username: string; password: string } {
  const text = typeof auth === 'string' ? Buffer.from(auth, 'base64').toString() : '';
  const colon = text.indexOf(':');
  if (colon < 0) throw invalid(secret, 'auth of an entry is not user:password in base64');
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(secret: Secret, what: string): VkError {
  return new VkError('InvalidInput', `secret ${objectKey(secret)}: ${what}`);
}
