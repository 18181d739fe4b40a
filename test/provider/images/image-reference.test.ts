import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Container } from '../../../src/kube/types.js';
import { formatImageReference, parseImageReference } from '../../../src/provider/images/image-reference.js';
import { imagePullPolicy, mustPullImage } from '../../../src/provider/images/pull-policy.js';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('parseImageReference', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['team/app', 'docker.io/team/app:latest'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/team/app:2', 'docker.io/team/app:2'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:dev', 'localhost:5000/app:dev'],
    ['REGISTRY/app', 'REGISTRY/app:latest'],
    ['registry.example.com:5000/a/b/c:v1', 'registry.example.com:5000/a/b/c:v1'],
    ['[fd00::1]:5000/app', '[fd00::1]:5000/app:latest'],
    [`app@${digest}`, `docker.io/library/app@${digest}`],
    [`quay.io/a/app:1@${digest}`, `quay.io/a/app:1@${digest}`],
    ['a/b__c.d-e--f', 'docker.io/a/b__c.d-e--f:latest'],
  ])('%s is %s', (image, whole) => {
    expect(formatImageReference(parseImageReference(image))).toBe(whole);
  });

  it.each([
    '',
    ':tag',
    '/app',
    'app:',
    'App',
    'a//b',
    'a/../b',
    'app:tag:tag',
    'app@sha256:12',
    `a@${digest}@${digest}`,
    'host name/app',
    'a/b/',
    '-a/b',
    `quay.io/${'a'.repeat(256)}`,
    'http://quay.io/app',
  ])('refuses "%s"', (image) => {
    expect(() => parseImageReference(image)).toThrow(`image "${image}": not a reference`);
  });

  it('is the same for a whole name as for the short one', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (image) => {
        let once: string;
        try {
          once = formatImageReference(parseImageReference(image));
        } catch {
          return;
        }
        expect(formatImageReference(parseImageReference(once))).toBe(once);
      }),
    );
  });
});

describe('pull policy (concepts/containers/images)', () => {
  const policyOf = (image: string, imagePullPolicyGiven?: string) =>
    imagePullPolicy({
      name: 'app',
      image,
      ...(imagePullPolicyGiven && { imagePullPolicy: imagePullPolicyGiven }),
    });

  it.each([
    ['nginx', undefined, 'Always'],
    ['nginx:latest', undefined, 'Always'],
    ['nginx:1', undefined, 'IfNotPresent'],
    [`nginx@${digest}`, undefined, 'IfNotPresent'],
    // The apiserver's default for it is the same.
    [`nginx:latest@${digest}`, undefined, 'Always'],
    [`nginx:1@${digest}`, undefined, 'IfNotPresent'],
    ['nginx', 'Never', 'Never'],
  ])('%s with policy %s is pulled %s', (image, given, expected) => {
    expect(policyOf(image, given)).toBe(expected);
  });

  it('asks the registry as the policy says, and never where it must not', () => {
    const of = (imagePullPolicyGiven: string): Container => ({
      name: 'app',
      image: 'nginx:1',
      imagePullPolicy: imagePullPolicyGiven,
    });
    expect(mustPullImage(of('Always'), true)).toBe(true);
    expect(mustPullImage(of('IfNotPresent'), true)).toBe(false);
    expect(mustPullImage(of('IfNotPresent'), false)).toBe(true);
    expect(mustPullImage(of('Never'), true)).toBe(false);
    expect(() => mustPullImage(of('Never'), false)).toThrow(
      'container app: image "nginx:1" is not present with pull policy of Never',
    );
    expect(() => mustPullImage(of('Sometimes'), false)).toThrow('imagePullPolicy "Sometimes"');
  });
});
