/** What can be asked for and is not stored: reviews, tokens, bindings, evictions. Ways into a pod are `../kubelet`'s. */
import type { KubeObject, Pod } from '../../../kube/types.js';
import { ApiFailure } from '../core/api.js';
import type { Core } from '../core/index.js';
import { answerJson, type Answer } from './answer.js';
import { decodeBody, isRecord, type Protobuf } from './body.js';
import type { Call } from './call.js';
import { requireDisruptionAllowed, type Budget } from './disruption-budgets.js';
import type { Verb } from './request-log.js';
import type { ResourceRoute } from './resources.js';
import type { Reviews } from './reviews.js';
import type { Route } from './route.js';
import { writeRequest } from './selection.js';
import type { Tokens } from './tokens.js';

export class Virtual {
  readonly #core: Core;
  readonly #reviews: Reviews;
  readonly #tokens: Tokens;
  readonly #protobuf: Protobuf;

  constructor(parts: {
    readonly core: Core;
    readonly reviews: Reviews;
    readonly tokens: Tokens;
    readonly protobuf: Protobuf;
  }) {
    this.#core = parts.core;
    this.#reviews = parts.reviews;
    this.#tokens = parts.tokens;
    this.#protobuf = parts.protobuf;
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
    const object = this.#read(call, body);
    if (route.plural !== 'bindings') return answerJson(this.#reviews.review(route, object, call.user), 201);
    this.#core.bind({ namespace: route.namespace, name: nameOf(object) }, asObject(object), writeRequest(call.query));
    return created();
  }

  /** Undefined: the subresource is one that the core knows. */
  subresource(call: Call, route: ResourceRoute, verb: Verb, body: Buffer): Answer | undefined {
    const { definition, namespace, name = '', subresource } = route;
    if (subresource === undefined) return undefined;
    const { plural } = definition;
    if ((plural === 'pods' || plural === 'services') && subresource === 'proxy') {
      const remedy = 'use port-forward, or a ControlPlane';
      throw new ApiFailure(
        501,
        'NotImplemented',
        `${plural}/proxy: the fake apiserver has no network to pods; ${remedy}`,
      );
    }
    if (verb !== 'create') return undefined;
    const at = { namespace, name };
    switch (`${plural}/${subresource}`) {
      case 'pods/binding':
        this.#core.bind(at, asObject(this.#read(call, body)), writeRequest(call.query));
        return created();
      case 'pods/eviction': {
        const eviction = asObject(this.#read(call, body));
        requireDisruptionAllowed(this.#core.get(definition, at).object as Pod, this.#budgets(namespace));
        this.#core.evict(at, eviction, writeRequest(call.query));
        return created();
      }
      case 'serviceaccounts/token':
        this.#core.get(definition, at);
        return answerJson(this.#tokens.request(at, this.#read(call, body)), 201);
      default:
        throw new ApiFailure(404, 'NotFound', 'the server could not find the requested resource', {});
    }
  }

  #read(call: Call, body: Buffer): Record<string, unknown> {
    const object = decodeBody(call.request.headers['content-type'], body, 'an object', this.#protobuf);
    if (!isRecord(object)) throw new ApiFailure(400, 'BadRequest', 'the body is not an object');
    return object;
  }

  #budgets(namespace: string | undefined): readonly Budget[] {
    const definition = this.#core.definitions.find(({ plural }) => plural === 'poddisruptionbudgets');
    if (definition === undefined) return [];
    return this.#core.list(definition, { namespace }).items.map(({ object }) => object);
  }
}

function created(): Answer {
  return answerJson({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
}

/** Whether it is what it should be is for the core to judge. */
function asObject(record: Record<string, unknown>): KubeObject {
  return record as unknown as KubeObject;
}

function nameOf({ metadata }: Record<string, unknown>): string {
  return isRecord(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '';
}
