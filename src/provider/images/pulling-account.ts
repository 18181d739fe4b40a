/** What a credential plugin is told of the service account of the pod that an image is pulled for. */
import { createHash } from 'node:crypto';
import type { KubeApi } from '../../kube/api.js';
import { serviceAccounts } from '../../kube/resources.js';
import { requestToken } from '../../kube/service-account-tokens.js';
import type { Pod } from '../../kube/types.js';
import type { Clock } from '../../runtime/clock.js';
import { podRef } from '../provider.js';
import type { TokenAttributes } from './token-attributes.js';

/** What is said of an account, and what answers to it are kept by. */
export interface PullingAccount {
  /** Holds no token: at most the hash of one. */
  readonly cacheKey: string;
  readonly token: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface KeptToken {
  readonly token: string;
  readonly issuedAtMs: number;
  readonly refreshAtMs: number;
}

/** Tokens that are kept: one for each pod that pulls. */
const maxTokens = 1_000;
/** What the apiserver gives if nothing is asked for, as kubelets do it. */
const tokenSeconds = 3_600;

/**
 * Reads service accounts and asks for their tokens. A token is bound to the pod and used for 80 % of its life, and not where
 * the clock was set back; those of pods that are gone are worth nothing, and fall out with the next one after that time.
 */
export class PullingAccounts {
  readonly #client: KubeApi;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, KeptToken>();

  constructor(client: KubeApi, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Tokens in memory. */
  get size(): number {
    return this.#tokens.size;
  }

  /** Undefined if the account lacks an annotation that the plugin requires: it did not opt in. Rejects if it cannot be read. */
  async of(attributes: TokenAttributes, pod: Pod, serviceAccountName: string): Promise<PullingAccount | undefined> {
    const { namespace } = podRef(pod);
    const account = await this.#client.get(serviceAccounts, { namespace, name: serviceAccountName });
    const has = account.metadata.annotations ?? {};
    if (attributes.requiredAnnotations.some((key) => !Object.hasOwn(has, key))) return undefined;
    const wanted = [...attributes.requiredAnnotations, ...attributes.optionalAnnotations].sort();
    const annotations = Object.fromEntries(
      wanted.flatMap((key) => (Object.hasOwn(has, key) ? [[key, has[key] ?? '']] : [])),
    );
    const { uid = '' } = account.metadata;
    const token = await this.#token(attributes.audience, pod, serviceAccountName, uid);
    const byToken = attributes.cacheType === 'Token' ? createHash('sha256').update(token).digest('base64') : '';
    return { cacheKey: JSON.stringify([namespace, serviceAccountName, uid, annotations, byToken]), token, annotations };
  }

  async #token(audience: string, pod: Pod, serviceAccountName: string, serviceAccountUid: string): Promise<string> {
    const { namespace, name, uid } = podRef(pod);
    const key = JSON.stringify([uid, serviceAccountUid, audience]);
    const kept = this.#tokens.get(key);
    if (kept !== undefined && isGood(kept, this.#clock.now())) return kept.token;
    const spec = { namespace, serviceAccountName, serviceAccountUid, audience, expirationSeconds: tokenSeconds };
    const answer = await requestToken(this.#client, { ...spec, pod: { name, uid } });
    const issuedAtMs = this.#clock.now();
    this.#makeRoom(key, issuedAtMs);
    const refreshAtMs = issuedAtMs + answer.expirationSeconds * 800;
    this.#tokens.set(key, { token: answer.token, issuedAtMs, refreshAtMs });
    return answer.token;
  }

  #makeRoom(key: string, nowMs: number): void {
    for (const [each, kept] of this.#tokens) if (each === key || !isGood(kept, nowMs)) this.#tokens.delete(each);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size >= maxTokens && oldest !== undefined) this.#tokens.delete(oldest);
  }
}

function isGood({ issuedAtMs, refreshAtMs }: KeptToken, nowMs: number): boolean {
  return nowMs >= issuedAtMs && nowMs < refreshAtMs;
}
