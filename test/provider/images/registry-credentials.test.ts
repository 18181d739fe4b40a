import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Secret } from '../../../src/kube/types.js';
import { registryEntriesOf } from '../../../src/provider/images/docker-config.js';
import { RegistryCredentials } from '../../../src/provider/images/registry-credentials.js';

/** Each server's user is called as the server is. */
const usersFor = (image: string, ...servers: string[]): string[] =>
  new RegistryCredentials(servers.map((server) => ({ server, username: server, password: 'p' })))
    .forImage(image)
    .map(({ username }) => username);

describe('RegistryCredentials (concepts/containers/images, config.json)', () => {
  it.each([
    ['quay.io/team/app', 'quay.io', true],
    ['quay.io/team/app', 'https://quay.io', true],
    ['quay.io/team/app', 'https://quay.io/v2/', true],
    ['quay.io/team/app', 'quay.io/team', true],
    ['quay.io/team/app', 'quay.io/team/app', true],
    ['quay.io/team/app', 'quay.io/other', false],
    ['quay.io/team/app', 'quay.io:443', false],
    ['quay.io:5000/app', 'quay.io:5000', true],
    ['quay.io:5000/app', 'quay.io', false],
    ['sub.quay.io/app', '*.quay.io', true],
    ['quay.io/app', '*.quay.io', false],
    ['a.b.quay.io/app', '*.quay.io', false],
    ['a.b.quay.io/app', '*.*.quay.io', true],
    ['prefix-x.quay.io/app', 'prefix-*.quay.io', true],
    ['a1.quay.io/app', 'a[0-9].quay.io', true],
    ['ax.quay.io/app', 'a[0-9].quay.io', false],
    ['ax.quay.io/app', 'a[^0-9].quay.io', true],
    ['ab.quay.io/app', 'a?.quay.io', true],
    ['quay.io/app', 'quay-io', false],
    ['nginx', 'https://index.docker.io/v1/', true],
    ['nginx', 'docker.io', true],
    ['team/app', 'docker.io/team', true],
    ['nginx', 'docker.io/team', false],
    ['quay.io/app', 'https://index.docker.io/v1/', false],
    ['quay.io/app', '[', false],
    ['quay.io/app', '[z-a].io', false],
    ['quay.io/app', '', false],
    ['[fd00::1]:5000/app', '[fd00::1]:5000', true],
  ])('%s by an entry for "%s": %s', (image, server, expected) => {
    expect(usersFor(image, server)).toEqual(expected ? [server] : []);
  });

  it('tries the most specific first, then its parents', () => {
    expect(usersFor('quay.io/team/app', 'quay.io', 'quay.io/team/app', 'quay.io/team', '*.io')).toEqual([
      'quay.io/team/app',
      'quay.io/team',
      'quay.io',
      '*.io',
    ]);
  });

  it('keeps the order of several for one server, each once', () => {
    const entries = ['b', 'a', 'b'].map((username) => ({ server: 'quay.io', username, password: 'p' }));
    expect(new RegistryCredentials(entries).forImage('quay.io/app').map(({ username }) => username)).toEqual([
      'b',
      'a',
    ]);
  });

  it('takes hostile servers for what they are: no pattern of ours', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (server, suffix) => {
        const credentials = new RegistryCredentials([{ server: `${server}.evil`, username: 'u', password: suffix }]);
        expect(credentials.forImage('quay.io/app')).toEqual([]);
      }),
    );
  });
});

describe('registryEntriesOf', () => {
  const base64 = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
  const secret = (type: string, key: string, value: unknown): Secret => ({
    metadata: { namespace: 'shop', name: 'pull' },
    type,
    data: { [key]: base64(value) },
  });
  const config = (value: unknown): Secret => secret('kubernetes.io/dockerconfigjson', '.dockerconfigjson', value);

  it('reads user and password, and auth alone with a password that holds colons', () => {
    const auths = {
      'quay.io': { username: 'u', password: 'p' },
      'ghcr.io': { auth: base64('me:pass:with:colons') },
      'helper.example.com': {},
    };
    expect(registryEntriesOf(config({ auths }))).toEqual([
      { server: 'quay.io', username: 'u', password: 'p' },
      { server: 'ghcr.io', username: 'me', password: 'pass:with:colons' },
    ]);
  });

  it('reads the older format', () => {
    const legacy = secret('kubernetes.io/dockercfg', '.dockercfg', { 'quay.io': { auth: base64('u:p') } });
    expect(registryEntriesOf(legacy)).toEqual([{ server: 'quay.io', username: 'u', password: 'p' }]);
  });

  it.each([
    [secret('Opaque', '.dockerconfigjson', { auths: {} }), 'not of type'],
    [config('canary-value {'), 'its data is not a JSON object'],
    [config([]), 'its data is not a JSON object'],
    [config({ auths: 'canary-value' }), 'auths is not an object'],
    [config({ auths: { 'quay.io': 'canary-value' } }), 'an entry of auths is not an object'],
    [
      config({ auths: { 'quay.io': { auth: base64('canary-value') } } }),
      'auth of an entry is not user:password in base64',
    ],
  ])('says what is wrong with a secret, and nothing of what it holds (%#)', (given, expected) => {
    let message = '';
    try {
      registryEntriesOf(given);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(`secret shop/pull: ${expected}`);
    expect(message).not.toContain('canary');
  });
});
