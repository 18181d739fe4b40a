/** Counts requests to an apiserver from outside: lists and watches of caches, patches, leases, events, reviews. */
import type { KubeApi, RawRequest } from '../../kube/api.js';
import { VkError } from '../../runtime/errors.js';
import { Count } from '../../runtime/metrics/instruments.js';
import type { MetricFamily } from '../../runtime/metrics/metric-family.js';

export class ApiMetrics {
  readonly #requests = new Count(
    'vk_api_requests_total',
    'Requests to the apiserver that ended, or whose stream began',
  );

  /** The same API, counted by verb, resource and outcome: `ok`, or the code of the error. */
  measure(api: KubeApi): KubeApi {
    return {
      get: (resource, ...rest) => this.#follow('get', resource.plural, api.get(resource, ...rest)),
      list: (resource, ...rest) => this.#follow('list', resource.plural, api.list(resource, ...rest)),
      create: (resource, ...rest) => this.#follow('create', resource.plural, api.create(resource, ...rest)),
      replace: (resource, ...rest) => this.#follow('update', resource.plural, api.replace(resource, ...rest)),
      patch: (resource, ...rest) => this.#follow('patch', resource.plural, api.patch(resource, ...rest)),
      delete: (resource, ...rest) => this.#follow('delete', resource.plural, api.delete(resource, ...rest)),
      request: (request) => this.#follow(request.method.toLowerCase(), 'other', api.request(request)),
      stream: (request) => this.#follow(verbOf(request), resourceOf(request), api.stream(request)),
    };
  }

  /** A source of metrics. */
  readonly families = (): MetricFamily[] => [this.#requests.family()];

  #follow<T>(verb: string, resource: string, call: Promise<T>): Promise<T> {
    const ended = (outcome: string): void => this.#requests.add(1, { verb, resource, outcome });
    call.then(
      () => ended('ok'),
      (error: unknown) => ended(VkError.from(error).code),
    );
    return call;
  }
}

/** A cache lists by a watch where the server can do that. */
function verbOf({ method, query }: RawRequest): string {
  if (query?.['watch'] !== true) return method.toLowerCase();
  return query['sendInitialEvents'] === true ? 'list' : 'watch';
}

/** What is watched is named by the end of its path; other paths may hold names. */
function resourceOf({ path, query }: RawRequest): string {
  return query?.['watch'] === true ? (path.split('/').at(-1) ?? 'other') : 'other';
}
