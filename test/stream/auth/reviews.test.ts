import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeApi } from '../../../src/kube/api.js';
import { AccessReviews } from '../../../src/stream/auth/access-reviews.js';
import { DelegatedAuthenticator } from '../../../src/stream/auth/delegated-authenticator.js';
import type { NodeAttributes } from '../../../src/stream/auth/authorizer.js';
import { TokenReviews } from '../../../src/stream/auth/token-reviews.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const get: NodeAttributes = { verb: 'get', nodeName: 'edge-1', subresource: 'proxy' };

describe('reviews', () => {
  let cluster: FakeApiServer;
  let clock: ManualClock;
  let mayGet = true;
  /** A cluster in which Alice's token is Bob's. */
  let later: FakeApiServer;

  beforeEach(async () => {
    mayGet = true;
    cluster = new FakeApiServer({
      tokens: { good: { username: 'alice', groups: ['team'] } },
      authorize: ({ username }, { plural, subresource, verb, name }) =>
        username === 'kubernetes-admin' ||
        (username === 'alice' &&
          plural === 'nodes' &&
          subresource === 'proxy' &&
          name === 'edge-1' &&
          verb === 'get' &&
          mayGet),
    });
    await cluster.start();
    later = new FakeApiServer({ tokens: { bad: { username: 'bob', groups: [] } } });
    await later.start();
    clock = new ManualClock();
  });
  afterEach(() => Promise.all([cluster.stop(), later.stop()]));

  const asked = (plural: string): number => cluster.requests.count({ resource: plural });

  /** A client whose cluster changes its mind about tokens. */
  function changing(): { client: KubeApi; change(): void } {
    let current = cluster;
    const client = { request: (request) => current.client.request(request) } as KubeApi;
    return { client, change: () => void (current = later) };
  }

  it('kubelet-protocol §6: a token is whose TokenReview says, for 2 min, and its user counts as authenticated', async () => {
    const { client, change } = changing();
    const reviews = new TokenReviews(client, { clock });
    const user = { username: 'alice', groups: ['team', 'system:authenticated'] };
    expect(await reviews.userOf('good')).toEqual(user);
    change();
    await clock.advance(119_999);
    expect(await reviews.userOf('good')).toEqual(user);
    expect(asked('tokenreviews')).toBe(1);
    await clock.advance(1);
    expect(await reviews.userOf('good')).toBeUndefined();
  });

  it('a token for other audiences is nobody’s, also by a cluster that does not know of audiences', async () => {
    const answering = (audiences: readonly string[] | undefined): KubeApi => {
      const status = { authenticated: true, user: { username: 'alice' }, ...(audiences && { audiences }) };
      return { request: async () => ({ status }) } as unknown as KubeApi;
    };
    const userBy = (audiences: readonly string[] | undefined): Promise<unknown> =>
      new TokenReviews(answering(audiences), { audiences: ['kubelet'] }).userOf('good');
    expect(await userBy(['other', 'kubelet'])).toMatchObject({ username: 'alice' });
    expect(await userBy(['other'])).toBeUndefined();
    expect(await userBy(undefined)).toBeUndefined();
    expect(await new TokenReviews(cluster.client, { audiences: ['kubelet'] }).userOf('good')).toBeUndefined();
  });

  it('a token that is nobody’s is refused for a while without asking again', async () => {
    const { client, change } = changing();
    const reviews = new TokenReviews(client, { clock });
    expect(await reviews.userOf('bad')).toBeUndefined();
    change();
    expect(await reviews.userOf('bad')).toBeUndefined();
    await clock.advance(10_000);
    expect(await reviews.userOf('bad')).toMatchObject({ username: 'bob' });
  });

  it('kubelet-protocol §6: a permission is believed for 5 min, a denial for 30 s', async () => {
    const reviews = new AccessReviews(cluster.client, { clock });
    const alice = { username: 'alice', groups: [] };
    expect(await reviews.authorize(alice, get)).toBe(true);
    mayGet = false;
    await clock.advance(299_999);
    expect(await reviews.authorize(alice, get)).toBe(true);
    await clock.advance(1);
    expect(await reviews.authorize(alice, get)).toBe(false);
    mayGet = true;
    await clock.advance(29_999);
    expect(await reviews.authorize(alice, get)).toBe(false);
    await clock.advance(1);
    expect(await reviews.authorize(alice, get)).toBe(true);
    expect(asked('subjectaccessreviews')).toBe(3);
  });

  it('asks for the very user, groups and extra included: an answer for one is none for another', async () => {
    const reviews = new AccessReviews(cluster.client, { clock });
    const who = { username: 'alice', groups: ['a'] };
    await reviews.authorize(who, get);
    for (const other of [
      { ...who, groups: ['b'] },
      { ...who, uid: '1' },
      { ...who, extra: { scope: ['x'] } },
    ]) {
      await reviews.authorize(other, get);
    }
    expect(asked('subjectaccessreviews')).toBe(4);
    await Promise.all([reviews.authorize(who, get), reviews.authorize(who, { ...get, verb: 'create' })]);
    expect(asked('subjectaccessreviews')).toBe(5);
  });

  it('share one call among requests of the same moment', async () => {
    const access = new AccessReviews(cluster.client, { clock });
    const known = new TokenReviews(cluster.client, { clock });
    const alice = { username: 'alice', groups: [] };
    await Promise.all(Array.from({ length: 20 }, () => access.authorize(alice, get)));
    await Promise.all(Array.from({ length: 20 }, () => known.userOf('good')));
    expect(asked('subjectaccessreviews')).toBe(1);
    expect(asked('tokenreviews')).toBe(1);
  });

  it('reject when the apiserver cannot tell', async () => {
    await cluster.stop();
    await expect(new AccessReviews(cluster.client).authorize({ username: 'alice', groups: [] }, get)).rejects.toThrow();
    await expect(new TokenReviews(cluster.client).userOf('good')).rejects.toThrow();
  });

  it('kubelet-protocol §6: a certificate comes before a token, which is then not even looked at', async () => {
    const authenticator = new DelegatedAuthenticator(cluster.client, { clock });
    const certificate = { commonName: 'carol', organizations: ['ops'] };
    expect(await authenticator.authenticate({ certificate, token: 'good' })).toEqual({
      username: 'carol',
      groups: ['ops', 'system:authenticated'],
    });
    expect(asked('tokenreviews')).toBe(0);
    expect(await authenticator.authenticate({ certificate: undefined, token: 'good' })).toMatchObject({
      username: 'alice',
    });
    expect(await authenticator.authenticate({ certificate: undefined, token: undefined })).toBeUndefined();
  });
});
