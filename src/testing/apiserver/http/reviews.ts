/** Reviews: who am I, may I, may they, whose token is this. They answer from the same functions that guard requests. */
import { ApiFailure } from '../core/api.js';
import type { Access, Authorize } from './access.js';
import { isRecord } from './body.js';
import { defaultAudience } from './tokens.js';
import type { TokenLookup, User } from './users.js';

export interface ReviewTarget {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string | undefined;
}

export class Reviews {
  readonly #authorize: Authorize;
  readonly #lookup: TokenLookup;

  constructor(authorize: Authorize, lookup: TokenLookup) {
    this.#authorize = authorize;
    this.#lookup = lookup;
  }

  /** The review with its status filled in. */
  review(target: ReviewTarget, object: Record<string, unknown>, caller: User): object {
    const spec = isRecord(object['spec']) ? object['spec'] : {};
    const status = this.#status(target, spec, caller);
    return { ...object, apiVersion: `${target.group}/${target.version}`, metadata: {}, status };
  }

  #status(target: ReviewTarget, spec: Record<string, unknown>, caller: User): object {
    switch (target.plural) {
      case 'selfsubjectreviews':
        return { userInfo: caller };
      case 'tokenreviews':
        return this.#token(spec);
      case 'selfsubjectrulesreviews':
        return this.#rules(spec, caller);
      case 'selfsubjectaccessreviews':
        return this.#access(caller, spec);
      default:
        return this.#access(subjectOf(spec), spec, target.namespace);
    }
  }

  #token(spec: Record<string, unknown>): object {
    const wanted = Array.isArray(spec['audiences']) ? spec['audiences'] : [];
    const found = typeof spec['token'] === 'string' ? this.#lookup(spec['token']) : undefined;
    const expected: unknown[] = wanted.length > 0 ? wanted : [defaultAudience];
    const audiences = found?.audiences.filter((each) => expected.includes(each)) ?? [];
    if (found === undefined || audiences.length === 0) {
      return { user: {}, error: '[invalid bearer token, token lookup failed]' };
    }
    return { authenticated: true, user: found.user, audiences };
  }

  /** A function has no list of rules: what can be said is whether everything is allowed. */
  #rules(spec: Record<string, unknown>, caller: User): object {
    const namespace = typeof spec['namespace'] === 'string' ? spec['namespace'] : undefined;
    const all = this.#authorize(caller, { verb: '*', group: '*', plural: '*', namespace, name: undefined });
    return {
      resourceRules: all ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [],
      nonResourceRules: all ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [],
      incomplete: !all,
    };
  }

  #access(user: User, spec: Record<string, unknown>, namespace?: string): object {
    const allowed = this.#authorize(user, accessOf(spec, namespace));
    return allowed ? { allowed, reason: 'allowed by the fake apiserver' } : { allowed };
  }
}

function subjectOf(spec: Record<string, unknown>): User {
  const groups = Array.isArray(spec['groups']) ? spec['groups'].filter((each) => typeof each === 'string') : [];
  return { username: typeof spec['user'] === 'string' ? spec['user'] : '', groups };
}

function accessOf(spec: Record<string, unknown>, inNamespace: string | undefined): Access {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (isRecord(nonResourceAttributes)) {
    const { verb, path } = nonResourceAttributes;
    return { verb: text(verb), group: '', plural: '', namespace: undefined, name: undefined, path: text(path) };
  }
  if (!isRecord(resourceAttributes)) {
    throw new ApiFailure(
      422,
      'Invalid',
      'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  }
  const { verb, group, resource, subresource, namespace, name } = resourceAttributes;
  return {
    verb: text(verb),
    group: text(group),
    plural: text(resource),
    subresource: text(subresource) || undefined,
    namespace: inNamespace ?? (text(namespace) || undefined),
    name: text(name) || undefined,
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
