import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSigningRequest } from '../../../src/kube/pki/signing-request.js';
import type { KubeApi } from '../../../src/kube/api.js';
import type { Resource } from '../../../src/kube/resources.js';
import type { KubeObject } from '../../../src/kube/types.js';
import type { KubeletServer } from '../../../src/stream/server/kubelet-server.js';
import { requestedCertificate } from '../../../src/stream/server/requested-certificate.js';
import { ControlPlane } from '../../../src/testing/control-plane.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../../e2e/support/eventually.js';
import { apiserver, ask, authority, startServer } from './kubelet-scene.js';

interface SigningRequest extends KubeObject {
  spec?: { request: string; signerName: string; usages: string[]; expirationSeconds?: number };
  status?: { conditions?: object[]; certificate?: string };
}

const requests: Resource<SigningRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  namespaced: false,
};

/** As `kubectl certificate approve` or `deny` does. */
async function decide(client: KubeApi, name: string, type: 'Approved' | 'Denied'): Promise<void> {
  const request = await client.get(requests, { name });
  const condition = { type, status: 'True', reason: 'Test', message: 'by a test' };
  const decided = { ...request, status: { ...request.status, conditions: [condition] } };
  await client.replace(requests, decided, { subresource: 'approval' });
}

async function newest(client: KubeApi, count: number): Promise<SigningRequest> {
  return eventually(async () => {
    const { items } = await client.list(requests);
    expect(items).toHaveLength(count);
    const undecided = items.find(({ status }) => (status?.conditions ?? []).length === 0);
    expect(undecided).toBeDefined();
    return undecided!;
  });
}

