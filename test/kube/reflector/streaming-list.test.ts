import { afterEach, describe, expect, it } from 'vitest';
import { pod, startHarness, until, type Harness } from './harness.js';
import { status } from './scripted-server.js';

let harness: Harness;

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

async function streaming() {
  harness = await startHarness({ streamingList: true });
  const watch = (await harness.server.nextWatch()).open();
  return { ...harness, watch };
}

describe('streaming lists (KEP-3157)', () => {
  it('are asked for first, and go on as the watch', async () => {
    const { server, watch, reflector, told } = await streaming();
    expect(watch.query).toMatchObject({
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
    });
    expect(watch.query['resourceVersion']).toBeUndefined();
    watch.send('ADDED', pod('a', '5'));
    await until(() => told.length === 1);
    expect(reflector.hasSynced).toBe(false);
    watch.endOfInitialEvents('10');
    await reflector.waitForSync();
    expect(reflector.status.type).toBe('watching');
    expect(reflector.isFresh).toBe(true);
    expect(reflector.resourceVersion).toBe('10');
    watch.send('ADDED', pod('b', '11'));
    await until(() => told.length === 2);
    watch.end();
    expect((await server.nextWatch()).query).toMatchObject({ resourceVersion: '11' });
  });

  it('infer deletes at their end, and change nothing that is as it was', async () => {
    const { server, watch, reflector, told } = await streaming();
    for (const name of ['a', 'b', 'c']) watch.send('ADDED', pod(name, '5'));
    watch.endOfInitialEvents('10');
    await reflector.waitForSync();
    watch.bookmark('11');
    watch.send('ERROR', status(410, 'Expired'));
    const again = (await server.nextWatch()).open();
    expect(again.query['sendInitialEvents']).toBe('true');
    again.send('ADDED', pod('a', '5'));
    again.send('ADDED', pod('b', '20'));
    again.send('ADDED', pod('c', '5'));
    again.send('DELETED', pod('c', '21'));
    expect(reflector.store.size).toBe(3);
    again.send('ADDED', pod('d', '22'));
    again.endOfInitialEvents('23');
    await until(() => reflector.resourceVersion === '23');
    expect(told.slice(3)).toEqual(['update b@5 to b@20', 'delete c@21', 'add d@22']);
    again.send('ERROR', status(410, 'Expired'));
    await harness.clock.runUntil(() => server.hasNext);
    const third = (await server.nextWatch()).open();
    third.endOfInitialEvents('30');
    await until(() => reflector.resourceVersion === '30');
    expect(told.slice(6)).toEqual(['miss a@5', 'miss b@20', 'miss d@22']);
  });

  it('do not take what was deleted before their end for something else that is missing', async () => {
    const { watch, reflector, server, told } = await streaming();
    for (const name of ['a', 'b']) watch.send('ADDED', pod(name, '5'));
    watch.endOfInitialEvents('10');
    await reflector.waitForSync();
    watch.bookmark('11');
    watch.send('ERROR', status(410, 'Expired'));
    const again = (await server.nextWatch()).open();
    again.send('ADDED', pod('b', '5'));
    again.send('DELETED', pod('b', '20'));
    again.endOfInitialEvents('21');
    await until(() => reflector.resourceVersion === '21');
    expect(told.slice(2)).toEqual(['delete b@20', 'miss a@5']);
    expect(reflector.store.size).toBe(0);
  });

  for (const [code, reason] of [
    [400, 'BadRequest'],
    [422, 'Invalid'],
    [501, 'NotImplemented'],
  ] as const) {
    it(`fall back to paged lists where the server refuses them with ${code}`, async () => {
      harness = await startHarness({ streamingList: true });
      const { server, reflector } = harness;
      (await server.nextWatch()).refuse(code, reason, 'sendInitialEvents is forbidden for watch');
      (await server.nextList()).list('10', [pod('a', '5')]);
      await reflector.waitForSync();
      (await server.nextWatch()).refuse(410, 'Expired');
      await harness.clock.runUntil(() => server.hasNext);
      await server.nextList();
    });
  }

  it('fall back to paged lists where an older server sends a bookmark without their mark', async () => {
    const { server, watch, told, reflector } = await streaming();
    watch.send('ADDED', pod('a', '5'));
    watch.bookmark('10');
    (await server.nextList()).list('10', [pod('a', '5')]);
    await reflector.waitForSync();
    expect(told).toEqual(['add a@5']);
    await until(() => watch.closed);
  });

  it('fall back to paged lists where an older server falls silent after the objects', async () => {
    const { server, watch, clock, reflector } = await streaming();
    watch.send('ADDED', pod('a', '5'));
    await clock.runUntil(() => server.hasNext, { limitMs: 11_000 });
    (await server.nextList()).list('10', [pod('a', '5')]);
    await reflector.waitForSync();
  });

  it('are tried again after a passing failure, and left for a paged list where they go on failing', async () => {
    const { server, watch, clock, reflector } = await streaming();
    watch.send('ADDED', pod('a', '5'));
    watch.reset();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await clock.runUntil(() => server.hasNext);
      (await server.nextWatch()).refuse(500, 'InternalError');
      await until(() => reflector.status.type === 'backoff');
    }
    await clock.runUntil(() => server.hasNext);
    (await server.nextList()).list('10', []);
    await reflector.waitForSync();
    expect(reflector.store.size).toBe(0);
  });
});
