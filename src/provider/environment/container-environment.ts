/**
 * One container's environment in the making. Neighbours: `resolve-environment.ts` (all containers of a pod),
 * `expand.ts`, `pod-field.ts`, `resource-field.ts`, `service-variables.ts` (what a value can be).
 *
 * 1. A variable is in the result at most once; the last one that has a value to give counts.
 * 2. `$(NAME)` sees what is resolved above it, then services; never what comes below.
 * 3. What holds a Secret's data says so, however the data got there.
 */
import type { Container, Pod } from '../../kube/types.js';
import type { Sourced } from '../../kube/sourced.js';
import { VkError } from '../../runtime/errors.js';
import { envFileValue } from './env-file.js';
import type { EnvironmentProblem, EnvironmentReason } from './environment-problem.js';
import { expandReferences } from './expand.js';
import { podField } from './pod-field.js';
import { availableTo, resourceField } from './resource-field.js';
import type { EnvironmentSources } from './sources.js';
import type { EnvironmentVariable, VariableOrigin } from './variable.js';
import { isVariableName } from './variable-name.js';

type EnvVar = NonNullable<Container['env']>[number];
type EnvFrom = NonNullable<Container['envFrom']>[number];
type ValueSource = NonNullable<EnvVar['valueFrom']>;
type Kind = 'configMap' | 'secret';

const words = {
  configMap: { reason: 'ConfigMap', object: 'configmap', data: 'ConfigMap' },
  secret: { reason: 'Secret', object: 'secret', data: 'Secret' },
} as const;

export class ContainerEnvironment {
  readonly problems: EnvironmentProblem[] = [];
  readonly #pod: Pod;
  readonly #container: Container;
  readonly #sources: EnvironmentSources;
  readonly #services: ReadonlyMap<string, EnvironmentVariable>;
  readonly #variables = new Map<string, EnvironmentVariable>();

  constructor(
    pod: Pod,
    container: Container,
    sources: EnvironmentSources,
    services: ReadonlyMap<string, EnvironmentVariable>,
  ) {
    this.#pod = pod;
    this.#container = container;
    this.#sources = sources;
    this.#services = services;
  }

  resolve(): EnvironmentVariable[] {
    for (const from of this.#container.envFrom ?? []) {
      if (from.configMapRef) this.#addAll('configMap', from.configMapRef, from);
      else if (from.secretRef) this.#addAll('secret', from.secretRef, from);
    }
    for (const variable of this.#container.env ?? []) this.#add(variable);
    const services = [...this.#services.values()].filter(({ name }) => !this.#variables.has(name));
    return [...this.#variables.values(), ...services];
  }

  #addAll(kind: Kind, ref: { readonly name?: string; readonly optional?: boolean }, { prefix = '' }: EnvFrom): void {
    const { name = '', optional = false } = ref;
    const data = this.#read(kind, name, optional);
    if (data === undefined) return;
    const skipped: string[] = [];
    for (const key of Object.keys(data).sort()) {
      const variable = `${prefix}${key}`;
      if (!isVariableName(variable)) skipped.push(key);
      else this.#set(variable, data[key] ?? '', { kind, name, key }, kind === 'secret');
    }
    if (skipped.length === 0) return;
    const keys = skipped.slice(0, 20).join(', ') + (skipped.length > 20 ? `, and ${skipped.length - 20} more` : '');
    this.#problem(
      'InvalidEnvironmentVariableNames',
      `keys [${keys}] from the envFrom ${words[kind].object} ${this.#key(name)} were skipped since they are considered invalid environment variable names`,
      false,
    );
  }

  #add({ name, value, valueFrom }: EnvVar): void {
    if (value || !valueFrom) this.#expand(name, value ?? '');
    else this.#from(name, valueFrom);
  }

