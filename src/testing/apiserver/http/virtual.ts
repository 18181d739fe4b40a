/** What can be asked for and is not stored: reviews, tokens, bindings, evictions, and the ways into a pod. */
import { ApiFailure, type ApiCore } from '../core/api.js';
import { answerJson, type Answer } from './answer.js';
import { isRecord, mediaType, parseJson, requireJson } from './body.js';
import type { Call } from './call.js';
import { bindPod, evictPod } from './pod-verbs.js';
import type { Verb } from './request-log.js';
import type { ResourceRoute } from './resources.js';
import type { Reviews } from './reviews.js';
import type { Route } from './route.js';
import { deleteRequest, writeRequest } from './selection.js';
import type { Tokens } from './tokens.js';

/** Subresources that a kubelet answers, through the apiserver. */
const streaming = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

export class Virtual {
  readonly #core: ApiCore;
  readonly #reviews: Reviews;
  readonly #tokens: Tokens;
  readonly #now: () => number;

  constructor(parts: {
    readonly core: ApiCore;
    readonly reviews: Reviews;
    readonly tokens: Tokens;
    readonly now: () => number;
  }) {
    this.#core = parts.core;
    this.#reviews = parts.reviews;
    this.#tokens = parts.tokens;
    this.#now = parts.now;
  }

  create(call: Call, route: Extract<Route, { kind: 'virtual' }>, body: Buffer): Answer {
    if (call.request.method !== 'POST') {
      throw new ApiFailure(
        405,
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
        {},
      );
    }
    const object = readRecord(call, body);
    if (route.plural !== 'bindings') return answerJson(this.#reviews.review(route, object, call.user), 201);
    bindPod(
      this.#core,
      { namespace: route.namespace, name: nameOf(object) },
      object,
      this.#timestamp(),
      writeRequest(call.query),
    );
    return created();
  }

  /** Undefined: the subresource is one that the core knows. */
  subresource(call: Call, route: ResourceRoute, verb: Verb, body: Buffer): Answer | undefined {
    const { definition, namespace, name = '', subresource } = route;
    if (subresource === undefined) return undefined;
    const { plural } = definition;
    if ((plural === 'pods' || plural === 'nodes' || plural === 'services') && streaming.has(subresource)) {
      throw new ApiFailure(
        501,
        'NotImplemented',
        `${plural}/${subresource}: the fake apiserver does not reach into kubelets`,
      );
    }
    if (verb !== 'create') return undefined;
    const at = { namespace, name };
    switch (`${plural}/${subresource}`) {
      case 'pods/binding':
        bindPod(this.#core, at, readRecord(call, body), this.#timestamp(), writeRequest(call.query));
        return created();
      case 'pods/eviction': {
        const { deleteOptions } = readRecord(call, body);
        evictPod(this.#core, at, deleteRequest(call.query, deleteOptions));
        return created();
      }
      case 'serviceaccounts/token':
        this.#core.get(definition, at);
        return answerJson(this.#tokens.request(at, readRecord(call, body)), 201);
      default:
        throw new ApiFailure(404, 'NotFound', 'the server could not find the requested resource', {});
    }
  }

  #timestamp(): string {
    return new Date(this.#now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

function created(): Answer {
  return answerJson({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
}

function readRecord(call: Call, body: Buffer): Record<string, unknown> {
  requireJson(mediaType(call.request.headers['content-type']));
  const object = parseJson(body, 'an object');
  if (!isRecord(object)) throw new ApiFailure(400, 'BadRequest', 'the body is not an object');
  return object;
}

function nameOf({ metadata }: Record<string, unknown>): string {
  return isRecord(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '';
}
