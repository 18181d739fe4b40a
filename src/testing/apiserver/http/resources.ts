/** The verbs on stored resources: from a request to one call of the core, and from its result to an answer. No I/O. */
import type { KubeObject } from '../../../kube/types.js';
import {
  ApiFailure,
  type ListAnswer,
  type PatchContentType,
  type ResourceDefinition,
  type StoredObject,
  type Target,
} from '../core/api.js';
import type { Core } from '../core/index.js';
import { answerJson, answerList, answerObject, answerSuccess, listMetadata, type Answer } from './answer.js';
import { decodeBody, isRecord, mediaType, parseJson, type Protobuf } from './body.js';
import { text, type Call } from './call.js';
import { negotiate, type Negotiated, type Representation } from './negotiate.js';
import type { Verb } from './request-log.js';
import type { Route } from './route.js';
import { deleteRequest, listRequest, writeRequest } from './selection.js';
import type { User } from './users.js';
import { partial, tableOf, type IncludeObject } from './tables/index.js';

export type ResourceRoute = Extract<Route, { kind: 'resource' }>;

const patchTypes: readonly string[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
] satisfies PatchContentType[];

export const listRepresentations: readonly Representation[] = ['table', 'metadataList'];
export const watchRepresentations: readonly Representation[] = ['table', 'metadata'];
const objectRepresentations: readonly Representation[] = ['table', 'metadata'];

