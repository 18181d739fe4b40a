import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../../src/kube/types.js';
import { resolveVolumes } from '../../../src/provider/volumes/resolve-volumes.js';
import { pathFault, VolumeFilesBuilder } from '../../../src/provider/volumes/volume-files.js';
import type { TokenRequest, VolumeSources } from '../../../src/provider/volumes/volume-sources.js';
import { VkError } from '../../../src/runtime/errors.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function sources(asked: TokenRequest[] = []): VolumeSources {
  return {
    configMap: (name) =>
      name === 'settings'
        ? {
            state: 'found',
            object: { metadata: { name }, data: { color: 'blue', size: 'L' }, binaryData: { raw: 'AAH/' } },
          }
        : { state: 'missing' },
    secret: (name) => {
      if (name === 'broken')
        return { state: 'unreadable', error: new VkError('Forbidden', 'secrets shop/broken: not allowed') };
      return name === 'login'
        ? { state: 'found', object: { metadata: { name }, data: { password: base64('hunter2') } } }
        : { state: 'missing' };
    },
    serviceAccountToken: (request) => {
      asked.push(request);
      return { state: 'found', object: 'a.b.c' };
    },
    clusterTrustBundle: ({ name }) => (name === 'ca' ? { state: 'found', object: 'PEM' } : { state: 'missing' }),
    allocatable: { cpu: '4', memory: '8Gi' },
  };
}

type Volume = NonNullable<PodSpec['volumes']>[number];

function resolve(
  volume: Omit<Volume, 'name'>,
  pod: Partial<PodSpec> = {},
  status: Pod['status'] = {},
  asked: TokenRequest[] = [],
) {
  const spec = {
    containers: [{ name: 'app', resources: { limits: { cpu: '2' } } }],
    volumes: [{ name: 'v', ...volume }],
    ...pod,
  };
  const metadata = { namespace: 'shop', name: 'web', labels: { app: 'web' } };
  const content = resolveVolumes({ metadata, spec, status }, sources(asked)).get('v');
  if (content?.kind !== 'files') return content;
  const files = [...content.files].map(([path, { data, mode, secret }]) => [
    path,
    data.toString('latin1'),
    mode.toString(8),
    secret,
  ]);
  return { kind: 'files', files };
}

