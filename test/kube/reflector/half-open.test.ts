import { afterEach, describe, expect, it } from 'vitest';
import { pod, startHarness, until, type Harness } from './harness.js';

let harness: Harness;

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

async function watching(options: Parameters<typeof startHarness>[0] = {}) {
  harness = await startHarness(options);
  (await harness.server.nextList()).list('10', [pod('a', '5')]);
  const watch = (await harness.server.nextWatch()).open();
  await until(() => harness.reflector.isFresh);
  return { ...harness, watch };
}

describe('half-open sockets', () => {
  it('R5: half-open socket noticed: events lost on a silent connection are in the store within 60 s', async () => {
    const { server, proxy, clock, reflector, watch } = await watching();
    const frozenAt = clock.now();
    proxy.freeze();
    watch.send('ADDED', pod('b', '11'));
    watch.bookmark('12');
    watch.end();
    await clock.runUntil(() => server.hasNext);
    expect(clock.now() - frozenAt).toBeLessThanOrEqual(60_000);

    const next = (await server.nextWatch()).open();
    expect(next.query['resourceVersion']).toBe('10');
    next.send('ADDED', pod('b', '11'));
    await until(() => reflector.store.size === 2);
    expect(clock.now() - frozenAt).toBeLessThanOrEqual(60_000);
    expect(reflector.isFresh).toBe(true);
  });

  it('R5: half-open socket noticed by a watch that was asked to last half an hour, too', async () => {
    const { server, proxy, clock, watch } = await watching();
    // A watch that is never silent for long is followed by a long one.
    for (let second = 0; second < 40; second += 10) {
      await clock.advance(10_000);
      watch.bookmark(`${11 + second}`);
      await until(() => harness.reflector.resourceVersion === `${11 + second}`);
    }
    watch.end();
    const long = (await server.nextWatch()).open();
    expect(Number(long.query['timeoutSeconds'])).toBe(900);
    long.bookmark('50');
    await until(() => harness.reflector.resourceVersion === '50');

    const frozenAt = clock.now();
    proxy.freeze();
    long.send('ADDED', pod('b', '99'));
    await clock.runUntil(() => server.hasNext);
    expect(clock.now() - frozenAt).toBeLessThanOrEqual(60_000);
    expect(Number((await server.nextWatch()).query['timeoutSeconds'])).toBe(40);
  });

  it('is not fresh once nothing was heard for a minute, although the watch cannot be opened again either', async () => {
    const { server, proxy, clock, reflector } = await watching();
    proxy.freeze();
    await clock.runUntil(() => server.hasNext);
    expect(reflector.isFresh).toBe(false);
    (await server.nextWatch()).reset();
    await clock.advance(60_000);
    expect(reflector.isFresh).toBe(false);
    expect(reflector.hasSynced).toBe(true);
  });

  it('any byte counts as a sign of life', async () => {
    const { server, clock, watch, reflector } = await watching();
    const before = server.requests;
    for (let minute = 0; minute < 5; minute += 1) {
      await clock.advance(50_000);
      watch.raw('\n');
      await clock.settle();
      expect(reflector.isFresh).toBe(true);
    }
    expect(server.requests).toBe(before);
  });

  it('opens a quiet watch again after 40 to 50 s, at the version of the bookmark before its end', async () => {
    const { server, clock, watch } = await watching();
    expect(Number(watch.query['timeoutSeconds'])).toBe(40);
    await clock.advance(38_000);
    watch.bookmark('20');
    await clock.advance(2_000);
    watch.end();
    expect((await server.nextWatch()).query).toMatchObject({ timeoutSeconds: '40', resourceVersion: '20' });
  });
});
