import { describe, expect, it } from 'vitest';
import type { PodCertificate } from '../../../src/kube/pod-certificates.js';
import type { Sourced } from '../../../src/kube/sourced.js';
import type { Pod, PodSpec } from '../../../src/kube/types.js';
import { resolveVolumes } from '../../../src/provider/volumes/resolve-volumes.js';
import type { CertificateRequest, VolumeSources } from '../../../src/provider/volumes/volume-sources.js';
import { VkError } from '../../../src/runtime/errors.js';

const projection = {
  signerName: 'example.com/signer',
  keyType: 'ED25519',
  credentialBundlePath: 'tls/bundle.pem',
  keyPath: 'key.pem',
  certificateChainPath: 'chain.pem',
};

function contentOf(sourced: Sourced<PodCertificate> | undefined, spec: Partial<PodSpec> = {}, more: object = {}) {
  const asked: CertificateRequest[] = [];
  const missing = () => ({ state: 'missing' }) as const;
  const sources: VolumeSources = {
    configMap: missing,
    secret: missing,
    serviceAccountToken: missing,
    clusterTrustBundle: missing,
    allocatable: {},
    ...(sourced && {
      podCertificate: (request: CertificateRequest) => {
        asked.push(request);
        return sourced;
      },
    }),
  };
  const volumes = [{ name: 'tls', projected: { sources: [{ podCertificate: { ...projection, ...more } }] } }];
  const pod: Pod = { metadata: { namespace: 'shop', name: 'web' }, spec: { containers: [], volumes, ...spec } };
  return { content: resolveVolumes(pod, sources).get('tls'), asked };
}

describe('podCertificate projections (API: PodCertificateProjection)', () => {
  const issued: Sourced<PodCertificate> = { state: 'found', object: { key: 'KEY\n', chain: 'LEAF\nCA\n' } };
  const filesOf = ({ content }: ReturnType<typeof contentOf>) => {
    if (content?.kind !== 'files') throw new Error(JSON.stringify(content));
    return [...content.files].map(([path, { data, mode, secret }]) => [path, data.toString(), mode, secret]);
  };

  it('hold the key before the chain, or each by itself, and say which of them is secret', () => {
    expect(filesOf(contentOf(issued))).toEqual([
      ['tls/bundle.pem', 'KEY\nLEAF\nCA\n', 0o644, true],
      ['key.pem', 'KEY\n', 0o644, true],
      ['chain.pem', 'LEAF\nCA\n', 0o644, false],
    ]);
    expect(filesOf(contentOf(issued, {}, { credentialBundlePath: undefined, keyPath: undefined }))).toHaveLength(1);
  });

  const as = (...users: (number | undefined)[]) =>
    users.map((runAsUser, index) => ({
      name: `c${index}`,
      ...(runAsUser !== undefined && { securityContext: { runAsUser } }),
    }));
  it.each([
    ['a group of its own', { securityContext: { fsGroup: 1 }, containers: as(undefined, 2) }, 0o600],
    ['one user', { securityContext: { runAsUser: 1 }, containers: as(undefined) }, 0o600],
    ['the same user in each container', { initContainers: as(2), containers: as(2, 2) }, 0o600],
    ['another user in one container', { securityContext: { runAsUser: 1 }, containers: as(undefined, 2) }, 0o644],
    ['another user in an init container', { initContainers: as(1), containers: as(2) }, 0o644],
    ['a user in one container only', { containers: as(1, undefined) }, 0o644],
    ['none', { containers: as(undefined) }, 0o644],
  ])('concepts/storage/projected-volumes: have the mode that fits a pod with %s', (_, spec, mode) => {
    expect(filesOf(contentOf(issued, spec)).map(([, , each]) => each)).toEqual([mode, mode, mode]);
  });

  it.each([
    ['a group of its own', { securityContext: { fsGroup: 1 }, containers: as(undefined, 2) }, undefined],
    ['one user', { securityContext: { runAsUser: 3 }, containers: as(undefined) }, 3],
    ['the superuser', { containers: as(0) }, 0],
    ['one user and a group', { securityContext: { fsGroup: 1 }, containers: as(2, 2) }, 2],
    ['several users', { containers: as(1, 2) }, undefined],
  ])('are for the user of a pod with %s', (_, spec, owner) => {
    const { content } = contentOf(issued, spec);
    const owners = content?.kind === 'files' ? [...content.files.values()].map((file) => file.owner) : [];
    expect(owners).toEqual([owner, owner, owner]);
  });

  it('ask for what the pod says', () => {
    const userAnnotations = { 'example.com/cn': 'web' };
    const { asked } = contentOf(issued, {}, { maxExpirationSeconds: 7_200, userAnnotations });
    const { signerName, keyType } = projection;
    expect(asked).toEqual([{ signerName, keyType, maxExpirationSeconds: 7_200, userAnnotations }]);
  });

  it.each([
    [undefined, 'projected source podCertificate is not supported'],
    [
      { state: 'unreadable', error: new VkError('Unavailable', 'credential bundle is not issued yet') } as const,
      'certificate of signer "example.com/signer": credential bundle is not issued yet',
    ],
  ])('block the volume while there is none (%#)', (sourced, problem) => {
    expect(contentOf(sourced).content).toMatchObject({ kind: 'blocked', problems: [problem] });
  });
});
