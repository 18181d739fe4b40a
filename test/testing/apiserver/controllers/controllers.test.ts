import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { events, leases, nodes, pods, type Resource } from '../../../../src/kube/resources.js';
import type { KubeObject, Node, Pod, PodSpec } from '../../../../src/kube/types.js';
import { generalNames, pem } from '../../../../src/kube/pki/certificates.js';
import * as der from '../../../../src/kube/pki/der.js';
import { FakeApiServer, type FakeApiServerOptions } from '../../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../../src/testing/manual-clock.js';
import { readyNode, simplePod } from '../../support/objects.js';

const servers: FakeApiServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(options: FakeApiServerOptions): Promise<{ server: FakeApiServer; clock: ManualClock }> {
  const clock = new ManualClock();
  const server = new FakeApiServer({ tls: false, clock, ...options });
  servers.push(server);
  await server.start();
  return { server, clock };
}

function podNamed(server: FakeApiServer, name: string): Pod | undefined {
  return server.objects(pods).find(({ metadata }) => metadata.name === name);
}

function nodeNamed(server: FakeApiServer, name: string): Node | undefined {
  return server.objects(nodes).find(({ metadata }) => metadata.name === name);
}

function asking(resources: Record<string, string>): Partial<PodSpec> {
  return { containers: [{ name: 'main', image: 'x', resources: { requests: resources } }] };
}

