import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPodKey } from '../../src/kube/pki/pod-key.js';
import { parseSigningRequest } from '../../src/kube/pki/signing-request.js';
import { outcomeOf, type PodCertificateRequest, refreshDelayMs } from '../../src/kube/pod-certificate-request.js';
import { PodCertificates } from '../../src/kube/pod-certificates.js';
import { nodes } from '../../src/kube/resources.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { ManualClock } from '../../src/testing/manual-clock.js';

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
