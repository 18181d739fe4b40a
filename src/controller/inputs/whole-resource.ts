/** All objects of a resource, watched from the moment that somebody needs them. */
import type { KubeApi } from '../../kube/api.js';
import { Reflector } from '../../kube/reflector/reflector.js';
import type { ReflectorOptions } from '../../kube/reflector/options.js';
import type { Resource } from '../../kube/resources.js';
import type { Sourced } from '../../kube/sourced.js';
import type { KubeObject } from '../../kube/types.js';
import { VkError } from '../../runtime/errors.js';

export class WholeResource<T extends KubeObject> implements AsyncDisposable {
  readonly #api: KubeApi;
  readonly #resource: Resource<T>;
  readonly #options: ReflectorOptions<T>;
  readonly #tellsChanges: boolean;
  readonly #waiting = new Set<() => void>();
  #reflector: Reflector<T> | undefined;
  #error: VkError | undefined;
  #closed = false;

  /** `tellsChanges`: whoever needs it is told of every change. Default: only of the first answers. */
  constructor(
    api: KubeApi,
    resource: Resource<T>,
    options: ReflectorOptions<T>,
    { tellsChanges = false }: { readonly tellsChanges?: boolean } = {},
  ) {
    this.#tellsChanges = tellsChanges;
    this.#api = api;
    this.#resource = resource;
    this.#options = options;
  }

  #read(): Sourced<Iterable<T>> | undefined {
    if (this.#reflector?.hasSynced) return { state: 'found', object: this.#reflector.store.values() };
    return this.#error && { state: 'unreadable', error: this.#error };
  }

  /**
   * Begins to read, if nobody has. `onKnown` is called once or more, until objects are found, and then as the constructor
   * was told. The objects are shared: never to be changed.
   */
  need(onKnown: () => void): { read(): Sourced<Iterable<T>> | undefined; release(): void } {
    if (this.#closed) throw new VkError('Aborted', `${this.#resource.plural}: no longer watched, as the node ends`);
    this.#reflector ??= this.#start();
    const waiter = (): void => onKnown();
    if (!this.#reflector.hasSynced || this.#tellsChanges) this.#waiting.add(waiter);
    return { read: () => this.#read(), release: () => void this.#waiting.delete(waiter) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await this.#reflector?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #start(): Reflector<T> {
    const reflector = new Reflector(this.#api, this.#resource, {
      ...this.#options,
      onStatus: (status) => {
        if (status.type !== 'backoff' || reflector.hasSynced) return;
        this.#error = status.error ?? new VkError('Unavailable', `${this.#resource.plural}: no answer`);
        this.#tell();
      },
    });
    const changed = (): void => {
      if (reflector.hasSynced) this.#tell();
    };
    if (this.#tellsChanges) reflector.addHandler({ onAdd: changed, onUpdate: changed, onDelete: changed });
    reflector.start();
    reflector.waitForSync().then(
      () => {
        this.#tell();
        if (!this.#tellsChanges) this.#waiting.clear();
      },
      () => undefined,
    );
    return reflector;
  }

  #tell(): void {
    for (const waiter of [...this.#waiting]) waiter();
  }
}
