/** Keys, names and sizes that somebody else chose: what is made of them is what they say, and nothing breaks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigMap, Pod, Secret } from '../../../src/kube/types.js';
import { resolveEnvironment } from '../../../src/provider/environment/resolve-environment.js';
import { pathFault } from '../../../src/provider/volumes/volume-files.js';
import { resolveVolumes } from '../../../src/provider/volumes/resolve-volumes.js';

/** What objects have by themselves, what leads out of folders, and anything at all. */
const key = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '..', '../x', '..data', '/', ''),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** As parsed JSON has them: with `__proto__` as a key of their own. */
const data = fc
  .uniqueArray(fc.tuple(key, fc.string({ maxLength: 50 })), { selector: ([name]) => name, maxLength: 20 })
  .map((entries) => asJson(Object.fromEntries(entries)));

const sourcesOf = (values: Record<string, string>) => {
  const secret: Secret = {
    metadata: { name: 's' },
    data: Object.fromEntries(
      Object.entries(values).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
    ),
  };
  const configMap: ConfigMap = { metadata: { name: 's' }, data: values };
  return {
    configMap: () => ({ state: 'found', object: configMap }) as const,
    secret: () => ({ state: 'found', object: secret }) as const,
    services: () => [],
    serviceAccountToken: () => ({ state: 'missing' }) as const,
    clusterTrustBundle: () => ({ state: 'missing' }) as const,
    allocatable: {},
  };
};

const podWith = (spec: Partial<Pod['spec']>, metadata: Pod['metadata'] = {}): Pod => ({
  metadata: { namespace: 'shop', name: 'web', ...metadata },
  spec: { containers: [{ name: 'constructor', image: 'i' }], ...spec },
});

describe('hostile keys', () => {
  it('become variables of that name and value, or are skipped and named', () => {
    fc.assert(
      fc.property(data, (values) => {
        const envFrom = [{ configMapRef: { name: 's' } }];
        const pod = podWith({ containers: [{ name: 'constructor', envFrom }] });
        const { containers, problems } = resolveEnvironment(pod, sourcesOf(values));
        const variables = containers.get('constructor') ?? [];
        for (const { name, value } of variables) {
          expect(Object.hasOwn(values, name)).toBe(true);
          expect(value).toBe(values[name]);
          expect(name).toMatch(/^[ -<>-~]+$/);
        }
        expect(variables.length === Object.keys(values).length || problems.length === 1).toBe(true);
      }),
    );
  });

  it('are looked up as what they are, never as what objects have by themselves', () => {
    fc.assert(
      fc.property(data, key, (values, wanted) => {
        const has = Object.hasOwn(values, wanted);
        const ref = { name: 's', key: wanted };
        const env = [
          { name: 'C', valueFrom: { configMapKeyRef: ref } },
          { name: 'S', valueFrom: { secretKeyRef: ref } },
        ];
        const pod = podWith({ containers: [{ name: 'constructor', env }] });
        const { containers, problems } = resolveEnvironment(pod, sourcesOf(values));
        expect(containers.get('constructor')?.map(({ value }) => value)).toEqual(
          has ? [values[wanted], values[wanted]] : [],
        );
        expect(problems.map(({ reason }) => reason)).toEqual(
          has ? [] : ['MandatoryConfigMapKeyNotFound', 'MandatorySecretKeyNotFound'],
        );
      }),
    );
  });

  it.each(['constructor', '__proto__', 'toString'])('of a label that is not there (%s) are empty', (label) => {
    const env = [{ name: 'L', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${label}']` } } }];
    const pod = podWith({ containers: [{ name: 'constructor', env }] }, { labels: {} });
    const { containers } = resolveEnvironment(pod, sourcesOf({}));
    expect(containers.get('constructor')?.[0]?.value).toBe('');
  });

  it('become files below the volume, or the volume is refused whole', () => {
    fc.assert(
      fc.property(data, (values) => {
        const pod = podWith({ volumes: [{ name: 'v', secret: { secretName: 's' } }] });
        const content = resolveVolumes(pod, sourcesOf(values)).get('v');
        const isSound = Object.keys(values).every((path) => pathFault(path) === undefined);
        if (content?.kind === 'files') {
          expect([...content.files.keys()].sort()).toEqual(Object.keys(values).sort());
          expect(isSound).toBe(true);
        } else {
          expect(content?.kind).toBe('blocked');
        }
      }),
    );
  });

  it('sizes: a volume is refused before it fills the memory', () => {
    const half = 'x'.repeat(1024 * 1024);
    const sources = Array.from({ length: 40 }, (_, index) => ({
      configMap: { name: 's', items: [{ key: 'k', path: `f${index}` }] },
    }));
    const pod = podWith({ volumes: [{ name: 'v', projected: { sources } }] });
    const content = resolveVolumes(pod, sourcesOf({ k: half })).get('v');
    expect(content).toMatchObject({ kind: 'blocked', problems: ['volume v: more than 33554432 bytes of files'] });
  });
});
