/** Bearer tokens: those the test hands out, and those of service accounts, made on request (TokenRequest). */
import { randomBytes } from 'node:crypto';
import type { KubeObject } from '../../../kube/types.js';
import { ApiFailure, type ApiCore } from '../core/api.js';
import { isRecord } from './body.js';
import type { TokenLookup, User } from './users.js';

interface Issued {
  readonly user: User;
  readonly audiences: readonly string[];
  readonly expiresMs: number;
  /** Objects that must exist for the token to hold, with these uids. */
  readonly bound: readonly Bound[];
}

interface Bound {
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string | undefined;
}

/** What a token without an audience of its own is for. */
export const defaultAudience = 'https://kubernetes.default.svc.cluster.local';

/** Plurals of what a token can be bound to. */
const bindable: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

export class Tokens {
  readonly #core: ApiCore;
  readonly #now: () => number;
  readonly #fixed: Readonly<Record<string, User>>;
  readonly #issued = new Map<string, Issued>();

  /** `fixed`: users by token. */
  constructor(core: ApiCore, now: () => number, fixed: Readonly<Record<string, User>>) {
    this.#core = core;
    this.#now = now;
    this.#fixed = fixed;
  }

  readonly lookup: TokenLookup = (token) => {
    const fixed = Object.hasOwn(this.#fixed, token) ? this.#fixed[token] : undefined;
    if (fixed !== undefined) return { user: fixed, audiences: [defaultAudience] };
    const issued = this.#issued.get(token);
    if (issued === undefined) return undefined;
    if (issued.expiresMs > this.#now() && issued.bound.every((each) => this.#exists(each))) return issued;
    // The uid of what is gone never comes back.
    this.#issued.delete(token);
    return undefined;
  };

  /** Answers a TokenRequest for the service account, which exists. */
  request(
    at: { readonly namespace: string | undefined; readonly name: string },
    body: Record<string, unknown>,
  ): object {
    const spec = isRecord(body['spec']) ? body['spec'] : {};
    const requested = Array.isArray(spec['audiences'])
      ? spec['audiences'].filter((each) => typeof each === 'string')
      : [];
    const audiences = requested.length > 0 ? requested : [defaultAudience];
    const seconds = typeof spec['expirationSeconds'] === 'number' ? spec['expirationSeconds'] : 3_600;
    if (seconds < 600) throw tooShort(at.name, seconds);
    const account = { plural: 'serviceaccounts', namespace: at.namespace, name: at.name };
    const reference = this.#reference(spec['boundObjectRef'], at.namespace);
    const uid = this.#find(account)?.metadata.uid;
    const expiresMs = this.#now() + seconds * 1000;
    const token = randomBytes(32).toString('base64url');
    this.#issued.set(token, {
      user: serviceAccountUser(at, uid, reference),
      audiences,
      expiresMs,
      bound: [{ ...account, uid }, ...(reference ? [reference] : [])],
    });
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: at.name, namespace: at.namespace },
      spec: { ...spec, audiences, expirationSeconds: seconds },
      status: { token, expirationTimestamp: new Date(expiresMs).toISOString().replace(/\.\d+Z$/, 'Z') },
    };
  }

  #reference(value: unknown, namespace: string | undefined): Bound | undefined {
    if (!isRecord(value)) return undefined;
    const { kind, name, uid } = value;
    const plural = typeof kind === 'string' && Object.hasOwn(bindable, kind) ? bindable[kind] : undefined;
    if (plural === undefined || typeof name !== 'string') {
      throw new ApiFailure(400, 'BadRequest', `cannot bind token for object of type ${String(kind)}`);
    }
    const at = { plural, namespace: plural === 'nodes' ? undefined : namespace, name };
    const found = this.#find(at);
    if (found === undefined)
      throw new ApiFailure(404, 'NotFound', `${plural} "${name}" not found`, { name, kind: plural });
    if (typeof uid === 'string' && uid !== found.metadata.uid) {
      throw new ApiFailure(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${plural} "${name}": the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
        { name, kind: plural },
      );
    }
    return { ...at, uid: found.metadata.uid };
  }

  #exists(bound: Bound): boolean {
    return this.#find(bound)?.metadata.uid === bound.uid;
  }

  #find({ plural, namespace, name }: Omit<Bound, 'uid'>): KubeObject | undefined {
    const definition = this.#core.definitions.find((each) => each.group === '' && each.plural === plural);
    if (definition === undefined) return undefined;
    try {
      return this.#core.get(definition, { namespace, name }).object;
    } catch {
      return undefined;
    }
  }
}

function serviceAccountUser(
  at: { readonly namespace: string | undefined; readonly name: string },
  uid: string | undefined,
  bound: Bound | undefined,
): User {
  const { namespace = '', name } = at;
  const pod =
    bound?.plural === 'pods'
      ? {
          'authentication.kubernetes.io/pod-name': [bound.name],
          'authentication.kubernetes.io/pod-uid': [bound.uid ?? ''],
        }
      : undefined;
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    ...(uid === undefined ? {} : { uid }),
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    ...(pod === undefined ? {} : { extra: pod }),
  };
}

function tooShort(name: string, seconds: number): ApiFailure {
  const message = `Invalid value: ${seconds}: may not specify a duration less than 10 minutes`;
  return new ApiFailure(
    422,
    'Invalid',
    `TokenRequest.authentication.k8s.io "${name}" is invalid: spec.expirationSeconds: ${message}`,
    {
      name,
      group: 'authentication.k8s.io',
      kind: 'TokenRequest',
      causes: [{ reason: 'FieldValueInvalid', message, field: 'spec.expirationSeconds' }],
    },
  );
}
