/** The failures of a real apiserver, word by word: clients and people match on these texts. */
import type { Status } from '../../../kube/types.js';
import { ApiFailure, type ResourceDefinition } from './api.js';

export interface Cause {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

/** `pods`, or `leases.coordination.k8s.io` outside the core group. */
export function qualifiedPlural(definition: ResourceDefinition): string {
  return definition.group === '' ? definition.plural : `${definition.plural}.${definition.group}`;
}

function details(
  definition: ResourceDefinition,
  name: string,
  kind = definition.plural,
): NonNullable<Status['details']> {
  return { ...(name === '' ? {} : { name }), ...(definition.group === '' ? {} : { group: definition.group }), kind };
}

export function notFound(definition: ResourceDefinition, name: string): ApiFailure {
  return new ApiFailure(
    404,
    'NotFound',
    `${qualifiedPlural(definition)} "${name}" not found`,
    details(definition, name),
  );
}

export function alreadyExists(definition: ResourceDefinition, name: string): ApiFailure {
  return new ApiFailure(
    409,
    'AlreadyExists',
    `${qualifiedPlural(definition)} "${name}" already exists`,
    details(definition, name),
  );
}

export function conflict(definition: ResourceDefinition, name: string, why: string): ApiFailure {
  return new ApiFailure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedPlural(definition)} "${name}": ${why}`,
    details(definition, name),
  );
}

export function modified(definition: ResourceDefinition, name: string): ApiFailure {
  return conflict(
    definition,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

export function badRequest(message: string): ApiFailure {
  return new ApiFailure(400, 'BadRequest', message);
}

export function forbidden(definition: ResourceDefinition, name: string, why: string): ApiFailure {
  return new ApiFailure(
    403,
    'Forbidden',
    `${qualifiedPlural(definition)} "${name}" is forbidden: ${why}`,
    details(definition, name),
  );
}

export function expired(message: string): ApiFailure {
  return new ApiFailure(410, 'Expired', message);
}

/** 422 with a cause for each field, as `Pod "web" is invalid: spec.containers: Required value`. */
export function invalid(definition: ResourceDefinition, name: string, causes: readonly Cause[]): ApiFailure {
  const kind = definition.group === '' ? definition.kind : `${definition.kind}.${definition.group}`;
  const texts = causes.map((cause) => (cause.field === '' ? cause.message : `${cause.field}: ${cause.message}`));
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new ApiFailure(422, 'Invalid', `${kind} "${name}" is invalid: ${list}`, {
    ...details(definition, name, definition.kind),
    causes: causes.map(({ field, reason, message }) => ({ reason, message, field })),
  });
}

/** Collects what is wrong with an object, in the apiserver's words. */
export class Causes {
  readonly list: Cause[] = [];

  required(field: string, detail = ''): void {
    this.#add(field, 'FieldValueRequired', detail === '' ? 'Required value' : `Required value: ${detail}`);
  }

  invalid(field: string, value: unknown, detail: string): void {
    this.#add(field, 'FieldValueInvalid', `Invalid value: ${JSON.stringify(value)}: ${detail}`);
  }

  duplicate(field: string, value: unknown, detail?: string): void {
    const why = detail === undefined ? '' : `: ${detail}`;
    this.#add(field, 'FieldValueDuplicate', `Duplicate value: ${JSON.stringify(value)}${why}`);
  }

  notFound(field: string, value: unknown): void {
    this.#add(field, 'FieldValueNotFound', `Not found: ${JSON.stringify(value)}`);
  }

  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    const values = supported.map((each) => `"${each}"`);
    this.#add(
      field,
      'FieldValueNotSupported',
      `Unsupported value: ${JSON.stringify(value)}: supported values: ${values.join(', ')}`,
    );
  }

  tooLong(field: string, limitBytes: number): void {
    this.#add(field, 'FieldValueTooLong', `Too long: may not be more than ${limitBytes} bytes`);
  }

  forbidden(field: string, detail: string): void {
    this.#add(field, 'FieldValueForbidden', `Forbidden: ${detail}`);
  }

  #add(field: string, reason: string, message: string): void {
    this.list.push({ field, reason, message });
  }
}
