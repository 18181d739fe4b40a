/** What controllers ask of the core, in their words: typed, and with the failures that do not matter to them taken away. */
import type { KubeObject, PodCondition } from '../../../kube/types.js';
import type { Resource } from '../../../kube/resources.js';
import { ApiFailure, type Core } from '../core/index.js';
import type { ResourceDefinition, WatchEvent } from '../core/api.js';

export class Access {
  readonly core: Core;
  readonly #manager: string;

  /** `manager`: who the writes are by, in managedFields. */
  constructor(core: Core, manager: string) {
    this.core = core;
    this.#manager = manager;
  }

  definition(resource: Resource): ResourceDefinition {
    const { group, plural } = resource;
    const found = this.core.definitions.find((each) => each.group === group && each.plural === plural);
    if (found === undefined) throw new Error(`${plural}: not a resource of the fake apiserver`);
    return found;
  }

  list<T extends KubeObject>(resource: Resource<T>): T[] {
    return this.core.list(this.definition(resource), {}).items.map(({ object }) => object as T);
  }

  /** Undefined where there is none. */
  find<T extends KubeObject>(
    resource: Resource<T>,
    at: { namespace?: string | undefined; name: string },
  ): T | undefined {
    return this.#unlessGone(() => this.core.get(this.definition(resource), at).object as T);
  }

  /** `gone`: the object has been deleted, or does not match any more. */
  watch<T extends KubeObject>(resource: Resource<T>, onChange: (object: T, gone: boolean) => void): () => void {
    return this.core.watch(this.definition(resource), {}, ({ type, object }: WatchEvent) => {
      if (type !== 'BOOKMARK' && type !== 'ERROR') onChange(object.object as T, type === 'DELETED');
    });
  }

  create<T extends KubeObject>(resource: Resource<T>, object: T): void {
    const definition = this.definition(resource);
    this.core.create(definition, object.metadata.namespace, object, { fieldManager: this.#manager });
  }

  /** A strategic merge patch of `object`, unless it is gone or another one by now. */
  patch<T extends KubeObject>(resource: Resource<T>, object: T, patch: object, subresource?: string): void {
    const { namespace, name = '', uid } = object.metadata;
    const guarded = { ...patch, metadata: { ...(patch as { metadata?: object }).metadata, uid } };
    this.#unlessGone(() =>
      this.core.patch(
        this.definition(resource),
        { namespace, name, subresource },
        'application/strategic-merge-patch+json',
        guarded,
        { fieldManager: this.#manager },
      ),
    );
  }

  delete<T extends KubeObject>(resource: Resource<T>, object: T, gracePeriodSeconds?: number): void {
    const { namespace, name = '', uid } = object.metadata;
    const preconditions = uid === undefined ? undefined : { uid };
    this.#unlessGone(() =>
      this.core.delete(this.definition(resource), { namespace, name }, { gracePeriodSeconds, preconditions }),
    );
  }

  /** 404, and 409 of an object of the same name: somebody else was faster, which is as good. */
  #unlessGone<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      if (error instanceof ApiFailure && (error.status.code === 404 || error.status.code === 409)) return undefined;
      throw error;
    }
  }
}

/** A condition that changes now. */
export function conditionNow(
  nowMs: number,
  condition: Pick<PodCondition, 'type' | 'status'> & Partial<PodCondition>,
): PodCondition {
  return { ...condition, lastTransitionTime: timestamp(nowMs) };
}

export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
