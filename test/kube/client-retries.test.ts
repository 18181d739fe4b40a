import { describe, expect, it } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import { RateLimiter } from '../../src/kube/http/rate-limiter.js';
import { retryDelayMs, type Outcome } from '../../src/kube/http/retry-policy.js';
import { staticConnection } from '../../src/kube/connection.js';
import type { Credentials } from '../../src/kube/connection.js';
import { pods } from '../../src/kube/resources.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import {
  clientOf,
  closingAfterEach,
  inOrder,
  json,
  rejection,
  startPeer,
  status,
  web,
  webName,
} from './client-peer.js';

const track = closingAfterEach();
const busy = status(429, 'TooManyRequests', 'busy', { 'retry-after': '2' });
const unavailable = status(503, 'ServiceUnavailable', 'starting', { 'retry-after': '2' });

describe('which requests are sent again', () => {
  const limits = { maxRetries: 10, maxReconnects: 3 };
  const decide = (method: 'GET' | 'PUT' | 'PATCH' | 'DELETE' | 'POST', outcome: Outcome, attempt = 0): boolean =>
    retryDelayMs(method, outcome, attempt, limits, () => 0) !== undefined;
  const refused = (httpStatus: number, retryAfterMs: number | undefined = 1_000): Outcome => ({
    type: 'refused',
    httpStatus,
    retryAfterMs,
  });

  it.each<[string, Outcome, boolean, boolean, boolean]>([
    ['429 with a time', refused(429), true, true, true],
    ['503 with a time', refused(503), true, true, false],
    ['500 with a time', refused(500), true, false, false],
    [
      '429 without a time (an eviction that a budget forbids)',
      { ...refused(429), retryAfterMs: undefined } as Outcome,
      false,
      false,
      false,
    ],
    ['409', refused(409), false, false, false],
    ['no connection', { type: 'lost', sent: false }, true, true, true],
    ['a lost answer', { type: 'lost', sent: true }, true, false, false],
  ])('%s', (_what, outcome, get, put, post) => {
    expect(decide('GET', outcome)).toBe(get);
    for (const method of ['PUT', 'PATCH', 'DELETE'] as const) expect(decide(method, outcome)).toBe(put);
    expect(decide('POST', outcome)).toBe(post);
  });

  it('neither is repeated for ever', () => {
    expect(decide('GET', refused(429), 10)).toBe(false);
    expect(decide('GET', { type: 'lost', sent: false }, 3)).toBe(false);
  });

  it('waits at least the time named and at most a tenth more; without one, longer each time', () => {
    expect(retryDelayMs('GET', refused(429), 5, limits, () => 0)).toBe(1_000);
    expect(retryDelayMs('GET', refused(429), 5, limits, () => 1)).toBeCloseTo(1_100);
    const lost: Outcome = { type: 'lost', sent: true };
    expect([0, 1, 2].map((attempt) => retryDelayMs('GET', lost, attempt, limits, () => 1))).toEqual([50, 100, 200]);
    expect([0, 1, 2].map((attempt) => retryDelayMs('GET', lost, attempt, limits, () => 0))).toEqual([25, 50, 100]);
  });
});

describe('an apiserver that says when to come back', () => {
  it('targets "write faults": a POST that gets 429 with Retry-After is sent again then, not sooner', async () => {
    const clock = new ManualClock();
    const { client, peer } = await clientOf(track, inOrder(busy, busy, json(web)), { clock, random: () => 0 });
    const created = client.create(pods, web);
    await peer.requests(1);
    await clock.advance(1_999);
    expect(peer.seen).toHaveLength(1);
    await clock.advance(1);
    await peer.requests(2);
    await clock.advance(2_000);
    expect(await created).toEqual(web);
    expect(peer.seen.map(({ body }) => body)).toEqual(Array(3).fill(JSON.stringify(web)));
  });

  it('is not waited for beyond the deadline, so that the caller learns the time at once', async () => {
    const late = status(429, 'TooManyRequests', 'busy', { 'retry-after': '60' });
    const { client, peer } = await clientOf(track, late, { clock: new ManualClock() });
    expect(await rejection(client.get(pods, webName))).toMatchObject({
      code: 'TooManyRequests',
      retry: { afterMs: 60_000 },
    });
    expect(peer.seen).toHaveLength(1);
  });

  it('a stream waits for it as well', async () => {
    const clock = new ManualClock();
    const { client, peer } = await clientOf(track, inOrder(unavailable, json({ type: 'ADDED' })), { clock });
    const opened = client.stream({ method: 'GET', path: '/api/v1/pods', query: { watch: true } });
    await peer.requests(1);
    await clock.advance(2_200);
    const { status: httpStatus, body } = await opened;
    expect(httpStatus).toBe(200);
    expect(Buffer.concat(await body.toArray()).toString()).toBe('{"type":"ADDED"}');
  });
});

