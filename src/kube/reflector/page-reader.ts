/** Reads a list page by page, the next one while the reader still works on this one. */
import type { KubeApi, ListOptions } from '../api.js';
import type { Resource } from '../resources.js';
import type { KubeList, KubeObject } from '../types.js';
import type { Step } from './plan.js';

export class PageReader<T extends KubeObject> {
  readonly #api: KubeApi;
  readonly #resource: Resource<T>;
  readonly #query: ListOptions;
  readonly #pageSize: number;
  #ahead: { readonly token: string; readonly page: Promise<KubeList<T>> } | undefined;

  constructor(api: KubeApi, resource: Resource<T>, query: ListOptions, pageSize: number) {
    this.#api = api;
    this.#resource = resource;
    this.#query = query;
    this.#pageSize = pageSize;
  }

  /** A page that was asked for ahead and failed rejects here, and is asked for anew by the next call. */
  async read(step: Step & { type: 'page' }): Promise<KubeList<T>> {
    const { token, whole } = step;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const page = await (ahead !== undefined && ahead.token === token ? ahead.page : this.#fetch(token, whole));
    const next = page.metadata.continue;
    if (next) {
      const nextPage = this.#fetch(next);
      nextPage.catch(() => undefined);
      this.#ahead = { token: next, page: nextPage };
    }
    return page;
  }

  #fetch(token: string | undefined, whole = false): Promise<KubeList<T>> {
    const limit = whole ? {} : { limit: this.#pageSize };
    return this.#api.list(this.#resource, { ...this.#query, ...limit, continue: token });
  }
}
