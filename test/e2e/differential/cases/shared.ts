/** What the dialogues have in common. */
import type { Dialogue } from '../exchange.js';

export type Case = (talk: Dialogue) => Promise<void>;

export const inDefault = '/api/v1/namespaces/default';
export const podsPath = `${inDefault}/pods`;

export const merge = 'application/merge-patch+json';
export const strategic = 'application/strategic-merge-patch+json';
export const jsonPatch = 'application/json-patch+json';
export const apply = 'application/apply-patch+yaml';

export function pod(name: string, spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers: [{ name: 'main', image: 'example.com/app:1' }], ...spec },
  };
}

/** A pod that is bound to a node, so that its deletion is graceful. */
export const bound = { nodeName: 'nowhere', tolerations: [{ operator: 'Exists' }] };
export const running = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
export const remove = { gracePeriodSeconds: 0 };

export async function makePod(talk: Dialogue, spec: object = bound, metadata: object = {}): Promise<string> {
  await talk.send('POST', podsPath, pod(talk.name, spec, metadata));
  return `${podsPath}/${talk.name}`;
}

export async function patchStatus(
  talk: Dialogue,
  path: string,
  status: object,
  see: readonly string[] = [],
): Promise<void> {
  await talk.send('PATCH', `${path}/status`, { status }, { type: strategic, see });
}

export function node(name: string, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, ...metadata } };
}
