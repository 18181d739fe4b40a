import type { KubeObject } from '../../../../src/kube/types.js';
import type { PatchContentType, Target, WatchEvent } from '../../../../src/testing/apiserver/core/api.js';
import { ApiFailure, Core, definitionOf } from '../../../../src/testing/apiserver/core/index.js';

export const pods = definitionOf('', 'pods');
export const nodes = definitionOf('', 'nodes');
export const configMaps = definitionOf('', 'configmaps');
export const namespaces = definitionOf('', 'namespaces');
export const leases = definitionOf('coordination.k8s.io', 'leases');

export const merge: PatchContentType = 'application/merge-patch+json';
export const strategic: PatchContentType = 'application/strategic-merge-patch+json';
export const json: PatchContentType = 'application/json-patch+json';
export const apply: PatchContentType = 'application/apply-patch+yaml';

/** A core under a clock that stands still until `clock.ms` is set. */
export function newCore(options: { historyLimit?: number } = {}): { core: Core; clock: { ms: number; now(): number } } {
  const clock = { ms: Date.parse('2026-01-01T00:00:00Z'), now: () => clock.ms };
  return { core: new Core({ clock, random: Math.random, ...options }), clock };
}

export function podOf(name: string, spec: object = {}, metadata: object = {}): KubeObject {
  const containers = [{ name: 'web', image: 'nginx' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers, ...spec },
  } as KubeObject;
}

/** The object as loose JSON, for reading into it. */
export function read(core: Core, name: string, definition = pods): Loose {
  const namespace = definition.namespaced ? 'default' : undefined;
  return core.get(definition, { namespace, name }).object as unknown as Loose;
}

export interface Loose {
  metadata: {
    resourceVersion: string;
    generation?: number;
    uid: string;
    labels?: Record<string, string>;
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
    managedFields?: { manager: string; operation: string; subresource?: string; fieldsV1: unknown }[];
  };
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
}

export function at(name: string, subresource?: string): Target {
  return { namespace: 'default', name, subresource };
}

export function failureOf(action: () => unknown): ApiFailure['status'] {
  try {
    action();
  } catch (error) {
    if (error instanceof ApiFailure) return error.status;
    throw error;
  }
  throw new Error('the call did not fail');
}

export function record(core: Core, request: Parameters<Core['watch']>[1] = {}, definition = pods): WatchEvent[] {
  const events: WatchEvent[] = [];
  core.watch(definition, request, (event) => events.push(event));
  return events;
}

export function told(events: readonly WatchEvent[]): string[] {
  return events.map(({ type, object }) => `${type} ${object.object.metadata.name ?? ''}`);
}