describe('lost answers', () => {
  it('targets "cut-off JSON": a read is repeated, a write is not', async () => {
    const empty = json(undefined);
    const partly = inOrder((_, r) => r.writeHead(200, { 'content-type': 'application/json' }).end('{"met'), json(web));
    const reading = await clientOf(track, partly);
    expect(await reading.client.get(pods, webName)).toEqual(web);
    expect(reading.peer.seen).toHaveLength(2);

    const writing = await clientOf(
      track,
      inOrder((_, r) => r.destroy(), empty),
    );
    expect(await rejection(writing.client.create(pods, web))).toMatchObject({ code: 'Unavailable' });
    expect(await rejection(writing.client.patch(pods, webName, 'merge', {}))).toMatchObject({ code: 'Unavailable' });
    expect(writing.peer.seen).toHaveLength(2);
  });

  it('a connection that is refused is tried again for a POST too, since nobody can have acted on it', async () => {
    const peer = await startPeer(json(web));
    await peer.close();
    const clock = new ManualClock();
    const client = track(new KubeClient(staticConnection(peer.url), { clock }));
    const created = rejection(client.create(pods, web));
    let attempts = 0;
    await clock.runUntil(() => {
      attempts += 1;
      return clock.pending <= 0;
    });
    expect(await created).toMatchObject({ code: 'Unavailable' });
    expect(attempts).toBeGreaterThan(3);
  });
});

describe('refused credentials', () => {
  const unauthorized = status(401, 'Unauthorized', 'Unauthorized');

  /** Tokens t1, t2, …: a new one with each renewal. */
  function rotating(): {
    get: () => Credentials;
    renew: (rejected: Credentials) => Promise<boolean>;
    renewals: number;
  } {
    let current: Credentials = { authorization: 'Bearer t1' };
    return {
      renewals: 0,
      get: () => current,
      async renew(rejected) {
        if (rejected !== current) return true;
        this.renewals += 1;
        current = { authorization: `Bearer t${this.renewals + 1}` };
        return true;
      },
    };
  }

  it('are renewed once, and the request is sent once more', async () => {
    const peer = track(await startPeer(inOrder(unauthorized, json(web))));
    const credentials = rotating();
    const client = track(new KubeClient({ ...staticConnection(peer.url), credentials }));
    expect(await client.create(pods, web)).toEqual(web);
    expect(peer.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2']);
  });

  it('are not renewed over and over for one request', async () => {
    const peer = track(await startPeer(unauthorized));
    const credentials = rotating();
    const client = track(new KubeClient({ ...staticConnection(peer.url), credentials }));
    expect(await rejection(client.get(pods, webName))).toMatchObject({ code: 'Unauthorized' });
    expect(peer.seen).toHaveLength(2);
    expect(credentials.renewals).toBe(1);
  });

  it('that cannot change are not tried twice', async () => {
    const { client, peer } = await clientOf(track, unauthorized);
    expect(await rejection(client.get(pods, webName))).toMatchObject({ code: 'Unauthorized' });
    expect(peer.seen).toHaveLength(1);
  });
});

describe('the client-side rate limit', () => {
  it('lets a burst through, then so many a second, in order', () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter({ qps: 10, burst: 3 }, clock);
    expect([1, 2, 3, 4, 5].map(() => limiter.take())).toEqual([0, 0, 0, 100, 200]);
  });

  it('fills up again with time, not beyond the burst', async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter({ qps: 10, burst: 2 }, clock);
    for (let i = 0; i < 2; i += 1) limiter.take();
    await clock.advance(60_000);
    expect([1, 2, 3].map(() => limiter.take())).toEqual([0, 0, 100]);
  });

  it('holds requests back, and is off unless asked for', async () => {
    const clock = new ManualClock();
    const { client, peer } = await clientOf(track, json(web), { clock, rateLimit: { qps: 1, burst: 1 } });
    await client.get(pods, webName);
    const second = client.get(pods, webName);
    await clock.advance(999);
    expect(peer.seen).toHaveLength(1);
    await clock.advance(1);
    expect(await second).toEqual(web);
  });
});
