import { afterEach, describe, expect, it } from 'vitest';
import { Reflector } from '../../../src/kube/reflector/reflector.js';
import { pods } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import { pod, recorder, startHarness, until, type Harness } from './harness.js';
import { PlainApi } from './scripted-server.js';

let harness: Harness;

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

const byNode = { node: ({ spec }: Pod) => (spec.nodeName ? [spec.nodeName] : []) };

async function watching(items: readonly Pod[], options: Parameters<typeof startHarness>[0] = {}) {
  harness = await startHarness(options);
  (await harness.server.nextList()).list('10', items);
  const watch = (await harness.server.nextWatch()).open();
  await until(() => harness.reflector.isFresh);
  return { ...harness, watch };
}

describe('reading', () => {
  it('pages its lists, at the newest version', async () => {
    harness = await startHarness({
      pageSize: 2,
      namespace: 'default',
      labelSelector: 'a=b',
      fieldSelector: 'spec.nodeName=n',
    });
    const { server, reflector } = harness;
    const first = await server.nextList();
    expect(first.query).toEqual({ limit: '2', labelSelector: 'a=b', fieldSelector: 'spec.nodeName=n' });
    first.list('10', [pod('a', '1'), pod('b', '2')], 'c1');
    expect(reflector.hasSynced).toBe(false);
    const second = await server.nextList();
    expect(second.query).toMatchObject({ limit: '2', continue: 'c1' });
    second.list('10', [pod('c', '3')]);
    await reflector.waitForSync();
    expect(reflector.store.size).toBe(3);
    expect((await server.nextWatch()).query).toMatchObject({ labelSelector: 'a=b', fieldSelector: 'spec.nodeName=n' });
  });

  it('a pod re-created under its name is a delete followed by an add', async () => {
    const { watch, told } = await watching([pod('a', '5')]);
    watch.send('DELETED', pod('a', '11'));
    watch.send('ADDED', pod('a', '12', { uid: 'second' }));
    await until(() => told.length === 3);
    expect(told).toEqual(['add a@5', 'delete a@11', 'add a@12']);
  });

  it('a pod re-created under its name while nobody watched is a missed delete followed by an add', async () => {
    const { watch, told, server, clock } = await watching([pod('a', '5')]);
    await clock.advance(40_000);
    watch.end();
    (await server.nextWatch()).refuse(410, 'Expired');
    (await server.nextList()).list('20', [pod('a', '12', { uid: 'second' })]);
    await until(() => told.length === 3);
    expect(told).toEqual(['add a@5', 'miss a@5', 'add a@12']);
  });

  it('decodes characters that are cut in two by the network', async () => {
    const { watch, reflector } = await watching([]);
    const line = Buffer.from(
      `${JSON.stringify({ type: 'ADDED', object: pod('a', '11', { extra: { note: 'žluťoučký 🐎' } }) })}\n`,
    );
    for (const byte of line) {
      watch.raw(Uint8Array.of(byte));
      if (byte > 0x7f) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => reflector.store.size === 1);
    expect(reflector.store.get('default/a')).toMatchObject({ note: 'žluťoučký 🐎' });
  });

  it('refuses an event that is longer than its bound, and reads the object by a list', async () => {
    const { watch, reflector, server, clock } = await watching([], { maxEventBytes: 1_000 });
    const big = pod('big', '11', { extra: { note: 'x'.repeat(2_000) } });
    watch.send('ADDED', big);
    await until(() => reflector.status.type === 'backoff');
    expect(reflector.status).toMatchObject({
      error: { message: expect.stringContaining('longer than 1000 bytes') as string },
    });
    await clock.runUntil(() => server.hasNext);
    (await server.nextList()).list('12', [big]);
    await until(() => reflector.store.size === 1);
  });

  it('drops managedFields, hands every object to transform, and stores equal parts once', async () => {
    const managed = (name: string) => {
      const made = pod(name, '5', { extra: { status: { conditions: [{ type: 'Ready' }] } } });
      made.metadata.managedFields = [{ manager: 'x' }];
      return made;
    };
    const { reflector } = await watching([managed('a'), managed('b')], {
      transform: (object) => {
        object.metadata.annotations = { seen: 'yes' };
        return object;
      },
    });
    const [a, b] = [...reflector.store.values()];
    expect(a?.metadata.managedFields).toBeUndefined();
    expect(a?.metadata.annotations).toEqual({ seen: 'yes' });
    expect(a?.status?.conditions).toEqual([{ type: 'Ready' }]);
    expect(a?.status).toBe(b?.status);
    expect(a?.metadata).not.toBe(b?.metadata);
  });

  it('stores an object as it came where transform throws, and files it nowhere where an index function does', async () => {
    const fail = (): never => {
      throw new Error('broken');
    };
    const { reflector, logged } = await watching([pod('a', '5')], { transform: fail, indexes: { broken: fail } });
    expect(reflector.store.get('default/a')).toBeDefined();
    expect(reflector.store.byIndex('broken', 'x')).toEqual([]);
    expect(logged.map(({ message }) => message)).toContain('transform threw');
  });

  it('lets the event loop turn while it takes a large page in', async () => {
    const many = Array.from({ length: 5_000 }, (_, i) => pod(`p${i}`, '5'));
    let turns = 0;
    harness = await startHarness({});
    const { server, reflector } = harness;
    let added = 0;
    let mostPerTurn = 0;
    reflector.addHandler({ onAdd: () => void (added += 1) });
    (await server.nextList()).list('10', many);
    let seen = 0;
    while (!reflector.hasSynced) {
      await new Promise((resolve) => setImmediate(resolve));
      mostPerTurn = Math.max(mostPerTurn, added - seen);
      seen = added;
      turns += 1;
    }
    expect(added).toBe(5_000);
    expect(mostPerTurn).toBeLessThanOrEqual(200);
    expect(turns).toBeGreaterThanOrEqual(25);
  });
});