  #expand(name: string, text: string): void {
    const used: EnvironmentVariable[] = [];
    const value = expandReferences(text, (reference) => {
      const variable = this.#variables.get(reference) ?? this.#services.get(reference);
      if (variable) used.push(variable);
      return variable && (variable.value ?? '');
    });
    const waitsFor = [...new Set(used.flatMap((variable) => variable.waitsFor))];
    const secret = used.some((variable) => variable.secret);
    const known = waitsFor.length === 0 ? value : undefined;
    this.#variables.set(name, { name, value: known, origin: { kind: 'literal' }, secret, waitsFor });
  }

  #from(name: string, { configMapKeyRef, secretKeyRef, ...from }: ValueSource): void {
    if (configMapKeyRef) this.#fromKey(name, 'configMap', configMapKeyRef);
    else if (secretKeyRef) this.#fromKey(name, 'secret', secretKeyRef);
    else if (from.fieldRef) this.#fromField(name, from.fieldRef.fieldPath);
    else if (from.resourceFieldRef) this.#fromResource(name, from.resourceFieldRef);
    else if (from.fileKeyRef) this.#fromFile(name, from.fileKeyRef);
    else this.#problem('InvalidFieldReference', `variable ${name}: its source is of a kind that is not known`, true);
  }

  #fromKey(name: string, kind: Kind, ref: { key: string; name?: string; optional?: boolean }): void {
    const { key, name: source = '', optional = false } = ref;
    const data = this.#read(kind, source, optional);
    if (data === undefined) return;
    const value = Object.hasOwn(data, key) ? data[key] : undefined;
    if (value !== undefined) {
      this.#set(name, value, { kind, name: source, key }, kind === 'secret');
      return;
    }
    const { reason, data: word } = words[kind];
    this.#problem(
      `${optional ? 'Optional' : 'Mandatory'}${reason}KeyNotFound`,
      `couldn't find key ${key} in ${word} ${this.#key(source)}`,
      !optional,
    );
  }

  #fromField(name: string, fieldPath: string): void {
    this.#attempt(name, () => {
      const value = podField(this.#pod, fieldPath);
      const waitsFor = value === undefined ? [fieldPath] : [];
      this.#variables.set(name, { name, value, origin: { kind: 'field', fieldPath }, secret: false, waitsFor });
    });
  }

  #fromResource(name: string, ref: NonNullable<ValueSource['resourceFieldRef']>): void {
    this.#attempt(name, () => {
      const { resource } = ref;
      const wanted = ref.containerName || this.#container.name;
      const { initContainers = [], containers } = this.#pod.spec;
      const container =
        wanted === this.#container.name ? this.#container : named([...initContainers, ...containers], wanted);
      const value = resourceField(container, ref, availableTo(this.#pod, this.#sources.allocatable));
      this.#set(name, value, { kind: 'resourceField', container: wanted, resource }, false);
    });
  }

  #fromFile(name: string, ref: NonNullable<ValueSource['fileKeyRef']>): void {
    const { volumeName, path, key, optional = false } = ref;
    const origin = { kind: 'file', volumeName, path, key } as const;
    const text = this.#sources.file?.(volumeName, path);
    if (text === undefined) {
      // Nobody has seen the file yet; a backend that runs the container can tell, and knows where it is.
      const waitsFor = [`file ${path} of volume ${volumeName}`];
      this.#variables.set(name, { name, value: undefined, origin, secret: false, waitsFor });
      return;
    }
    const file = `file ${path} of volume ${volumeName}`;
    try {
      const value = envFileValue(text, key);
      if (value !== undefined) this.#set(name, value, origin, false);
      else if (!optional) this.#problem('FileKeyNotFound', `couldn't find key ${key} in ${file}`, true);
    } catch (error) {
      // Also for an optional key: nobody can tell whether it is there.
      this.#problem('InvalidEnvironmentFile', `couldn't parse ${file}: ${VkError.from(error).message}`, true);
    }
  }

  /** The object's data as text, or undefined after the problem has been noted. */
  #read(kind: Kind, name: string, optional: boolean): Readonly<Record<string, string>> | undefined {
    const { reason, object } = words[kind];
    const need = optional ? 'Optional' : 'Mandatory';
    const sourced: Sourced<{ readonly data?: Record<string, string> }> =
      kind === 'secret' ? this.#sources.secret(name) : this.#sources.configMap(name);
    switch (sourced.state) {
      case 'missing':
        this.#problem(`${need}${reason}NotFound`, `${object} "${name}" not found`, !optional);
        return undefined;
      case 'unreadable':
        // An optional source that cannot be read may well exist: starting without it would be a guess.
        this.#problem(`FailedToRead${need}${reason}`, `${object} "${name}": ${sourced.error.message}`, true);
        return undefined;
      case 'found': {
        const data = sourced.object.data ?? {};
        return kind === 'secret' ? decoded(data) : data;
      }
    }
  }

  #attempt(name: string, set: () => void): void {
    try {
      set();
    } catch (error) {
      this.#problem('InvalidFieldReference', `variable ${name}: ${VkError.from(error).message}`, true);
    }
  }

  #set(name: string, value: string, origin: VariableOrigin, secret: boolean): void {
    this.#variables.set(name, { name, value, origin, secret, waitsFor: [] });
  }

  #problem(reason: EnvironmentReason, message: string, blocking: boolean): void {
    this.problems.push({ reason, message, container: this.#container.name, blocking });
  }

  #key(name: string): string {
    return `${this.#pod.metadata.namespace ?? ''}/${name}`;
  }
}

function named(containers: readonly Container[], name: string): Container {
  const container = containers.find((each) => each.name === name);
  if (!container) throw new VkError('InvalidInput', `container ${name}: not found in the pod`);
  return container;
}

/** Secrets are base64 in JSON. */
function decoded(data: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()] as const);
  return Object.fromEntries(entries);
}
