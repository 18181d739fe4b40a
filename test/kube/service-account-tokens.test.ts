import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pods, serviceAccounts } from '../../src/kube/resources.js';
import { ServiceAccountTokens, type TokenSpec } from '../../src/kube/service-account-tokens.js';
import { refreshAtMs } from '../../src/kube/token-schedule.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import type { Clock } from '../../src/runtime/clock.js';
import { ManualClock } from '../../src/testing/manual-clock.js';

const hourMs = 3_600_000;

describe('refreshAtMs', () => {
  it.each([
    ['an hour', hourMs, 0, 0.8 * hourMs],
    ['an hour, with all of the jitter', hourMs, 1, 0.8 * hourMs - 10_000],
    ['ten minutes', 600_000, 0, 480_000],
    ['a year: a day', 365 * 24 * hourMs, 0, 24 * hourMs],
    ['no time', 0, 0.5, 0],
  ])('of a life of %s', (_, lifeMs, random, expected) => {
    expect(refreshAtMs({ issuedAtMs: 1_000, expiresAtMs: 1_000 + lifeMs }, () => random)).toBe(1_000 + expected);
  });
});

describe('ServiceAccountTokens', () => {
  let clock: ManualClock;
  let server: FakeApiServer;
  let tokens: ServiceAccountTokens;
  let spec: TokenSpec;
  const logged: string[] = [];

  beforeEach(async () => {
    clock = new ManualClock({ settle: () => server.idle() });
    server = new FakeApiServer({ clock });
    await server.start();
    await server.client.create(serviceAccounts, { metadata: { namespace: 'default', name: 'robot' } });
    const pod = await server.client.create(pods, {
      metadata: { namespace: 'default', name: 'web' },
      spec: { containers: [{ name: 'app', image: 'i' }] },
    });
    spec = {
      namespace: 'default',
      serviceAccountName: 'robot',
      expirationSeconds: 3600,
      pod: { name: 'web', uid: pod.metadata.uid ?? '' },
    };
    const note = (fields: object, message: string): void => {
      logged.push(
        `${message} ${JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? `${value.message} ${value.stack ?? ''}` : value))}`,
      );
    };
    tokens = new ServiceAccountTokens(server.client, {
      clock,
      random: () => 0.5,
      logger: { debug: note, info: note, warn: note, error: note },
    });
  });
  afterEach(async () => {
    await tokens.close();
    await server.stop();
  });

  function hold(wanted: TokenSpec = spec) {
    let changes = 0;
    const reference = tokens.acquire(wanted, () => (changes += 1));
    const token = (): string => {
      const known = reference.read();
      return known?.state === 'found' ? known.object : `(${known?.state ?? 'unknown'})`;
    };
    return { reference, token, changes: () => changes };
  }

  /** Who the apiserver takes the bearer for. */
  async function userOf(token: string): Promise<string | undefined> {
    const review = await server.client.request<{ status: { user?: { username?: string } } }>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token } },
    });
    return review.status.user?.username;
  }

  it('asks for a token bound to the pod, once for all who need it', async () => {
    const [first, second] = [hold(), hold()];
    expect(first.token()).toBe('(unknown)');
    await clock.runUntil(() => first.changes() > 0);
    expect(first.token()).toBe(second.token());
    expect(await userOf(first.token())).toBe('system:serviceaccount:default:robot');
    expect(server.requests.count({ resource: 'serviceaccounts/token' })).toBe(1);
    await server.client.delete(pods, { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
    expect(await userOf(first.token())).toBeUndefined();
  });

  it('brings the next before the old one ends, at 80 % of its life', async () => {
    const holder = hold();
    await clock.runUntil(() => holder.changes() === 1);
    const old = holder.token();
    await clock.advance(0.8 * hourMs - 10_000);
    expect(holder.token()).toBe(old);
    await clock.advance(10_000);
    await clock.runUntil(() => holder.changes() === 2);
    expect(holder.token()).not.toBe(old);
    expect(await userOf(old)).toBe('system:serviceaccount:default:robot');
  });

  it.each([
    ['forward, or the machine slept', 2 * hourMs, 1],
    ['back, by time that has passed', -100 * hourMs, 49],
  ])('brings the next also when the clock is set %s', async (_, jumpMs, minutes) => {
    let shiftMs = 0;
    const shifted: Clock = {
      now: () => clock.now() + shiftMs,
      setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    };
    await using shiftedTokens = new ServiceAccountTokens(server.client, { clock: shifted, random: () => 0.5 });
    let changes = 0;
    const reference = shiftedTokens.acquire(spec, () => (changes += 1));
    await clock.runUntil(() => changes === 1);
    shiftMs = jumpMs;
    await clock.advance(minutes * 60_000);
    expect(changes).toBe(2);
    expect(reference.read()?.state).toBe('found');
  });

  it('keeps different audiences and lives apart', async () => {
    const holders = [hold(), hold({ ...spec, audience: 'vault' }), hold({ ...spec, expirationSeconds: 7200 })];
    await clock.runUntil(() => holders.every(({ changes }) => changes() > 0));
    expect(new Set(holders.map(({ token }) => token())).size).toBe(3);
    expect(tokens.size).toBe(3);
  });

  it('uses the old one until its end while the apiserver refuses, and then says so', async () => {
    const holder = hold();
    await clock.runUntil(() => holder.changes() === 1);
    const old = holder.token();
    server.faults.add({
      on: { resource: 'serviceaccounts/token' },
      fault: { type: 'status', code: 403 },
      times: Infinity,
    });
    await clock.advance(0.95 * hourMs);
    expect(holder.token()).toBe(old);
    await clock.advance(0.1 * hourMs);
    expect(holder.reference.read()).toMatchObject({ state: 'unreadable', error: { code: 'Expired' } });
    expect(logged.some((line) => line.startsWith('token not issued'))).toBe(true);
    expect(logged.filter((line) => line.includes(old))).toEqual([]);
  });

  it('says that there is no such account, and goes on when there is', async () => {
    const holder = hold({ ...spec, serviceAccountName: 'later' });
    await clock.runUntil(() => holder.changes() === 1);
    expect(holder.token()).toBe('(missing)');
    await server.client.create(serviceAccounts, { metadata: { namespace: 'default', name: 'later' } });
    await clock.runUntil(() => !holder.token().startsWith('('));
    expect(await userOf(holder.token())).toBe('system:serviceaccount:default:later');
  });

  it('forgets a token with its last holder, and asks no more', async () => {
    const [first, second] = [hold(), hold()];
    await clock.runUntil(() => first.changes() > 0);
    first.reference.release();
    first.reference.release();
    expect(tokens.size).toBe(1);
    second.reference.release();
    expect(tokens.size).toBe(0);
    expect(second.token()).toBe('(unknown)');
    await clock.advance(2 * hourMs);
    expect(server.requests.count({ resource: 'serviceaccounts/token' })).toBe(1);
  });
});