/** The verb of a request, or 405. */
export function verbOf(method: string, route: ResourceRoute, watching: boolean): Verb {
  const single = route.name !== undefined;
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (watching && route.subresource === undefined) return 'watch';
      return single ? 'get' : 'list';
    case 'POST':
      if (single === (route.subresource !== undefined)) return 'create';
      break;
    case 'PUT':
      if (single) return 'update';
      break;
    case 'PATCH':
      if (single) return 'patch';
      break;
    case 'DELETE':
      return single ? 'delete' : 'deletecollection';
  }
  throw new ApiFailure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export class Resources {
  readonly #core: Core;
  readonly #now: () => number;
  readonly #protobuf: Protobuf;

  constructor(core: Core, now: () => number, protobuf: Protobuf) {
    this.#core = core;
    this.#now = now;
    this.#protobuf = protobuf;
  }

  /** Everything but watches. `staleAt`: read as of this revision. */
  answer(call: Call, route: ResourceRoute, verb: Verb, body: Buffer, staleAt?: string): Answer {
    const warnings: string[] = [];
    const answer = this.#answer(call, route, verb, body, staleAt, (warning) => warnings.push(warning));
    return warnings.length === 0 ? answer : { ...answer, headers: { warning: warnings.map(warningHeader) } };
  }

  #answer(
    call: Call,
    route: ResourceRoute,
    verb: Verb,
    body: Buffer,
    staleAt: string | undefined,
    warn: (warning: string) => void,
  ): Answer {
    const { definition, namespace } = route;
    this.#requireNamespace(route, verb);
    const target: Target = { namespace, name: route.name ?? '', subresource: route.subresource };
    switch (verb) {
      case 'get': {
        const stored = staleAt === undefined ? this.#core.get(definition, target) : this.#stale(route, staleAt);
        return this.#object(call, definition, stored);
      }
      case 'list':
        return this.#list(call, route, staleAt);
      case 'create': {
        const object = ofCaller(definition, this.#readObject(call, definition, body), call.user);
        return this.#object(
          call,
          definition,
          this.#core.create(definition, namespace, object, { ...writeRequest(call.query), warn }),
          201,
        );
      }
      case 'update': {
        const object = this.#readObject(call, definition, body);
        return this.#object(
          call,
          definition,
          this.#core.replace(definition, target, object, { ...writeRequest(call.query), warn }),
        );
      }
      case 'patch':
        return this.#patch(call, definition, target, body, warn);
      case 'delete': {
        const { stored, gone } = this.#core.delete(
          definition,
          target,
          deleteRequest(call.query, this.#readOptions(call, body)),
        );
        return gone && !this.#core.returnsDeleted(definition) ? deleted(definition, stored) : answerObject(stored);
      }
      default:
        return this.#deleteCollection(call, route, body);
    }
  }

  #list(call: Call, route: ResourceRoute, staleAt: string | undefined): Answer {
    const request = listRequest(call.query, route);
    const list = this.#core.list(
      route.definition,
      staleAt === undefined ? request : { ...request, resourceVersion: staleAt, resourceVersionMatch: 'Exact' },
    );
    return this.#represent(call, route.definition, list, negotiate(call.request.headers.accept, listRepresentations));
  }

  #stale({ definition, namespace, name = '' }: ResourceRoute, resourceVersion: string): StoredObject {
    const fieldSelector = `metadata.name=${name}`;
    const { items } = this.#core.list(definition, {
      namespace,
      fieldSelector,
      resourceVersion,
      resourceVersionMatch: 'Exact',
    });
    // If there was none at the time, the core's own failure for a name that never was says the same.
    return items[0] ?? this.#core.get(definition, { namespace, name: `${name} ` });
  }

  #patch(
    call: Call,
    definition: ResourceDefinition,
    target: Target,
    body: Buffer,
    warn: (warning: string) => void,
  ): Answer {
    const type = mediaType(call.request.headers['content-type']);
    if (!isPatchType(type)) {
      throw new ApiFailure(
        415,
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: ${patchTypes.join(', ')}`,
      );
    }
    const what =
      type === 'application/apply-patch+yaml'
        ? 'an apply configuration (this fake reads no other YAML than JSON)'
        : 'a patch';
    const { stored, created } = this.#core.patch(definition, target, type, parseJson(body, what), {
      ...writeRequest(call.query),
      warn,
    });
    return this.#object(call, definition, stored, created ? 201 : 200);
  }

  #deleteCollection(call: Call, route: ResourceRoute, body: Buffer): Answer {
    const { definition, namespace } = route;
    if (!definition.verbs.includes('deletecollection')) {
      throw new ApiFailure(
        405,
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
        {},
      );
    }
    const list = this.#core.list(definition, listRequest(call.query, route));
    const options = deleteRequest(call.query, this.#readOptions(call, body));
    for (const { object } of list.items) {
      const name = object.metadata.name ?? '';
      try {
        this.#core.delete(definition, { namespace: object.metadata.namespace ?? namespace, name }, options);
      } catch (error) {
        // One delete may take others with it.
        if (!(error instanceof ApiFailure) || error.status.code !== 404) throw error;
      }
    }
    return answerList(definition, list);
  }

  #object(call: Call, definition: ResourceDefinition, stored: StoredObject, code = 200): Answer {
    const negotiated = negotiate(call.request.headers.accept, objectRepresentations);
    switch (negotiated.as) {
      case 'table': {
        const metadata = { resourceVersion: stored.object.metadata.resourceVersion };
        return answerJson(this.#table(call, definition, [stored], metadata), code, negotiated.contentType);
      }
      case 'metadata':
        return answerJson(partial(stored.object), code, negotiated.contentType);
      default:
        return answerObject(stored, code);
    }
  }

  #represent(call: Call, definition: ResourceDefinition, list: ListAnswer, negotiated: Negotiated): Answer {
    switch (negotiated.as) {
      case 'table':
        return answerJson(this.#table(call, definition, list.items, listMetadata(list)), 200, negotiated.contentType);
      case 'metadataList':
        return answerJson(
          {
            kind: 'PartialObjectMetadataList',
            apiVersion: 'meta.k8s.io/v1',
            metadata: listMetadata(list),
            items: list.items.map(({ object }) => partial(object)),
          },
          200,
          negotiated.contentType,
        );
      default:
        return answerList(definition, list);
    }
  }

  #table(call: Call, definition: ResourceDefinition, items: readonly StoredObject[], metadata: object): object {
    const include = (text(call.query, 'includeObject') ?? 'Metadata') as IncludeObject;
    return tableOf(definition, items, metadata, { nowMs: this.#now(), include, withColumns: true });
  }

  #readObject(call: Call, definition: ResourceDefinition, body: Buffer): KubeObject {
    const object = decodeBody(call.request.headers['content-type'], body, `a ${definition.kind}`, this.#protobuf);
    if (!isRecord(object)) throw new ApiFailure(400, 'BadRequest', `the body is not a ${definition.kind}`);
    const expected = definition.group === '' ? definition.version : `${definition.group}/${definition.version}`;
    const { kind = definition.kind, apiVersion = expected } = object;
    if (kind !== definition.kind || apiVersion !== expected) {
      throw new ApiFailure(
        400,
        'BadRequest',
        `the object provided is unrecognized (must be of type ${definition.kind}): it is ${String(apiVersion)}, Kind=${String(kind)}`,
      );
    }
    // Whether it has metadata is for the core to judge.
    return object as unknown as KubeObject;
  }

  #readOptions(call: Call, body: Buffer): unknown {
    if (body.length === 0) return undefined;
    return decodeBody(call.request.headers['content-type'], body, 'DeleteOptions', this.#protobuf);
  }

  #requireNamespace({ definition, namespace, name }: ResourceRoute, verb: Verb): void {
    if (!definition.namespaced || namespace !== undefined) return;
    if (name === undefined && verb !== 'create' && verb !== 'deletecollection') return;
    throw new ApiFailure(
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
      {},
    );
  }
}

/** A certificate request says who made it, which is for the server to know. */
function ofCaller(
  definition: ResourceDefinition,
  object: KubeObject,
  { username, uid, groups, extra }: User,
): KubeObject {
  if (definition.plural !== 'certificatesigningrequests') return object;
  const { spec } = object as KubeObject & { readonly spec?: object };
  const caller = { username, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
  return { ...object, ...{ spec: { ...spec, ...caller } } };
}

function deleted(definition: ResourceDefinition, { object }: StoredObject): Answer {
  const { name, uid } = object.metadata;
  return answerSuccess({
    ...(name === undefined ? {} : { name }),
    ...(definition.group === '' ? {} : { group: definition.group }),
    kind: definition.plural,
    ...(uid === undefined ? {} : { uid }),
  });
}

function isPatchType(type: string): type is PatchContentType {
  return patchTypes.includes(type);
}

/** RFC 7234, 5.5, with the code that Kubernetes uses. */
function warningHeader(warning: string): string {
  return `299 - ${JSON.stringify(warning)}`;
}