describe('handlers', () => {
  it('that throw are logged, and neither the others nor the store notice', async () => {
    harness = await startHarness();
    const { server, reflector, told, logged } = harness;
    reflector.addHandler({
      onAdd: () => {
        throw new Error('handler is broken');
      },
    });
    const late: string[] = [];
    reflector.addHandler(recorder(late));
    (await server.nextList()).list('10', [pod('a', '5'), pod('b', '6')]);
    await reflector.waitForSync();
    expect(told).toEqual(['add a@5', 'add b@6']);
    expect(late).toEqual(told);
    expect(logged.filter(({ level }) => level === 'error')).toHaveLength(2);
  });

  it('added late get what there is, and once removed nothing more', async () => {
    const { watch, reflector, told } = await watching([pod('a', '5')]);
    const late: string[] = [];
    const remove = reflector.addHandler(recorder(late));
    expect(late).toEqual(['add a@5']);
    remove();
    watch.send('ADDED', pod('b', '11'));
    await until(() => told.length === 2);
    expect(late).toEqual(['add a@5']);
  });

  it('removed by another handler are not called for the change in hand either', async () => {
    const { watch, reflector, told } = await watching([]);
    const removed: string[] = [];
    let remove = (): void => undefined;
    reflector.addHandler({ onAdd: () => remove() });
    remove = reflector.addHandler(recorder(removed));
    watch.send('ADDED', pod('a', '11'));
    await until(() => told.length === 1);
    expect(removed).toEqual([]);
  });

  it('added by another handler get the object in hand once', async () => {
    const { watch, reflector, told } = await watching([]);
    const inner: string[] = [];
    let added = false;
    reflector.addHandler({
      onAdd: () => {
        if (!added) reflector.addHandler(recorder(inner));
        added = true;
      },
    });
    watch.send('ADDED', pod('a', '11'));
    await until(() => told.length === 1);
    expect(inner).toEqual(['add a@11']);
  });

  it('of an index value see only what is filed there; a move is a delete for one and an add for the other', async () => {
    const { watch, reflector, told } = await watching([pod('a', '5', { node: 'n1' }), pod('b', '6')], {
      indexes: byNode,
    });
    const n1: string[] = [];
    const n2: string[] = [];
    reflector.addHandler(recorder(n1), { index: 'node', value: 'n1' });
    reflector.addHandler(recorder(n2), { index: 'node', value: 'n2' });
    watch.send('MODIFIED', pod('b', '11', { node: 'n1' }));
    watch.send('MODIFIED', pod('b', '12', { node: 'n1' }));
    watch.send('MODIFIED', pod('b', '13', { node: 'n2' }));
    watch.send('DELETED', pod('b', '14', { node: 'n2' }));
    await until(() => told.length === 6);
    expect(n1).toEqual(['add a@5', 'add b@11', 'update b@11 to b@12', 'delete b@13']);
    expect(n2).toEqual(['add b@13', 'delete b@14']);
    expect(reflector.store.byIndex('node', 'n1').map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(reflector.store.byIndex('node', 'n2')).toEqual([]);
  });

  it('of other index values cost nothing: 5,000 nodes share one reflector', async () => {
    let asked = 0;
    const { watch, reflector, told } = await watching([], {
      indexes: {
        node: ({ spec }) => {
          asked += 1;
          return spec.nodeName ? [spec.nodeName] : [];
        },
      },
    });
    let calls = 0;
    for (let i = 0; i < 5_000; i += 1) {
      reflector.addHandler({ onAdd: () => void (calls += 1) }, { index: 'node', value: `n${i}` });
    }
    watch.send('ADDED', pod('a', '11', { node: 'n4321' }));
    await until(() => told.length === 1);
    expect(calls).toBe(1);
    expect(asked).toBeLessThanOrEqual(4);
  });

  it('of an index that was not configured are refused', async () => {
    const { reflector } = await watching([]);
    expect(() => reflector.addHandler({}, { index: 'node', value: 'n1' })).toThrow('index node: not configured');
    expect(() => reflector.store.byIndex('node', 'n1')).toThrow('index node: not configured');
  });
});

describe('closing', () => {
  it('R5: unread events at close: none of them reaches a handler, and the connection ends', async () => {
    const { watch, reflector, told } = await watching([]);
    const closing: Promise<void>[] = [];
    reflector.addHandler({ onAdd: () => void closing.push(reflector.close()) });
    for (let i = 0; i < 1_000; i += 1) watch.send('ADDED', pod(`p${i}`, `${11 + i}`));
    await until(() => closing.length > 0);
    await Promise.all(closing);
    expect(told).toEqual(['add p0@11']);
    await until(() => watch.closed);
    expect(reflector.isFresh).toBe(false);
    expect(reflector.status).toEqual({ type: 'closed' });
    expect(reflector.store.size).toBe(1);
  });

  it('ends a list under way and leaves no watch behind', async () => {
    harness = await startHarness();
    const { server, reflector } = harness;
    const list = await server.nextList();
    await reflector.close();
    await until(() => list.closed);
    expect(server.requests).toBe(1);
    await expect(reflector.waitForSync()).rejects.toMatchObject({ code: 'Aborted' });
    expect(() => reflector.start()).toThrow('pods: closed, cannot be started');
  });

  it('ends a wait, and leaves no timer', async () => {
    harness = await startHarness();
    const { server, reflector, clock } = harness;
    (await server.nextList()).refuse(500, 'InternalError');
    await until(() => reflector.status.type === 'backoff');
    await reflector.close();
    await reflector.close();
    expect(clock.pending).toBe(0);
  });

  it('before start is fine', async () => {
    harness = await startHarness();
    await using plain = new PlainApi(1);
    const unused = new Reflector(plain.api, pods);
    await unused.close();
    expect(unused.status.type).toBe('closed');
  });

  it('a wait for the first list ends with its signal', async () => {
    harness = await startHarness();
    const waiting = harness.reflector.waitForSync(AbortSignal.abort(new Error('enough')));
    await expect(waiting).rejects.toThrow('enough');
    const controller = new AbortController();
    const later = harness.reflector.waitForSync(controller.signal);
    controller.abort(new Error('later'));
    await expect(later).rejects.toThrow('later');
  });
});
