/**
 * R8: malformed patches of every kind against the fake apiserver's objects. Whatever comes is applied or refused as an
 * apiserver refuses it; what was refused has changed nothing, and what was applied leaves an object that can be told,
 * is what it was called before, and keeps what only the server may write. The seed of an input says all about it.
 */
import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../src/kube/types.js';
import type { PatchContentType } from '../../src/testing/apiserver/core/api.js';
import { ApiFailure, Core, definitionOf } from '../../src/testing/apiserver/core/index.js';
import { parseJson } from '../../src/testing/apiserver/http/body.js';
import { type FuzzFailure, playInputs } from './fuzzing.js';
import { below, pick, type Random, randomOf } from './seeded.js';

export interface PatchFuzzReport {
  readonly inputs: number;
  readonly firstSeed: number;
  /** How many patches were refused. */
  readonly refused: number;
  /** What should not have been, with the seed that shows it: `fuzzPatchInput(seed)`. */
  readonly failures: readonly FuzzFailure[];
  /** Growth of heap and buffers from a tenth of the inputs on, after collections (with --expose-gc). */
  readonly growthBytes: number;
}

export function fuzzPatches(inputs: number, firstSeed = 1): Promise<PatchFuzzReport> {
  const core = newCore();
  return playInputs(inputs, firstSeed, (seed) => fuzzPatchInput(seed, core));
}

const pods = definitionOf('', 'pods');
const target = { namespace: 'default', name: 'fuzzed' };
const types: readonly PatchContentType[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

/** Plays one input: a pod, and a few patches of it. Whether all were refused; throws what should not have been. */
export function fuzzPatchInput(seed: number, core = newCore()): boolean {
  const random = randomOf(seed);
  core.create(pods, 'default', podOf(random), { fieldManager: 'maker' });
  let refused = true;
  try {
    for (let count = 1 + below(random, 3); count > 0; count -= 1) {
      const type = pick(random, types);
      const before = core.get(pods, target);
      const bytesBefore = Buffer.from(before.json);
      const isRefused = refuses(core, random, type, textOf(random, type, before.object));
      const { object, json } = core.get(pods, target);
      if (!before.json.equals(bytesBefore)) throw new Error('an object that somebody holds was changed');
      if (isRefused && object !== before.object) throw new Error('a refused patch changed the object');
      if (!isRefused) check(object, json, before.object);
      refused &&= isRefused;
    }
  } finally {
    remove(core);
  }
  return refused;
}

/** Also one that a patch has given finalizers. */
function remove(core: Core): void {
  const { gone } = core.delete(pods, target, { gracePeriodSeconds: 0 });
  if (!gone) core.patch(pods, target, 'application/merge-patch+json', { metadata: { finalizers: null } }, {});
}

function refuses(core: Core, random: Random, type: PatchContentType, text: Buffer): boolean {
  const subresource = pick(random, [undefined, undefined, 'status']);
  const request = { fieldManager: pick(random, ['one', 'two']), force: random() < 0.5 };
  try {
    core.patch(pods, { ...target, subresource }, type, parseJson(text, 'a patch'), request);
    return false;
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    const { code } = error.status;
    if (!(code >= 400 && code <= 599)) throw error;
    return true;
  }
}

function check(object: KubeObject, json: Buffer, before: KubeObject): void {
  const told: unknown = JSON.parse(json.toString());
  if (!isDeepStrictEqual(told, object)) throw new Error('the object is another when it is told');
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp'] as const) {
    if (object.metadata[field] !== before.metadata[field]) throw new Error(`metadata.${field} was changed`);
  }
  if (object.kind !== 'Pod' || object.apiVersion !== 'v1') throw new Error('the object is of another kind');
  if (Number(object.metadata.resourceVersion) < Number(before.metadata.resourceVersion)) {
    throw new Error('its revision went back');
  }
  if (Object.keys(Object.prototype).length > 0) throw new Error('the prototype of all objects was changed');
}

const names = ['a', 'b', 'web', 'side', '', '__proto__', 'constructor', 'x/y', 'm~n', '-', '0', '1', 'name'];
const fields = [
  ...['metadata', 'spec', 'status', 'labels', 'annotations', 'containers', 'env', 'ports', 'conditions', 'tolerations'],
  ...['name', 'image', 'finalizers', 'ownerReferences', 'resourceVersion', 'uid', 'phase', 'nodeName', 'value', 'type'],
  ...[
    '$patch',
    '$retainKeys',
    '$setElementOrder/containers',
    '$deleteFromPrimitiveList/finalizers',
    '$setElementOrder/env',
  ],
  ...['kind', 'apiVersion', 'managedFields', '__proto__', 'constructor', 'deletionTimestamp', 'generation'],
];
const scalars = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  '',
  'x',
  'replace',
  'delete',
  'merge',
  '10m',
  'v1',
  'Pod',
  'fuzzed',
];

