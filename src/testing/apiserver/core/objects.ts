/** Finds objects in the store by resource and name, for the parts of the core that read and write them. */
import type { Clock, Random } from '../../../runtime/clock.js';
import type { ResourceDefinition, Target } from './api.js';
import { definitionOf, storageName } from './definitions.js';
import { notFound } from './failures.js';
import { randomSuffix, timestamp } from './identity.js';
import type { JsonObject } from './json.js';
import type { RuleContext } from './rules.js';
import type { Store } from './store.js';
import type { Stored } from './stored-object.js';
import type { Table } from './table.js';

export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

export class Objects implements RuleContext {
  readonly store: Store;
  readonly random: Random;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(store: Store, clock: Pick<Clock, 'now'>, random: Random) {
    this.store = store;
    this.random = random;
    this.#clock = clock;
  }

  get now(): number {
    return this.#clock.now();
  }

  get timestamp(): string {
    return timestamp(this.now);
  }

  suffix(): string {
    return randomSuffix(this.random);
  }

  table(definition: ResourceDefinition): Table {
    return this.store.table(storageName(definition));
  }

  find(group: string, plural: string, namespace: string | undefined, name: string): JsonObject | undefined {
    return this.table(definitionOf(group, plural)).get(keyOf(namespace, name))?.content;
  }

  /** Throws 404 if there is none. */
  existing(definition: ResourceDefinition, target: Target): Stored {
    const stored = this.table(definition).get(keyOf(target.namespace, target.name));
    if (!stored) throw notFound(definition, target.name);
    return stored;
  }

  /** An address for a service, of 10.96.0.0/16, that no other service has. */
  serviceAddress(): string {
    const part = (): number => 1 + Math.floor(this.random() * 254);
    const services = this.table(definitionOf('', 'services')).entries();
    for (;;) {
      const address = `10.96.${part()}.${part()}`;
      if (!services.some(([, { content }]) => (content['spec'] as JsonObject)['clusterIP'] === address)) return address;
    }
  }
}