describe('resolveVolumes (concepts/storage/volumes)', () => {
  it('puts every key of a configMap into a file, binary ones as bytes', () => {
    expect(resolve({ configMap: { name: 'settings' } })).toEqual({
      kind: 'files',
      files: [
        ['color', 'blue', '644', false],
        ['size', 'L', '644', false],
        ['raw', '\x00\x01\xff', '644', false],
      ],
    });
  });

  it('marks what a secret holds, and takes the default mode', () => {
    expect(resolve({ secret: { secretName: 'login', defaultMode: 0o400 } })).toEqual({
      kind: 'files',
      files: [['password', 'hunter2', '400', true]],
    });
  });

  it('takes the items alone, at their paths, with their modes', () => {
    expect(resolve({ configMap: { name: 'settings', items: [{ key: 'color', path: 'a/b', mode: 0o600 }] } })).toEqual({
      kind: 'files',
      files: [['a/b', 'blue', '600', false]],
    });
  });

  it.each(['./a/b', 'a//b', 'a/b/', './/a/./b//.'])(
    'takes what the API lets the path of an item be (%s) for a/b',
    (path) => {
      const files = [['a/b', 'blue', '644', false]];
      const items = [{ key: 'color', path }];
      expect(resolve({ configMap: { name: 'settings', items } })).toEqual({ kind: 'files', files });
      const color = { configMap: { name: 'settings', items: [{ key: 'size', path: 'a/b' }] } };
      expect(resolve({ projected: { sources: [color, { configMap: { name: 'settings', items } }] } })).toEqual({
        kind: 'files',
        files,
      });
    },
  );

  it.each([
    [{ configMap: { name: 'none' } }, 'configmap "none" not found'],
    [{ secret: { secretName: 'none' } }, 'secret "none" not found'],
    [{ secret: { secretName: 'broken', optional: true } }, 'secret "broken": secrets shop/broken: not allowed'],
    [
      { configMap: { name: 'settings', items: [{ key: 'no', path: 'p' }] } },
      'configmap "settings" references non-existent key: no',
    ],
    [
      { configMap: { name: 'settings', items: [{ key: 'color', path: '../up' }] } },
      'volume v: path "../up" begins with ".."',
    ],
    [{ configMap: { name: 'settings', items: [{ key: 'color', path: './' }] } }, 'volume v: path "./" is empty'],
    [
      { configMap: { name: 'settings', items: [{ key: 'color', path: './..data' }] } },
      'volume v: path "./..data" begins with ".."',
    ],
    [{ configMap: { name: 'settings', items: [{ key: 'color', path: '/etc' }] } }, 'volume v: path "/etc" is absolute'],
    [
      {
        configMap: {
          name: 'settings',
          items: [
            { key: 'color', path: 'a' },
            { key: 'size', path: 'a/b' },
          ],
        },
      },
      'volume v: path "a/b" is below "a", which is a file',
    ],
    [
      { downwardAPI: { items: [{ path: 'ip', fieldRef: { fieldPath: 'status.podIP' } }] } },
      'status.podIP is not known yet',
    ],
    [
      { projected: { sources: [{ podCertificate: { signerName: 's', keyType: 'ED25519' } }] } },
      'projected source podCertificate is not supported',
    ],
    [
      { projected: { sources: [{ clusterTrustBundle: { name: 'none', path: 'p' } }] } },
      'clustertrustbundle none not found',
    ],
  ] satisfies [Omit<Volume, 'name'>, string][])('%j is blocked: %s', (volume, problem) => {
    expect(resolve(volume)).toEqual({ kind: 'blocked', problems: [problem] });
  });

  it('is empty for an optional source that is missing', () => {
    expect(resolve({ configMap: { name: 'none', optional: true } })).toEqual({ kind: 'files', files: [] });
    expect(resolve({ configMap: { name: 'settings', optional: true, items: [{ key: 'no', path: 'p' }] } })).toEqual({
      kind: 'files',
      files: [],
    });
  });

  it('writes fields and resources of the pod', () => {
    const items = [
      { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
      { path: 'cpu', resourceFieldRef: { containerName: 'app', resource: 'limits.cpu' } },
      {
        path: 'memory',
        mode: 0o440,
        resourceFieldRef: { containerName: 'app', resource: 'limits.memory', divisor: '1Gi' },
      },
      { path: 'ip', fieldRef: { fieldPath: 'status.podIP' } },
    ];
    expect(resolve({ downwardAPI: { items } }, {}, { podIP: '10.1.0.5' })).toEqual({
      kind: 'files',
      files: [
        ['labels', 'app="web"', '644', false],
        ['cpu', '2', '644', false],
        ['memory', '8', '440', false],
        ['ip', '10.1.0.5', '644', false],
      ],
    });
  });

  it('gathers the sources of a projected volume, the later in place of the earlier', () => {
    const asked: TokenRequest[] = [];
    const projected = {
      defaultMode: 0o640,
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
        { configMap: { name: 'settings', items: [{ key: 'color', path: 'color' }] } },
        { secret: { name: 'login', items: [{ key: 'password', path: 'color' }] } },
        { clusterTrustBundle: { name: 'none', path: 'bundle.pem', optional: true } },
      ],
    };
    expect(resolve({ projected }, { serviceAccountName: 'robot' }, {}, asked)).toEqual({
      kind: 'files',
      files: [
        ['token', 'a.b.c', '640', true],
        ['color', 'hunter2', '640', true],
        ['bundle.pem', '', '640', false],
      ],
    });
    expect(asked).toEqual([{ serviceAccountName: 'robot', audience: undefined, expirationSeconds: 3607 }]);
  });

  it('lets nobody else read the token of a pod with a user or group of its own', () => {
    const projected = { sources: [{ serviceAccountToken: { path: 'token' } }] };
    expect(resolve({ projected }, { securityContext: { fsGroup: 2000 } })).toEqual({
      kind: 'files',
      files: [['token', 'a.b.c', '600', true]],
    });
  });

  it('says which group everything is to belong to, where the pod names one', () => {
    const securityContext = { fsGroup: 2000 };
    const volumes: Volume[] = [
      { name: 'files', configMap: { name: 'settings' } },
      { name: 'scratch', emptyDir: {} },
    ];
    const contents = resolveVolumes({ metadata: {}, spec: { containers: [], volumes, securityContext } }, sources([]));
    expect(contents.get('files')).toMatchObject({ kind: 'files', fsGroup: 2000 });
    expect(contents.get('scratch')).toMatchObject({ kind: 'emptyDir', fsGroup: 2000 });
  });

  it('says what an emptyDir may take, and names what only a backend can provide', () => {
    expect(resolve({ emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } })).toEqual({
      kind: 'emptyDir',
      medium: 'Memory',
      sizeLimit: '1Gi',
    });
    expect(resolve({ persistentVolumeClaim: { claimName: 'c' } })).toEqual({
      kind: 'foreign',
      type: 'persistentVolumeClaim',
    });
  });
});

describe('paths of volumes', () => {
  it.each(['a', 'a.b', 'a/b/c', '.hidden', 'a..b', 'a/..b', 'é'])('takes "%s"', (path) => {
    expect(pathFault(path)).toBeUndefined();
  });

  it.each([
    '',
    '/a',
    '..',
    '../a',
    '..data',
    'a/../b',
    'a//b',
    'a/',
    './a',
    'a/.',
    'a\0b',
    'x'.repeat(256),
    'a/'.repeat(2100) + 'a',
  ])('refuses %j', (path) => {
    expect(pathFault(path)).toBeDefined();
  });

  it('lead nowhere but below the root, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('..', '.', '', 'a', '\0', '/', '..data')), (parts) => {
        const path = parts.join('/');
        if (pathFault(path) !== undefined) return;
        expect(new URL(`file:///root/${path}`).pathname).toBe(`/root/${path}`);
      }),
    );
  });

  it('bounds all files together, counting a replaced one once', () => {
    const files = new VolumeFilesBuilder('v', 10);
    const file = { data: Buffer.alloc(6), mode: 0o644, secret: false };
    files.add('a', file);
    files.add('a', file);
    expect(() => files.add('b', file)).toThrow('volume v: more than 10 bytes of files');
  });
});