describe('the scheduler', () => {
  it('binds to the ready node with the fewest pods, and says so', async () => {
    const { server } = await start({ scheduler: true });
    for (const name of ['n1', 'n2']) await server.client.create(nodes, readyNode(name));
    for (const name of ['a', 'b', 'c']) await server.client.create(pods, simplePod(name));
    expect(['a', 'b', 'c'].map((name) => podNamed(server, name)?.spec.nodeName)).toEqual(['n1', 'n2', 'n1']);
    expect(podNamed(server, 'a')?.status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    expect(server.objects(events).map(({ reason, message }) => [reason, message])).toContainEqual([
      'Scheduled',
      'Successfully assigned default/a to n1',
    ]);
  });

  it('notes once why a pod fits nowhere, and binds it when something changes', async () => {
    const { server, clock } = await start({ scheduler: true });
    await server.client.create(pods, simplePod('early'));
    expect(podNamed(server, 'early')?.status?.conditions).toMatchObject([
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: 'no nodes available to schedule pods',
      },
    ]);
    await server.client.create(nodes, readyNode('n1', { spec: { unschedulable: true } }));
    await server.client.patch(nodes, { name: 'n1' }, 'merge', { metadata: { labels: { x: 'y' } } });
    const failures = server.objects(events).filter(({ reason }) => reason === 'FailedScheduling');
    expect(failures.map(({ message }) => message).sort()).toEqual([
      '0/1 nodes are available: 1 node(s) were unschedulable.',
      'no nodes available to schedule pods',
    ]);
    await server.client.patch(nodes, { name: 'n1' }, 'merge', { spec: { unschedulable: null } });
    expect(podNamed(server, 'early')?.spec.nodeName).toBe('n1');
    expect(clock.pending).toBe(0);
  });

  it('fills a node to the last of what it has, and again when something ends', async () => {
    const { server } = await start({ scheduler: true });
    const room = { cpu: '1', memory: '1Gi', pods: '10', 'example.com/gpu': '1' };
    await server.client.create(nodes, readyNode('n1', { status: { capacity: room, allocatable: room } }));
    expect(nodeNamed(server, 'n1')?.status?.allocatable).toEqual(room);
    await server.client.patch(
      nodes,
      { name: 'n1' },
      'strategic',
      { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      { subresource: 'status' },
    );
    await server.client.create(pods, simplePod('most', asking({ cpu: '900m', 'example.com/gpu': '1' })));
    await server.client.create(pods, simplePod('rest', asking({ cpu: '0.1' })));
    await server.client.create(pods, simplePod('more', asking({ cpu: '1m', 'example.com/gpu': '1' })));
    expect(podNamed(server, 'most')?.spec.nodeName).toBe('n1');
    expect(podNamed(server, 'rest')?.spec.nodeName).toBe('n1');
    expect(podNamed(server, 'more')?.spec.nodeName).toBeUndefined();
    expect(podNamed(server, 'more')?.status?.conditions?.[0]?.message).toBe(
      '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient example.com/gpu.',
    );
    const done = { status: { phase: 'Succeeded' } };
    await server.client.patch(pods, { namespace: 'default', name: 'most' }, 'merge', done, { subresource: 'status' });
    expect(podNamed(server, 'more')?.spec.nodeName).toBe('n1');
  });

  it('counts the largest init container, sidecars and overhead', async () => {
    const { server } = await start({ scheduler: true });
    await server.client.create(nodes, readyNode('n1'));
    const wants = (cpu: string): { requests: Record<string, string> } => ({ requests: { cpu } });
    const init: Partial<PodSpec> = {
      initContainers: [
        { name: 'sidecar', image: 'x', restartPolicy: 'Always', resources: wants('1') },
        { name: 'init', image: 'x', resources: wants('2500m') },
      ],
      containers: [{ name: 'main', image: 'x', resources: wants('1') }],
    };
    await server.client.create(pods, simplePod('init', init));
    await server.client.create(pods, simplePod('over', asking({ cpu: '501m' })));
    await server.client.create(pods, simplePod('fits', asking({ cpu: '500m' })));
    expect(podNamed(server, 'init')?.spec.nodeName).toBe('n1');
    expect(podNamed(server, 'over')?.spec.nodeName).toBeUndefined();
    expect(podNamed(server, 'fits')?.spec.nodeName).toBe('n1');
  });

  it('respects selectors, affinity, taints and readiness', async () => {
    const { server } = await start({ scheduler: true });
    const labels = { zone: 'a', size: '5' };
    const tainted = [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }];
    await server.client.create(nodes, readyNode('n1', { metadata: { name: 'n1', labels } }));
    await server.client.create(nodes, readyNode('n2', { spec: { taints: tainted } }));
    const sick = { conditions: [{ type: 'Ready', status: 'False' }] };
    await server.client.create(nodes, readyNode('n3', { status: sick }));
    const affinity = (matchExpressions: object[]): Partial<PodSpec> => ({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
        },
      } as NonNullable<PodSpec['affinity']>,
    });
    const tolerations = [{ key: 'gpu', operator: 'Equal', value: 'yes' }];
    const wanted: Record<string, [Partial<PodSpec>, string | undefined]> = {
      selected: [{ nodeSelector: { zone: 'a' } }, 'n1'],
      nowhere: [{ nodeSelector: { zone: 'b' } }, undefined],
      in: [affinity([{ key: 'zone', operator: 'In', values: ['a', 'b'] }]), 'n1'],
      greater: [affinity([{ key: 'size', operator: 'Gt', values: ['4'] }]), 'n1'],
      less: [affinity([{ key: 'size', operator: 'Lt', values: ['5'] }]), undefined],
      absent: [{ ...affinity([{ key: 'zone', operator: 'DoesNotExist' }]), tolerations }, 'n2'],
      untolerated: [affinity([{ key: 'zone', operator: 'DoesNotExist' }]), undefined],
      gated: [{ schedulingGates: [{ name: 'example.com/wait' }] }, undefined],
      foreign: [{ schedulerName: 'another' }, undefined],
    };
    for (const [name, [spec]] of Object.entries(wanted)) await server.client.create(pods, simplePod(name, spec));
    const actual = Object.keys(wanted).map((name) => [name, podNamed(server, name)?.spec.nodeName]);
    expect(actual).toEqual(Object.entries(wanted).map(([name, [, node]]) => [name, node]));
  });

  it('leaves to a deleted pod of the same name nothing of the place of the new one', async () => {
    const { server } = await start({ scheduler: true });
    const room = { cpu: '1', memory: '1Gi', pods: '1' };
    await server.client.create(nodes, readyNode('n1', { status: { ...readyNode('n1').status, allocatable: room } }));
    await server.client.create(pods, simplePod('web'));
    await server.client.delete(pods, { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
    await server.client.create(pods, simplePod('web'));
    expect(podNamed(server, 'web')?.spec.nodeName).toBe('n1');
    await server.client.create(pods, simplePod('next'));
    expect(podNamed(server, 'next')?.spec.nodeName).toBeUndefined();
  });
});