describe('requestedCertificate', () => {
  let cluster: FakeApiServer;
  let server: KubeletServer;
  let clock: ManualClock;

  beforeEach(async () => {
    cluster = new FakeApiServer({ signer: true });
    await cluster.start();
    await start(Date.now());
  });
  afterEach(async () => {
    await server.close();
    await cluster.stop();
  });

  async function start(nowMs: number): Promise<void> {
    clock = new ManualClock({ nowMs, settle: () => cluster.idle() });
    server = await startServer({
      clock,
      random: () => 0.5,
      certificate: requestedCertificate(cluster.client, { lifeSeconds: 3_600 }),
      certificateHosts: ['edge-1', '127.0.0.1'],
    });
  }

  const issuer = (): string => new X509Certificate(server.certificate).issuer;
  const serial = (): string => new X509Certificate(server.certificate).serialNumber;

  it('kubelet-protocol §7: asks with the subject, names and usages that the signer insists on', async () => {
    const { spec } = await newest(cluster.client, 1);
    expect(spec).toMatchObject({
      signerName: 'kubernetes.io/kubelet-serving',
      usages: ['digital signature', 'server auth'],
      expirationSeconds: 3_600,
    });
    const parsed = parseSigningRequest(Buffer.from(spec!.request, 'base64').toString());
    expect(parsed.commonName).toBe('system:node:edge-1');
    expect(parsed.organizations).toEqual(['system:nodes']);
    expect(parsed.subjectAltName).toBeDefined();
  });

  it('serves with a self-made certificate until the request is approved, and from then on with the cluster’s', async () => {
    expect(issuer()).toBe('CN=edge-1-ca');
    expect(await ask(server, '/healthz', { as: apiserver })).toMatchObject({ status: 200 });
    const { metadata } = await newest(cluster.client, 1);
    await decide(cluster.client, metadata.name!, 'Approved');
    await clock.runUntil(() => issuer() !== 'CN=edge-1-ca', { limitMs: 60_000 });
    const trusting = { address: server.address, certificate: cluster.ca! };
    expect(await ask(trusting, '/healthz', { as: apiserver })).toMatchObject({ status: 200 });
    expect(new X509Certificate(server.certificate).subjectAltName).toBe('DNS:edge-1, IP Address:127.0.0.1');
  });

  it('S1: CIS 4.2.11: is renewed before it ends, while the server serves', async () => {
    await decide(cluster.client, (await newest(cluster.client, 1)).metadata.name!, 'Approved');
    await clock.runUntil(() => issuer() !== 'CN=edge-1-ca', { limitMs: 60_000 });
    const first = serial();
    await clock.advance(3_600_000 * 0.7);
    expect((await cluster.client.list(requests)).items).toHaveLength(1);
    await clock.advance(3_600_000 * 0.2);
    await decide(cluster.client, (await newest(cluster.client, 2)).metadata.name!, 'Approved');
    await clock.runUntil(() => serial() !== first, { limitMs: 60_000 });
    const trusting = { address: server.address, certificate: cluster.ca! };
    expect(await ask(trusting, '/healthz', { as: apiserver })).toMatchObject({ status: 200 });
  });

  it('is not asked for at once again where the clock says that it has ended already', async () => {
    const { metadata } = await newest(cluster.client, 1);
    await server.close();
    await cluster.client.delete(requests, { name: metadata.name! });
    await start(Date.now() + 86_400_000);
    await decide(cluster.client, (await newest(cluster.client, 1)).metadata.name!, 'Approved');
    await clock.runUntil(() => issuer() !== 'CN=edge-1-ca', { limitMs: 60_000 });
    await clock.advance(30_000);
    expect((await cluster.client.list(requests)).items).toHaveLength(1);
  });

  it('is not shown where it is for another key; another is asked for after a while', async () => {
    const { metadata, ...request } = await newest(cluster.client, 1);
    const { certificate } = authority.issue({ commonName: 'edge-1' }, { usages: ['serverAuth'], nowMs: Date.now() });
    const status = { certificate: Buffer.from(certificate).toString('base64') };
    await cluster.client.replace(requests, { ...request, metadata, status }, { subresource: 'status' });
    const before = serial();
    await clock.advance(10_000);
    expect(serial()).toBe(before);
    expect(await ask(server, '/healthz', { as: apiserver })).toMatchObject({ status: 200 });
    await clock.advance(300_000);
    expect((await cluster.client.list(requests)).items).toHaveLength(2);
  });

  it('goes on with what it has when a request is denied, and asks again after a while', async () => {
    await decide(cluster.client, (await newest(cluster.client, 1)).metadata.name!, 'Denied');
    await clock.advance(60_000);
    expect((await cluster.client.list(requests)).items).toHaveLength(1);
    expect(issuer()).toBe('CN=edge-1-ca');
    await clock.advance(300_000);
    await decide(cluster.client, (await newest(cluster.client, 2)).metadata.name!, 'Approved');
    await clock.runUntil(() => issuer() !== 'CN=edge-1-ca', { limitMs: 60_000 });
  });

  it('asks anew when nobody approves in time', async () => {
    await newest(cluster.client, 1);
    await clock.advance(900_000 + 300_000 + 10_000);
    await eventually(async () => expect((await cluster.client.list(requests)).items).toHaveLength(2));
    expect(issuer()).toBe('CN=edge-1-ca');
  });
});

const available = ControlPlane.available({ controllers: true });

describe.skipIf(!available)('requestedCertificate on a real control plane (set KUBEBUILDER_ASSETS)', () => {
  it('kubelet-protocol §7: the real signer issues what is asked for, once it is approved', async () => {
    const cluster = new ControlPlane({ controllers: true });
    await cluster.start();
    const server = await startServer({
      certificate: requestedCertificate(cluster.client, { pollIntervalMs: 100 }),
      certificateHosts: ['edge-1', '127.0.0.1'],
    });
    try {
      await decide(cluster.client, (await newest(cluster.client, 1)).metadata.name!, 'Approved');
      await eventually(() => expect(new X509Certificate(server.certificate).issuer).not.toBe('CN=edge-1-ca'));
      const { subject, subjectAltName } = new X509Certificate(server.certificate);
      expect(subject).toBe('O=system:nodes\nCN=system:node:edge-1');
      expect(subjectAltName).toBe('DNS:edge-1, IP Address:127.0.0.1');
      const trusting = { address: server.address, certificate: cluster.authority.certificate };
      expect(await ask(trusting, '/healthz', { as: apiserver })).toMatchObject({ status: 200 });
    } finally {
      await server.close();
      await cluster.stop();
    }
  }, 60_000);
});
