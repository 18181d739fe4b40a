import type { Container } from 'vk-sdk';
import { describe, expect, it } from 'vitest';
import { base64, groupOf, podOf, pullSecret, refusalOf } from './scene.js';

const plain = { username: 'user', password: 'pass:with:colons' };
const auth = { auth: base64('user:pass:with:colons') };
const made = { username: 'user', password: 'pass:with:colons' };

function credentialsOf(
  images: readonly string[],
  auths: object,
  type: 'dockerconfigjson' | 'dockercfg' = 'dockerconfigjson',
) {
  const containers = images.map((image, index): Container => ({ name: `c${index}`, image }));
  return groupOf(podOf({}, { containers }), { pullSecrets: [pullSecret(type, auths)] }).imageRegistryCredentials;
}

describe('credentials of registries', () => {
  it.each([
    ['of a dockerconfigjson', 'dockerconfigjson', plain],
    ['of a dockercfg', 'dockercfg', plain],
    ['of auth alone, with colons in the password', 'dockerconfigjson', auth],
    ['of auth alone in a dockercfg, which azure-aci splits wrongly', 'dockercfg', auth],
    ['of both, where auth counts', 'dockerconfigjson', { ...auth, username: 'other', password: 'other' }],
  ] as const)('upstream §5: are sent: %s', (_, type, entry) => {
    expect(credentialsOf(['r.example.com:5000/team/app:1'], { 'https://r.example.com:5000/v1/': entry }, type)).toEqual(
      [{ server: 'r.example.com:5000', ...made }],
    );
  });

  it.each([
    ['nginx', 'https://index.docker.io/v1/'],
    ['docker.io/library/nginx:1.27', 'index.docker.io'],
    ['team/app', 'docker.io'],
  ])('are Docker Hub’s for %s from %s, by the name of its index', (image, server) => {
    expect(credentialsOf([image], { [server]: plain })).toEqual([{ server: 'index.docker.io', ...made }]);
  });

  it('are one for each registry', () => {
    const credentials = credentialsOf(['a.example.com/x', 'a.example.com/y', 'b.example.com/z'], {
      'a.example.com': plain,
      'b.example.com': { username: 'b', password: 'p' },
    });
    expect(credentials).toEqual([
      { server: 'a.example.com', ...made },
      { server: 'b.example.com', username: 'b', password: 'p' },
    ]);
  });

  it('are left out where no image needs them, and where nobody has any', () => {
    expect(credentialsOf(['a.example.com/x'], { 'b.example.com': plain })).toBeUndefined();
    expect(credentialsOf(['a.example.com/x'], {})).toBeUndefined();
    expect(credentialsOf(['a.example.com/x'], { 'a.example.com': { identitytoken: 'token' } })).toBeUndefined();
  });

  it('are of the host that an image is on, where the entry is a pattern', () => {
    expect(credentialsOf(['team.azurecr.io/x'], { '*.azurecr.io': plain })).toEqual([
      { server: 'team.azurecr.io', ...made },
    ]);
  });

  it('are one that fits all images of a registry', () => {
    const other = { username: 'x', password: 'x' };
    const auths = { 'a.example.com': plain, 'a.example.com/team': other };
    expect(credentialsOf(['a.example.com/team/x', 'a.example.com/else'], auths)).toEqual([
      { server: 'a.example.com', ...made },
    ]);
  });

  it('are refused where the images of a registry need several', () => {
    const containers = ['a.example.com/x/app', 'a.example.com/y/app'].map((image, i): Container => ({
      name: `c${i}`,
      image,
    }));
    const auths = { 'a.example.com/x': plain, 'a.example.com/y': { ...plain, username: 'y' } };
    const refusal = refusalOf(podOf({}, { containers }), { pullSecrets: [pullSecret('dockerconfigjson', auths)] });
    expect(refusal.message).toBe(
      'pod shop/web: spec.imagePullSecrets: a group has one credential for a.example.com, and its images need several',
    );
  });

  it('are looked for by image, so an image that is none is refused', () => {
    expect(refusalOf(podOf({ image: 'UPPER CASE' })).message).toBe(
      'pod shop/web: spec.containers[app].image: not a reference such as registry.example.com/team/app:1.2',
    );
  });

  it('are for init containers, too', () => {
    const pod = podOf({}, { initContainers: [{ name: 'init', image: 'a.example.com/x' }] });
    const namespace = { pullSecrets: [pullSecret('dockerconfigjson', { 'a.example.com': plain })] };
    expect(groupOf(pod, namespace).imageRegistryCredentials).toEqual([{ server: 'a.example.com', ...made }]);
  });
});