describe('pod garbage collection', () => {
  it('removes pods of a node that has been missing for the quarantine, and of no other', async () => {
    const { server, clock } = await start({ podGc: true });
    await server.client.create(nodes, readyNode('n1'));
    await server.client.create(pods, simplePod('kept', { nodeName: 'n1' }));
    await server.client.create(pods, simplePod('waiting'));
    await server.client.create(pods, simplePod('lost', { nodeName: 'gone' }));
    await clock.advance(59_000);
    expect(server.objects(pods)).toHaveLength(3);
    await clock.advance(1_000);
    expect(server.objects(pods).map(({ metadata }) => metadata.name)).toEqual(['kept', 'waiting']);
  });

  it('spares the pods of a node that comes back in time', async () => {
    const { server, clock } = await start({ podGc: true });
    await server.client.create(pods, simplePod('early', { nodeName: 'n1' }));
    await clock.advance(50_000);
    await server.client.create(nodes, readyNode('n1'));
    await clock.advance(120_000);
    expect(podNamed(server, 'early')).toBeDefined();
  });
});

describe('the node lifecycle', () => {
  const running = {
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };

  async function withPod(): Promise<{ server: FakeApiServer; clock: ManualClock; renew: () => Promise<void> }> {
    const { server, clock } = await start({ nodeLifecycle: true });
    await server.client.create(nodes, readyNode('n1'));
    await server.client.create(pods, simplePod('web', { nodeName: 'n1' }));
    await server.client.patch(pods, { namespace: 'default', name: 'web' }, 'merge', running, {
      subresource: 'status',
    });
    const at = { namespace: 'kube-node-lease', name: 'n1' };
    await server.client.create(leases, { metadata: at, spec: { holderIdentity: 'n1' } });
    const renew = async (): Promise<void> => {
      const renewTime = new Date(clock.now()).toISOString().replace('Z', '000Z');
      await server.client.patch(leases, at, 'merge', { spec: { renewTime } });
    };
    return { server, clock, renew };
  }

  it('leaves a node alone that renews its lease', async () => {
    const { server, clock, renew } = await withPod();
    for (let beat = 0; beat < 12; beat += 1) {
      await renew();
      await clock.advance(10_000);
    }
    expect(nodeNamed(server, 'n1')?.spec?.taints).toBeUndefined();
    expect(nodeNamed(server, 'n1')?.status?.conditions).toMatchObject([{ type: 'Ready', status: 'True' }]);
  });

  it('marks and taints a silent node, then its pods, evicts them in the end, and takes it back', async () => {
    const { server, clock, renew } = await withPod();
    await renew();
    await clock.advance(50_000);
    expect(nodeNamed(server, 'n1')?.status?.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'True' });
    await clock.advance(10_000);
    const conditions = nodeNamed(server, 'n1')?.status?.conditions;
    expect(conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
    });
    expect(nodeNamed(server, 'n1')?.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`)).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    expect(podNamed(server, 'web')?.status?.conditions).toMatchObject([{ type: 'Ready', status: 'False' }]);
    expect(podNamed(server, 'web')?.metadata.deletionTimestamp).toBeUndefined();
    const { resourceVersion } = server;
    await clock.advance(200_000);
    expect(server.resourceVersion).toBe(resourceVersion);

    await clock.advance(120_000);
    expect(podNamed(server, 'web')?.metadata.deletionTimestamp).toBeDefined();
    const ready = {
      status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-01T01:00:00Z' }] },
    };
    await server.client.patch(nodes, { name: 'n1' }, 'strategic', ready, { subresource: 'status' });
    await clock.advance(5_000);
    expect(nodeNamed(server, 'n1')?.spec?.taints ?? []).toEqual([]);
  });
});

describe('the signer', () => {
  interface Csr extends KubeObject {
    spec: { request: string; signerName: string; usages: string[]; expirationSeconds?: number };
    status?: { certificate?: string; conditions?: { type: string; message?: string }[] };
  }
  const csrs: Resource<Csr> = {
    group: 'certificates.k8s.io',
    version: 'v1',
    kind: 'CertificateSigningRequest',
    plural: 'certificatesigningrequests',
    namespaced: false,
  };

  function request(commonName: string, hosts: readonly string[]): string {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const part = (oid: string, text: string): Buffer =>
      der.set(der.sequence(der.objectIdentifier(oid), der.utf8String(text)));
    const extension = der.sequence(der.objectIdentifier('2.5.29.17'), der.octetString(generalNames(hosts)));
    const asked = der.sequence(der.objectIdentifier('1.2.840.113549.1.9.14'), der.set(der.sequence(extension)));
    const info = der.sequence(
      der.integer(Buffer.from([0])),
      der.sequence(part('2.5.4.10', 'system:nodes'), part('2.5.4.3', commonName)),
      publicKey.export({ type: 'spki', format: 'der' }),
      der.element(der.contextTag(0), ...(hosts.length > 0 ? [asked] : [])),
    );
    const algorithm = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'));
    const text = pem(
      'CERTIFICATE REQUEST',
      der.sequence(info, algorithm, der.bitString(sign('sha256', info, privateKey))),
    );
    return Buffer.from(text).toString('base64');
  }

  const approval = {
    status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Test', message: 'fine' }] },
  };

  async function create(server: FakeApiServer, name: string, spec: Csr['spec']): Promise<void> {
    await server.client.create(csrs, { metadata: { name }, spec });
  }

  function found(server: FakeApiServer, name: string): Csr | undefined {
    return server.objects(csrs).find(({ metadata }) => metadata.name === name);
  }

  it('signs a serving certificate once somebody has approved it', async () => {
    const { server } = await start({ signer: true, tls: true });
    await create(server, 'serving', {
      request: request('system:node:n1', ['n1', '10.0.0.1']),
      signerName: 'kubernetes.io/kubelet-serving',
      usages: ['digital signature', 'server auth'],
    });
    expect(found(server, 'serving')?.status?.certificate).toBeUndefined();
    await server.client.patch(csrs, { name: 'serving' }, 'merge', approval, { subresource: 'approval' });
    const certificate = Buffer.from(found(server, 'serving')?.status?.certificate ?? '', 'base64').toString();
    const parsed = new X509Certificate(certificate);
    expect(parsed.subjectAltName).toBe('DNS:n1, IP Address:10.0.0.1');
    expect(parsed.checkIssued(new X509Certificate(server.ca ?? ''))).toBe(true);
  });

  it('approves and signs client certificates by itself, and refuses what is not from a kubelet', async () => {
    const { server } = await start({ signer: true, tls: true });
    const usages = ['digital signature', 'client auth'];
    const signerName = 'kubernetes.io/kube-apiserver-client-kubelet';
    await create(server, 'client', { request: request('system:node:n1', []), signerName, usages });
    await create(server, 'wrong', { request: request('admin', []), signerName, usages });
    expect(found(server, 'client')?.status?.certificate).toBeDefined();
    expect(found(server, 'wrong')?.status).toMatchObject({
      conditions: [{ type: 'Approved' }, { type: 'Failed', message: expect.stringContaining('common name') as string }],
    });
  });
});

it('without switches nothing is done to anything', async () => {
  const { server, clock } = await start({});
  await server.client.create(nodes, readyNode('n1'));
  await server.client.create(pods, simplePod('lost', { nodeName: 'gone' }));
  await server.client.create(pods, simplePod('pending'));
  const { resourceVersion } = server;
  await clock.advance(24 * 3_600_000);
  expect(server.resourceVersion).toBe(resourceVersion);
  expect(clock.pending).toBe(0);
});
