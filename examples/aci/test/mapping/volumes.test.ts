import type { PodSpec } from 'vk-sdk';
import { describe, expect, it } from 'vitest';
import { fileShareSecrets } from '../../src/mapping/group/file-share-secrets.js';
import { base64, groupOf, materialOf, podOf, refusalOf, settings, type Namespace } from './scene.js';
import { podToGroup } from '../../src/mapping/group/pod-to-group.js';

type Volume = Omit<NonNullable<PodSpec['volumes']>[number], 'name'>;

const namespace: Namespace = {
  secrets: {
    share: { azurestorageaccountname: 'account', azurestorageaccountkey: 'key==' },
    half: { azurestorageaccountname: 'account' },
    tls: { 'tls.crt': 'certificate', 'tls.key': 'private' },
  },
  configMaps: { app: { 'app.conf': 'a=1', other: 'x' } },
  binary: { blob: { data: base64('\u0000\u0001') } },
};

function volumeOf(volume: Volume) {
  return groupOf(podOf({}, { volumes: [{ name: 'v', ...volume }] }), namespace).volumes?.[0];
}

describe('a volume', () => {
  it.each<[string, Volume, object]>([
    [
      'azureFile',
      { azureFile: { shareName: 'files', secretName: 'share', readOnly: true } },
      { azureFile: { shareName: 'files', storageAccountName: 'account', storageAccountKey: 'key==', readOnly: true } },
    ],
    [
      'the CSI driver of file shares, read-only kept',
      {
        csi: {
          driver: 'file.csi.azure.com',
          readOnly: true,
          volumeAttributes: { shareName: 'files', secretName: 'share', secretNamespace: 'shop' },
        },
      },
      { azureFile: { shareName: 'files', storageAccountName: 'account', storageAccountKey: 'key==', readOnly: true } },
    ],
    ['emptyDir', { emptyDir: {} }, { emptyDir: {} }],
    [
      'gitRepo',
      { gitRepo: { repository: 'https://example.com/r.git', revision: 'abc', directory: '.' } },
      { gitRepo: { repository: 'https://example.com/r.git', revision: 'abc', directory: '.' } },
    ],
    [
      'a Secret, in base64',
      { secret: { secretName: 'tls' } },
      { secret: { 'tls.crt': base64('certificate'), 'tls.key': base64('private') } },
    ],
    [
      'items of a Secret under their paths, which azure-aci does not honour',
      { secret: { secretName: 'tls', items: [{ key: 'tls.crt', path: 'server.pem' }] } },
      { secret: { 'server.pem': base64('certificate') } },
    ],
    ['a ConfigMap', { configMap: { name: 'app' } }, { secret: { 'app.conf': base64('a=1'), other: base64('x') } }],
    ['binary data of a ConfigMap', { configMap: { name: 'blob' } }, { secret: { data: base64('\u0000\u0001') } }],
    [
      'an optional source that is missing, as an empty folder',
      { configMap: { name: 'gone', optional: true } },
      { emptyDir: {} },
    ],
    [
      'projected sources with their paths, the pod’s fields and a token',
      {
        projected: {
          sources: [
            { secret: { name: 'tls', items: [{ key: 'tls.key', path: 'key' }] } },
            { configMap: { name: 'app', items: [{ key: 'other', path: 'setting' }] } },
            { secret: { name: 'gone', optional: true } },
            { downwardAPI: { items: [{ path: 'uid', fieldRef: { fieldPath: 'metadata.uid' } }] } },
            { serviceAccountToken: { path: 'token', audience: 'vault' } },
          ],
        },
      },
      {
        secret: {
          key: base64('private'),
          setting: base64('x'),
          uid: base64('0c6d6b4e-0a51-4f0b-9c60-6f0d1f1f6f11'),
          token: base64('token of default'),
        },
      },
    ],
    [
      'fields of the pod',
      { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      { secret: { name: base64('web') } },
    ],
  ])('upstream §5: %s', (_, volume, made) => {
    expect(volumeOf(volume)).toEqual({ name: 'v', ...made });
  });

  it.each<[string, object, string]>([
    [
      'of another kind',
      { hostPath: { path: '/' } },
      'spec.volumes[v].hostPath: no such volumes in the cloud; use azureFile, csi with file.csi.azure.com, or emptyDir',
    ],
    [
      'a claim',
      { persistentVolumeClaim: { claimName: 'data' } },
      'spec.volumes[v].persistentVolumeClaim: no such volumes in the cloud; use azureFile, csi with file.csi.azure.com, or emptyDir',
    ],
    [
      'of another driver',
      { csi: { driver: 'disk.csi.azure.com' } },
      'spec.volumes[v].csi.driver: the cloud mounts volumes of file.csi.azure.com alone',
    ],
    [
      'a share without its names',
      { csi: { driver: 'file.csi.azure.com' } },
      'spec.volumes[v].csi.volumeAttributes.shareName: names no share; spec.volumes[v].csi.volumeAttributes.secretName: names no Secret',
    ],
    [
      'attributes that a share cannot have',
      {
        csi: {
          driver: 'file.csi.azure.com',
          volumeAttributes: { shareName: 'files', secretName: 'share', mountOptions: 'dir_mode=0777' },
        },
      },
      'spec.volumes[v].csi.volumeAttributes.mountOptions: not known to this provider',
    ],
    [
      'a Secret of another namespace',
      {
        csi: {
          driver: 'file.csi.azure.com',
          volumeAttributes: { shareName: 'files', secretName: 'share', secretNamespace: 'other' },
        },
      },
      'spec.volumes[v].csi.volumeAttributes.secretNamespace: only Secrets of the pod’s own namespace are read',
    ],
    [
      'folders in a ConfigMap’s',
      { configMap: { name: 'app', items: [{ key: 'other', path: 'conf.d/other' }] } },
      'spec.volumes[v]: file conf.d/other: the cloud has no folders in such volumes',
    ],
    [
      'file modes',
      { secret: { secretName: 'tls', defaultMode: 0o400, items: [{ key: 'tls.key', path: 'k', mode: 0o600 }] } },
      'spec.volumes[v].secret.defaultMode: files are not given modes; leave 0400 out; ' +
        'spec.volumes[v].secret.items[k].mode: files are not given modes; leave 0600 out',
    ],
    [
      'memory, and a size',
      { emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
      'spec.volumes[v].emptyDir.medium: the cloud has no memory volumes to write to; ' +
        'spec.volumes[v].emptyDir.sizeLimit: the cloud watches no sizes',
    ],
    [
      'a kind that Kubernetes may have one day',
      { quantumFoam: { size: 1 } },
      'spec.volumes[v].quantumFoam: not known to this provider',
    ],
  ])('upstream §5: is refused: %s', (_, volume, message) => {
    const refusal = refusalOf(podOf({}, { volumes: [{ name: 'v', ...volume }] }), namespace);
    expect(refusal).toMatchObject({ code: 'InvalidInput', message: `pod shop/web: ${message}` });
  });

  it.each<[string, Volume, string]>([
    [
      'the Secret of a share',
      { azureFile: { shareName: 'files', secretName: 'gone' } },
      'spec.volumes[v].azureFile.secretName: secret "gone" not found',
    ],
    [
      'the key of a share',
      { azureFile: { shareName: 'files', secretName: 'half' } },
      'spec.volumes[v].azureFile.secretName: secret "half" lacks azurestorageaccountname or azurestorageaccountkey',
    ],
    ['a mandatory source', { secret: { secretName: 'gone' } }, 'spec.volumes[v]: secret "gone" not found'],
  ])('upstream §5: waits for %s', (_, volume, message) => {
    const refusal = refusalOf(podOf({}, { volumes: [{ name: 'v', ...volume }] }), namespace);
    expect(refusal.code).toBe('Unavailable');
    expect(refusal.message).toContain(message);
    expect(refusal.retry).not.toBe(false);
  });

  it('keeps a file whatever it is called', () => {
    const secret = volumeOfKeys(['__proto__', 'constructor', '.hidden']);
    expect(Object.keys(secret)).toEqual(['__proto__', 'constructor', '.hidden']);
  });

  it('is one of 20 at most', () => {
    const volumes = Array.from({ length: 21 }, (_, index) => ({ name: `v${index}`, emptyDir: {} }));
    expect(groupOf(podOf({}, { volumes: volumes.slice(1) })).volumes).toHaveLength(20);
    expect(refusalOf(podOf({}, { volumes })).message).toBe(
      'pod shop/web: spec.volumes: a group has at most 20, these are 21',
    );
  });

  it('is refused with all others where they are more than the cloud takes in a request', () => {
    const large = { secrets: { a: { a: 'x'.repeat(1_600_000) }, b: { b: 'x'.repeat(1_600_000) } } };
    const volumes = ['a', 'b'].map((secretName) => ({ name: secretName, secret: { secretName } }));
    expect(refusalOf(podOf({}, { volumes }), large).message).toMatch(
      /^pod shop\/web: spec\.volumes: with all that it holds the group has \d+ bytes, and the cloud takes 4194304$/,
    );
  });

  it('is not made of contents that nobody has read', () => {
    const pod = podOf({}, { volumes: [{ name: 'v', secret: { secretName: 'tls' } }] });
    const material = { ...materialOf(pod, namespace), volumes: new Map() };
    expect(() => podToGroup(pod, material, settings)).toThrow('spec.volumes[v]: its contents have not been read');
  });

  it('names the Secrets of its shares, each once', () => {
    const share = (secretName: string) => ({ azureFile: { shareName: 'files', secretName } });
    const csi = { driver: 'file.csi.azure.com', volumeAttributes: { secretName: 'two', shareName: 'files' } };
    const volumes = [
      { name: 'a', ...share('one') },
      { name: 'b', ...share('one') },
      { name: 'c', csi },
      { name: 'd', csi: { driver: 'other' } },
      { name: 'e', secret: { secretName: 'tls' } },
    ];
    expect(fileShareSecrets(podOf({}, { volumes }))).toEqual(['one', 'two']);
    expect(fileShareSecrets(podOf())).toEqual([]);
  });
});

/** A ConfigMap has its keys as they are; whoever sends them on must not lose any. */
function volumeOfKeys(keys: readonly string[]): Record<string, string> {
  const pod = podOf({}, { volumes: [{ name: 'v', secret: { secretName: 'tls' } }] });
  const files = new Map(keys.map((key) => [key, { data: Buffer.from(key), mode: 0o644, secret: false }]));
  const volumes = new Map([['v', { kind: 'files', files } as const]]);
  return podToGroup(pod, { ...materialOf(pod, namespace), volumes }, settings).volumes?.[0]?.secret ?? {};
}
