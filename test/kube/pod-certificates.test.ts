import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { newPodKey } from '../../src/kube/pki/pod-key.js';
import { parseSigningRequest } from '../../src/kube/pki/signing-request.js';
import { outcomeOf, type PodCertificateRequest, refreshDelayMs } from '../../src/kube/pod-certificate-request.js';
import { type PodCertificateSpec, PodCertificates } from '../../src/kube/pod-certificates.js';
import { nodes } from '../../src/kube/resources.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { SigningApi } from './signing-api.js';

const hourMs = 3_600_000;

describe('newPodKey', () => {
  it.each(['RSA3072', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'])(
    'makes a %s key and a request that is signed by it and says nothing else',
    async (keyType) => {
      const { key, request } = await newPodKey(keyType);
      const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${request.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
      const parsed = parseSigningRequest(pem);
      expect(parsed).toMatchObject({ commonName: '', organizations: [], subjectAltName: undefined });
      const own = createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' });
      expect(parsed.publicKey.equals(own)).toBe(true);
    },
  );

  it('knows no other kind', async () => {
    await expect(newPodKey('DSA1024')).rejects.toMatchObject({ code: 'InvalidInput' });
  });
});

describe('outcomeOf', () => {
  const outcome = (status: PodCertificateRequest['status']) =>
    outcomeOf({ metadata: {}, spec: {} as PodCertificateRequest['spec'], ...(status && { status }) });
  const block = '-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----';
  const issued = {
    conditions: [{ type: 'Issued' }],
    certificateChain: `leaf\n${block}\nroot\n${block}`,
    beginRefreshAt: '2026-01-01T12:00:00Z',
    notAfter: '2026-01-02T00:00:00Z',
  };

  it('is pending until a signer has spoken', () => {
    expect(outcome(undefined)).toEqual({ type: 'pending' });
    expect(outcome({ conditions: [{ type: 'Looked' }] })).toEqual({ type: 'pending' });
  });

  it('holds the certificates and nothing of what is between them', () => {
    expect(outcome(issued)).toEqual({
      type: 'issued',
      chain: `${block}\n${block}\n`,
      beginRefreshAtMs: Date.UTC(2026, 0, 1, 12),
      notAfterMs: Date.UTC(2026, 0, 2),
    });
  });

  it.each([
    [{ ...issued, certificateChain: 'nonsense' }],
    [{ ...issued, beginRefreshAt: 'soon' }],
    [{ conditions: [{ type: 'Issued' }] }],
  ])('is a refusal where a signer answers nonsense (%#)', (status) => {
    expect(outcome(status)).toMatchObject({ type: 'refused' });
  });

  it.each([
    ['Denied', 'PodCertificateRequest was permanently denied: reason="UnsupportedKeyType" message="use ED25519"'],
    ['Failed', 'PodCertificateRequest was permanently failed: reason="UnsupportedKeyType" message="use ED25519"'],
  ])('is a refusal when it is %s', (type, message) => {
    const condition = { type, reason: 'UnsupportedKeyType', message: 'use ED25519' };
    expect(outcome({ conditions: [condition] })).toEqual({ type: 'refused', message });
  });
});

describe('refreshDelayMs', () => {
  it.each([
    ['when the signer says', 12 * hourMs, 24 * hourMs, 0, 12 * hourMs],
    ['up to five minutes later', 12 * hourMs, 24 * hourMs, 0.9, 12 * hourMs + 270_000],
    ['well before its end', 60 * 60_000, 62 * 60_000, 0.9, 60 * 60_000 + 54_000],
    ['not at once, whatever a signer says', -hourMs, hourMs, 0, 60_000],
  ])('is %s', (_, beginRefreshAtMs, notAfterMs, random, expected) => {
    expect(refreshDelayMs({ beginRefreshAtMs, notAfterMs }, 0, () => random)).toBe(expected);
  });
});

describe('PodCertificates', () => {
  const server = new FakeApiServer();
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  it('says so where the server has no such API, and asks again with backoff until nobody needs it', async () => {
    await server.client.create(nodes, { metadata: { name: 'edge-1' } });
    const clock = new ManualClock({ settle: () => server.idle() });
    const certificates = new PodCertificates(server.client, { clock, random: () => 0.5 });
    const spec = {
      namespace: 'default',
      pod: { name: 'web', uid: 'u-1' },
      serviceAccountName: 'default',
      nodeName: 'edge-1',
      signerName: 'example.com/signer',
      keyType: 'ECDSAP256',
    };
    let changes = 0;
    const references = [1, 2].map(() => certificates.acquire(spec, () => (changes += 1)));
    expect(references[0]?.read()).toBeUndefined();
    await clock.runUntil(() => changes > 0);
    for (const reference of references) {
      expect(reference.read()).toMatchObject({ state: 'unreadable', error: { code: 'NotFound' } });
    }
    await clock.advance(120_000);
    expect(changes).toBe(2);
    for (const reference of references) reference.release();
    expect(clock.pending).toBe(0);
    await certificates.close();
    expect(() => certificates.acquire(spec, () => undefined)).toThrow('no longer asked for, as the node ends');
  });
});

describe('PodCertificates, where the API is served', () => {
  function scene(options: { readonly nowMs?: () => number } = {}) {
    const signing = new SigningApi();
    const clock = new ManualClock({ settle: keysAreMade });
    const { nowMs = () => clock.now() } = options;
    const machine = { now: nowMs, setTimer: clock.setTimer.bind(clock), sleep: clock.sleep.bind(clock) };
    const certificates = new PodCertificates(signing.api, { clock: machine, random: () => 0.5 });
    onTestFinished(() => certificates.close());
    return { signing, clock, certificates };
  }
  /** Threads make them, which the clock knows nothing of. */
  async function keysAreMade(): Promise<void> {
    await newPodKey('ECDSAP256');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const specOf = (uid: string, nodeName = 'edge-1'): PodCertificateSpec => ({
    namespace: 'default',
    pod: { name: uid, uid },
    serviceAccountName: 'default',
    nodeName,
    signerName: 'example.com/signer',
    keyType: 'ECDSAP256',
  });
  const ignore = (): void => undefined;
  const count = (signing: SigningApi, atLeast: number): Promise<void> =>
    vi.waitFor(() => expect(signing.requests.length).toBeGreaterThanOrEqual(atLeast), { timeout: 15_000, interval: 2 });

  it('asks for few certificates at once, however many pods there are', async () => {
    const { signing, certificates } = scene();
    const references = Array.from({ length: 200 }, (_, index) => certificates.acquire(specOf(`u-${index}`), ignore));
    await count(signing, 200);
    // Each asks for its account and node together.
    expect(signing.calls.most).toBeLessThanOrEqual(4);
    expect(signing.watches.size).toBe(1);
    for (const reference of references) reference.release();
  });

  it('makes no second key for a request that could not be made', async () => {
    const { signing, clock, certificates } = scene();
    const asked: string[] = [];
    const { create } = signing.api;
    const api = {
      ...signing.api,
      create: ((resource, object) => {
        asked.push((object as unknown as PodCertificateRequest).spec.stubPKCS10Request);
        return create(resource, object);
      }) as typeof create,
    };
    await certificates.close();
    await using asking = new PodCertificates(api, { clock, random: () => 0.5 });
    signing.isServed = false;
    const reference = asking.acquire(specOf('u-1'), ignore);
    await clock.runUntil(() => asked.length > 3);
    expect(new Set(asked).size).toBe(1);
    signing.isServed = true;
    await clock.runUntil(() => signing.requests.length > 0, { limitMs: 120_000 });
    expect(reference.read()).toMatchObject({ error: { message: 'credential bundle is not issued yet' } });
  });

  it('asks ever less often when each request is deleted before it is answered', async () => {
    const { signing, clock, certificates } = scene();
    certificates.acquire(specOf('u-1'), ignore);
    await count(signing, 1);
    let made = 0;
    const endMs = clock.now() + 600_000;
    while (clock.now() < endMs) {
      for (const { metadata } of [...signing.requests]) {
        made += 1;
        signing.remove(metadata.name ?? '');
      }
      await clock.advance(1_000);
    }
    expect(made).toBeGreaterThan(5);
    expect(made).toBeLessThan(20);
  });

  it('waits for a slow signer, and asks anew only once its request is gone', async () => {
    const { signing, clock, certificates } = scene();
    certificates.acquire(specOf('u-1'), ignore);
    await count(signing, 1);
    await clock.advance(2 * hourMs);
    expect(signing.requests).toHaveLength(1);
  });

  it('ends the watch of a node with its last certificate', async () => {
    const { signing, clock, certificates } = scene();
    const [a, b, other] = [specOf('u-1'), specOf('u-2'), specOf('u-3', 'edge-2')].map((spec) =>
      certificates.acquire(spec, ignore),
    );
    await count(signing, 3);
    await clock.runUntil(() => signing.watches.size === 2);
    a?.release();
    await clock.advance(1_000);
    expect(signing.watches.size).toBe(2);
    b?.release();
    await clock.runUntil(() => signing.watches.size === 1);
    other?.release();
    await clock.runUntil(() => signing.watches.size === 0);
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['forward', 13 * hourMs, 2],
    ['back, by time that has passed', -100 * hourMs, 13 * 60],
  ])('replaces a certificate also when the clock is set %s', async (_, jumpMs, minutes) => {
    let shiftMs = 0;
    const { signing, clock, certificates } = scene({ nowMs: () => clock.now() + shiftMs });
    const reference = certificates.acquire(specOf('u-1'), ignore);
    await count(signing, 1);
    const nowMs = clock.now();
    await clock.runUntil(() => signing.watches.size === 1);
    signing.issue(signing.requests[0]?.metadata.name ?? '', nowMs + 12 * hourMs, nowMs + 24 * hourMs);
    await vi.waitFor(() => expect(reference.read()?.state).toBe('found'), 15_000);
    shiftMs = jumpMs;
    await clock.advance(minutes * 60_000);
    await count(signing, 2);
    expect(reference.read()?.state).toBe('found');
  });
});
