/**
 * The container groups of the resource group, and what the API does with them. `group.ts` is one of them, `validate.ts`
 * says what is refused, `view.ts` what is shown.
 *
 * 1. Names are kept in lower case, as the service compares them.
 * 2. A group in transition takes no other operation but the one that it is in.
 * 3. Whatever goes on in the background is in `#background`, which `close` waits for.
 */
import { ArmError } from '../http/answer.js';
import { type EmulatorSettings } from '../options.js';
import type { NewMachine } from '../run/machine.js';
import { Group, type GroupContext, ProvisioningError } from './group.js';
import { type CloudOperation, isDone, OperationList } from './operation-list.js';
import { Sticking } from './sticking.js';
import { checkUpdate, totalOf, validGroup } from './validate.js';

/** An operation that has been accepted, and the group that it is about. */
export interface Accepted {
  readonly group: Group;
  readonly operation: CloudOperation;
  readonly created: boolean;
}

export class ContainerGroups {
  readonly groups = new Map<string, Group>();
  readonly operations: OperationList;
  readonly sticking = new Sticking();
  readonly #settings: EmulatorSettings;
  readonly #newMachine: NewMachine;
  readonly #background = new Set<Promise<void>>();
  #addresses = 0;

  constructor(settings: EmulatorSettings, newMachine: NewMachine) {
    this.#settings = settings;
    this.#newMachine = newMachine;
    this.operations = new OperationList(settings.clock);
  }