function podOf(random: Random): KubeObject {
  const containers = pick(random, [['web'], ['web', 'side'], ['a', 'b', 'web']]).map((name) => ({
    name,
    image: 'i',
    env: Array.from({ length: below(random, 3) }, (_, index) => ({ name: `E${index}`, value: 'v' })),
    ports: Array.from({ length: below(random, 2) }, (_, index) => ({ containerPort: 80 + index })),
  }));
  const metadata = { name: 'fuzzed', labels: { a: '1', b: '2' }, annotations: { a: 'x' } };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers, nodeName: 'n' } } as KubeObject;
}

function textOf(random: Random, type: PatchContentType, object: KubeObject): Buffer {
  if (random() < 0.01) return nested(random);
  const patch =
    type === 'application/json-patch+json' ? operationsOf(random, object) : documentOf(random, type, object);
  const text = Buffer.from(JSON.stringify(patch) ?? 'null');
  return random() < 0.15 ? damaged(random, text) : text;
}

/** Deeper than anything means: what walks it by calling itself runs out of stack. */
function nested(random: Random): Buffer {
  const depth = pick(random, [100, 20_000]);
  const [open, close] = pick<readonly [string, string]>(random, [
    ['[', ']'],
    ['{"a":', '}'],
    ['{"metadata":', '}'],
  ]);
  return Buffer.from(`{"metadata":{"annotations":${open.repeat(depth)}1${close.repeat(depth)}}}`);
}

function operationsOf(random: Random, object: KubeObject): unknown {
  if (random() < 0.02) return valueOf(random, 3);
  return Array.from({ length: below(random, 5) }, () => ({
    op: pick(random, ['add', 'remove', 'replace', 'move', 'copy', 'test', 'jump']),
    path: pathOf(random, object),
    ...(random() < 0.4 && { from: pathOf(random, object) }),
    ...(random() < 0.8 && { value: valueOf(random, 3) }),
  }));
}

/** Mostly the way to something that is there. */
function pathOf(random: Random, object: unknown): unknown {
  if (random() < 0.03) return valueOf(random, 1);
  let path = '';
  let at: unknown = object;
  for (let depth = below(random, 6); depth > 0; depth -= 1) {
    const keys = typeof at === 'object' && at !== null ? Object.keys(at) : [];
    const key = keys.length > 0 && random() < 0.85 ? pick(random, keys) : pick(random, [...names, ...fields]);
    path += `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    at = (at as Record<string, unknown> | undefined | null)?.[key];
  }
  return random() < 0.05 ? path.slice(1) : path;
}

/** A part of the object with something else in it, as clients would make it. */
function documentOf(random: Random, type: PatchContentType, object: KubeObject): unknown {
  const isApply = type === 'application/apply-patch+yaml';
  const head = isApply && random() < 0.9 ? { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'fuzzed' } } : {};
  const part = partOf(random, object, 0);
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  if (!isApply) return part;
  const { metadata, ...rest } = part as { metadata?: object | null };
  const { managedFields: _, uid: __, resourceVersion: ___, ...own } = { ...metadata } as Record<string, unknown>;
  return { ...rest, ...head, metadata: { ...own, ...head.metadata } };
}

function partOf(random: Random, value: unknown, depth: number): unknown {
  if (random() < 0.08) return valueOf(random, 2);
  if (Array.isArray(value)) {
    const items = value.filter(() => random() < 0.7).map((item: unknown) => partOf(random, item, depth + 1));
    return random() < 0.2 ? [...items, valueOf(random, 2)] : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key === 'name' || random() < 0.5);
  const entries = kept.map(([key, each]) => [key, partOf(random, each, depth + 1)] as const);
  if (random() < 0.15) return Object.fromEntries([...entries, [pick(random, fields), valueOf(random, 2)]]);
  return Object.fromEntries(entries);
}

function valueOf(random: Random, depth: number): unknown {
  if (depth === 0 || random() < 0.5) return pick(random, scalars);
  const length = below(random, 4);
  if (random() < 0.4) return Array.from({ length }, () => valueOf(random, depth - 1));
  const key = (): string => pick(random, random() < 0.5 ? names : fields);
  return Object.fromEntries(Array.from({ length }, () => [key(), valueOf(random, depth - 1)]));
}

function damaged(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = 1 + below(random, 3); count > 0 && copy.length > 0; count -= 1) {
    copy[below(random, copy.length)] = pick(random, [...Buffer.from('{}[]",:0-e\\ntfu$~/'), below(random, 256)]);
  }
  return random() < 0.2 ? copy.subarray(0, below(random, copy.length + 1)) : copy;
}

function newCore(): Core {
  return new Core({ clock: { now: () => Date.UTC(2026, 0, 1) }, random: Math.random, historyLimit: 100 });
}
