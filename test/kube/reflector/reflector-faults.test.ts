import { afterEach, describe, expect, it } from 'vitest';
import { pod, startHarness, until, type Harness } from './harness.js';
import { type Exchange, status } from './scripted-server.js';

let harness: Harness;

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

/** A harness whose first list (version 10, pod `a`) is answered and whose first watch is accepted. */
async function watching() {
  harness = await startHarness();
  (await harness.server.nextList()).list('10', [pod('a', '5')]);
  const watch = (await harness.server.nextWatch()).open();
  await until(() => harness.reflector.isFresh);
  return { ...harness, watch, timeOut: () => timeOut(watch) };
}

/** Ends a watch as a server does: not sooner than asked. */
async function timeOut(watch: Exchange): Promise<void> {
  await harness.clock.advance(40_000);
  watch.end();
}

describe('lists that go wrong', () => {
  it('R5: full list if expired: a continue token that is too old leads to one list without pages', async () => {
    harness = await startHarness({ pageSize: 2 });
    const { server, reflector, told } = harness;
    (await server.nextList()).list('10', [pod('a', '1'), pod('b', '2')], 'next');
    const second = await server.nextList();
    expect(second.query).toMatchObject({ continue: 'next', limit: '2' });
    second.refuse(410, 'Expired', 'The provided continue parameter is too old');

    const full = await server.nextList();
    expect(full.query).toEqual({});
    full.list('12', [pod('b', '2'), pod('c', '11')]);

    await reflector.waitForSync();
    expect([...reflector.store.values()].map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
    expect(told).toEqual(['add a@1', 'add b@2', 'add c@11', 'miss a@1']);
    expect((await server.nextWatch()).query['resourceVersion']).toBe('12');
  });

  it('R5: list too large: a version that the server has not reached yet leads to a list of the newest', async () => {
    const { server, timeOut } = await watching();
    await timeOut();
    (await server.nextWatch()).refuse(504, 'Timeout', 'Too large resource version: 10, current: 7');
    await harness.clock.advance(30_000);
    const list = await server.nextList();
    expect(list.query['resourceVersion']).toBeUndefined();
    list.list('7', []);
    expect((await server.nextWatch()).query['resourceVersion']).toBe('7');
    expect(harness.told).toEqual(['add a@5', 'miss a@5']);
  });

  it('R5: backoff on 429: a list waits as long as Retry-After says before it is sent again', async () => {
    harness = await startHarness();
    const { server, clock } = harness;
    (await server.nextList()).refuse(429, 'TooManyRequests', 'slow down', { 'retry-after': '7' });
    await until(() => harness.reflector.status.type === 'backoff');
    await clock.advance(6_900);
    expect(server.hasNext).toBe(false);
    await clock.advance(200);
    expect(server.hasNext).toBe(true);
  });

  it('R5: retry on 500: a page that failed is asked for again, with its token, and not the list', async () => {
    harness = await startHarness();
    const { server, clock, reflector } = harness;
    (await server.nextList()).list('10', [pod('a', '1')], 'next');
    (await server.nextList()).refuse(500, 'InternalError', 'etcdserver: leader changed');
    await until(() => reflector.status.type === 'backoff');
    await clock.advance(1_000);
    const again = await server.nextList();
    expect(again.query['continue']).toBe('next');
    again.list('10', [pod('b', '2')]);
    await reflector.waitForSync();
    expect(reflector.store.size).toBe(2);
  });

  it('R5: list-and-watch with errors: whatever fails in turn, it ends in agreement with the server', async () => {
    harness = await startHarness();
    const { server, clock, reflector } = harness;
    const failures: ((exchange: Exchange) => void)[] = [
      (exchange) => exchange.reset(),
      (exchange) => exchange.refuse(503, 'ServiceUnavailable'),
      (exchange) => exchange.refuse(403, 'Forbidden'),
      (exchange) => exchange.refuse(401, 'Unauthorized'),
      (exchange) => {
        exchange.raw('{"kind":"PodList","items":[');
        exchange.reset();
      },
    ];
    for (const fail of failures) {
      fail(await server.nextList());
      await until(() => reflector.status.type === 'backoff');
      await clock.runUntil(() => server.hasNext);
    }
    (await server.nextList()).list('10', [pod('a', '5')]);
    for (const fail of failures) {
      fail(await server.nextWatch());
      await until(() => reflector.status.type === 'backoff');
      await clock.runUntil(() => server.hasNext);
    }
    const watch = (await server.nextWatch()).open();
    watch.send('MODIFIED', pod('a', '11'));
    await until(() => harness.told.length === 2);
    expect(harness.told).toEqual(['add a@5', 'update a@5 to a@11']);
  });

  it('keeps the store as it is through a failed list, and says that it is not fresh', async () => {
    const { server, watch, reflector, clock } = await watching();
    watch.send('ERROR', status(410, 'Expired'));
    for (let attempt = 0; attempt < 5; attempt += 1) {
      (await server.nextList()).refuse(500, 'InternalError');
      await until(() => reflector.status.type === 'backoff');
      expect(reflector.isFresh).toBe(false);
      expect(reflector.hasSynced).toBe(true);
      expect(reflector.store.get('default/a')?.metadata.resourceVersion).toBe('5');
      await clock.runUntil(() => server.hasNext);
    }
  });

  it('drops what only the first pages of an abandoned list had shown', async () => {
    harness = await startHarness();
    const { server, reflector, clock } = harness;
    (await server.nextList()).list('10', [pod('a', '1')], 'next');
    (await server.nextList()).refuse(400, 'BadRequest', 'continue key is not valid');
    await until(() => reflector.status.type === 'backoff');
    await clock.runUntil(() => server.hasNext);
    const first = await server.nextList();
    expect(first.query['continue']).toBeUndefined();
    first.list('20', [pod('b', '2')]);
    await reflector.waitForSync();
    expect([...reflector.store.values()].map(({ metadata }) => metadata.name)).toEqual(['b']);
  });
});

describe('watches that go wrong', () => {
  it('R5: no relist on 429: the watch is tried again at the same version after Retry-After', async () => {
    const { server, timeOut, clock } = await watching();
    await timeOut();
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const refused = await server.nextWatch();
      expect(refused.query['resourceVersion']).toBe('10');
      refused.refuse(429, 'TooManyRequests', 'slow down', { 'retry-after': '20' });
      await until(() => harness.reflector.status.type === 'backoff');
      await clock.advance(19_900);
      expect(server.hasNext).toBe(false);
      await clock.runUntil(() => server.hasNext);
    }
    expect((await server.nextWatch()).query['resourceVersion']).toBe('10');
  });

  it('R5: 429 in the stream is no reason to list either', async () => {
    const { server, watch, clock } = await watching();
    watch.send('ERROR', { ...status(429, 'TooManyRequests'), details: { retryAfterSeconds: 5 } });
    await until(() => harness.reflector.status.type === 'backoff');
    await clock.advance(4_900);
    expect(server.hasNext).toBe(false);
    await clock.advance(200);
    expect((await server.nextWatch()).query['resourceVersion']).toBe('10');
  });

  it('R5: retry on 500: the watch is opened again at the version reached', async () => {
    const { server, watch, clock } = await watching();
    watch.send('ADDED', pod('b', '11'));
    watch.send('ERROR', status(500, 'InternalError'));
    await until(() => harness.reflector.status.type === 'backoff');
    await clock.runUntil(() => server.hasNext);
    expect((await server.nextWatch()).query['resourceVersion']).toBe('11');
  });

  it('R5: watch timeout: a watch that the server ends goes on where it was, at once and without a list', async () => {
    const { server, watch } = await watching();
    watch.send('ADDED', pod('b', '11'));
    watch.end();
    const next = (await server.nextWatch()).open();
    expect(next.query).toMatchObject({ resourceVersion: '11', allowWatchBookmarks: 'true' });
    next.send('DELETED', pod('b', '12'));
    await until(() => harness.told.length === 3);
    expect(harness.told).toEqual(['add a@5', 'add b@11', 'delete b@12']);
  });

  it('R5: bookmarks move the version without a call of any handler', async () => {
    const { server, watch, reflector } = await watching();
    watch.bookmark('99');
    await until(() => reflector.resourceVersion === '99');
    watch.reset();
    await until(() => reflector.status.type === 'backoff');
    await harness.clock.runUntil(() => server.hasNext);
    expect((await server.nextWatch()).query['resourceVersion']).toBe('99');
    expect(harness.told).toEqual(['add a@5']);
  });

  it('lists anew where a bookmark shows that the server was set back, and never goes back by itself', async () => {
    const { server, watch, reflector } = await watching();
    watch.bookmark('90');
    await until(() => reflector.resourceVersion === '90');
    watch.bookmark('70');
    (await server.nextList()).list('71', [pod('a', '5')]);
    expect((await server.nextWatch()).query['resourceVersion']).toBe('71');
  });

  it('R5: expired exact version, 410 as status: lists the newest, and infers what was deleted meanwhile', async () => {
    const { server, timeOut } = await watching();
    await timeOut();
    (await server.nextWatch()).refuse(410, 'Expired', 'too old resource version: 10 (500)');
    await harness.clock.runUntil(() => server.hasNext);
    const list = await server.nextList();
    expect(list.query['resourceVersion']).toBeUndefined();
    list.list('501', [pod('b', '300')]);
    expect((await server.nextWatch()).query['resourceVersion']).toBe('501');
    expect(harness.told).toEqual(['add a@5', 'add b@300', 'miss a@5']);
  });

  it('R5: 410 in the stream: lists at once where the watch had worked', async () => {
    const { server, watch } = await watching();
    watch.send('ADDED', pod('b', '11'));
    watch.send('ERROR', status(410, 'Gone', 'too old resource version'));
    (await server.nextList()).list('600', [pod('a', '5'), pod('b', '11')]);
    expect((await server.nextWatch()).query['resourceVersion']).toBe('600');
    expect(harness.told).toEqual(['add a@5', 'add b@11']);
  });

  it('does not list in a loop where every watch is expired from the start', async () => {
    const { server, watch, clock, reflector } = await watching();
    watch.send('ERROR', status(410, 'Expired'));
    const before = server.requests;
    const answering = (async () => {
      for (;;) {
        const exchange = await server.next();
        if (exchange.isWatch) exchange.refuse(410, 'Expired');
        else exchange.list('20', [pod('a', '5')]);
      }
    })();
    void answering;
    for (let second = 0; second < 600; second += 10) await clock.advance(10_000);
    expect(server.requests - before).toBeLessThan(2 * 60);
    expect(reflector.store.size).toBe(1);
  });

  it('backs off from a server that accepts every watch and ends it at once', async () => {
    const { server, watch, clock } = await watching();
    watch.end();
    const before = server.requests;
    void (async () => {
      for (;;) (await server.next()).open().end();
    })();
    for (let second = 0; second < 600; second += 10) await clock.advance(10_000);
    expect(server.requests - before).toBeLessThan(60);
  });

  it('takes a line that is no JSON for a broken watch', async () => {
    const { server, watch, reflector } = await watching();
    watch.send('ADDED', pod('b', '11'));
    watch.raw('{"type":"ADDED","obj\n');
    await until(() => reflector.status.type === 'backoff');
    expect(reflector.status).toMatchObject({ error: { code: 'Internal' } });
    await harness.clock.runUntil(() => server.hasNext);
    expect((await server.nextWatch()).query['resourceVersion']).toBe('11');
  });

  it('resumes before a last line that was cut off', async () => {
    const { server, watch } = await watching();
    watch.send('ADDED', pod('b', '11'));
    watch.raw('{"type":"ADDED","object":{"metadata":{"name":"c","resourceVersion":"12"');
    await until(() => harness.told.length === 2);
    watch.end();
    expect((await server.nextWatch()).query['resourceVersion']).toBe('11');
  });
});