  async put(name: string, body: Record<string, unknown>): Promise<Accepted> {
    const spec = validGroup(name, body, this.#settings);
    const existing = this.groups.get(name.toLowerCase());
    if (existing === undefined) {
      this.#checkQuota(spec.location, totalOf(spec.properties.containers).cores);
      this.#addresses += 1;
      const ip = `10.240.${(this.#addresses >> 8) & 0xff}.${this.#addresses & 0xff}`;
      const group = new Group(name, spec, ip, this.#groupContext());
      this.groups.set(name.toLowerCase(), group);
      return { group, operation: this.#provision(group), created: true };
    }
    refuseTransition(existing);
    checkUpdate(name, existing.spec, spec);
    const operation = this.#begin(existing, 'provision', 'Pending', async () => {
      await existing.replace(spec);
      await existing.provision();
    });
    return { group: existing, operation, created: false };
  }

  /** Replaces the tags, which is all that an update may change. */
  patch(name: string, body: Record<string, unknown>): Group {
    const group = this.get(name);
    const tags = body['tags'] as Record<string, string> | undefined;
    group.spec = { ...group.spec, ...(tags && { tags }) };
    return group;
  }

  /** Throws 404 for a group that is not there, or does not show yet. */
  get(name: string): Group {
    const group = this.groups.get(name.toLowerCase());
    if (group && this.#shows(group)) return group;
    throw new ArmError(
      404,
      'ResourceNotFound',
      `The Resource 'Microsoft.ContainerInstance/containerGroups/${name}' under resource group ` +
        `'${this.#settings.credentials.resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
    );
  }

  /** One page, from the group after `after`, by name. `next` is what the following page is after. */
  list(after: string): { readonly page: readonly Group[]; readonly next: string | undefined } {
    const names = [...this.groups.keys()].filter((name) => name > after).sort();
    const shown = names.map((name) => this.groups.get(name)).filter((group) => group && this.#shows(group)) as Group[];
    const page = shown.slice(0, this.#settings.pageSize);
    const more = shown.length > page.length;
    return { page, next: more ? page.at(-1)?.name.toLowerCase() : undefined };
  }

  /** Undefined: there is no such group, which is what was wanted. */
  delete(name: string): Accepted | undefined {
    const key = name.toLowerCase();
    const group = this.groups.get(key);
    if (group === undefined) return undefined;
    const { transition } = group;
    if (transition?.kind === 'delete') return { group, operation: transition.operation, created: false };
    if (transition) {
      const { deleteWhileProvisioning } = this.#settings;
      if (deleteWhileProvisioning === 'refuses') refuseTransition(group);
      // The service says that it is done, and goes on to make the group.
      if (deleteWhileProvisioning === 'leaks')
        return { group, operation: this.operations.begin('Succeeded'), created: false };
    }
    const operation = this.#begin(group, 'delete', 'Deleting', async () => {
      await group.remove();
      if (this.groups.get(key) === group) this.groups.delete(key);
    });
    return { group, operation, created: false };
  }

  /** Resolves when the operation is done. */
  async settled(operation: CloudOperation): Promise<void> {
    while (!isDone(operation) && this.#background.size > 0) await Promise.race(this.#background);
  }

  start(name: string): Accepted {
    const group = this.get(name);
    refuseTransition(group);
    return { group, operation: this.#provision(group), created: false };
  }

  async stop(name: string): Promise<void> {
    const group = this.get(name);
    refuseTransition(group);
    const operation = this.#begin(group, 'stop', 'Stopping', () => group.stop());
    await this.settled(operation);
  }

  restart(name: string): Accepted {
    const group = this.get(name);
    refuseTransition(group);
    return { group, operation: this.#begin(group, 'stop', 'Restarting', () => group.restart()), created: false };
  }

  /** The group is gone at once, and nobody has deleted it. */
  async vanish(name: string): Promise<void> {
    const group = this.groups.get(name.toLowerCase());
    this.groups.delete(name.toLowerCase());
    await group?.dispose(false);
  }

  get coresInUse(): number {
    let cores = 0;
    for (const { spec } of this.groups.values()) cores += totalOf(spec.properties.containers).cores;
    return Math.round(cores * 1000) / 1000;
  }

  async close(): Promise<void> {
    await Promise.all([...this.groups.values()].map((group) => group.dispose(false)));
    await Promise.allSettled(this.#background);
  }

  #provision(group: Group): CloudOperation {
    return this.#begin(group, 'provision', 'Pending', () => group.provision());
  }

  #begin(
    group: Group,
    kind: 'provision' | 'stop' | 'delete',
    status: string,
    work: () => Promise<void>,
  ): CloudOperation {
    const operation = this.operations.begin(status);
    group.transition = { operation, kind };
    const done = work()
      .then(
        () => {
          operation.status = 'Succeeded';
        },
        (error: unknown) => {
          const known = error instanceof ProvisioningError;
          operation.status = known ? 'Failed' : 'Canceled';
          operation.error = {
            code: known ? error.code : 'OperationCanceled',
            message: error instanceof Error ? error.message : String(error),
          };
        },
      )
      .then(() => {
        if (group.transition?.operation === operation) group.transition = undefined;
        this.#background.delete(done);
      });
    this.#background.add(done);
    return operation;
  }

  #shows(group: Group): boolean {
    return this.#settings.clock.now() >= group.createdMs + this.#settings.visibleAfterMs;
  }

  #checkQuota(location: string, cores: number): void {
    const { quota } = this.#settings;
    const refuse = (what: string, limit: number, usage: number, requested: number): never => {
      throw new ArmError(
        400,
        'ContainerGroupQuotaReached',
        `Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota '${what}' exceeded in region ` +
          `'${location}'. Limit: '${limit}', Usage: '${usage}' Requested: '${requested}'.`,
      );
    };
    if (quota.groups !== undefined && this.groups.size + 1 > quota.groups)
      refuse('ContainerGroups', quota.groups, this.groups.size, 1);
    const inUse = this.coresInUse;
    if (quota.cores !== undefined && inUse + cores > quota.cores) refuse('StandardCores', quota.cores, inUse, cores);
  }

  #groupContext(): GroupContext {
    const { clock, latencies, images } = this.#settings;
    const mayProceed = (name: string, signal: AbortSignal): Promise<void> => this.sticking.pass(name, signal);
    return { clock, latencies, images, newMachine: this.#newMachine, mayProceed };
  }
}

function refuseTransition(group: Group): void {
  if (!group.transition) return;
  throw new ArmError(
    409,
    'ContainerGroupTransitioning',
    `The container group '${group.name}' is still transitioning, please retry later.`,
  );
}
