import { describe, expect, it } from 'vitest';
import { groupOf, inSubnet, podOf, refusalOf, settings, subnetId } from './scene.js';

const port = { ports: [{ containerPort: 80 }] };
const label = (value: string) => ({ annotations: { 'virtualkubelet.io/dnsnamelabel': value } });

describe('the network', () => {
  it('upstream §5: with ports and no subnet is a public address, each port with its protocol', () => {
    const ports = [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }];
    expect(groupOf(podOf({ ports })).ipAddress).toEqual({
      type: 'Public',
      ports: [
        { port: 80, protocol: 'TCP' },
        { port: 53, protocol: 'UDP' },
      ],
    });
  });

  it('upstream §5: has the DNS label that the annotation gives', () => {
    expect(groupOf(podOf(port, {}, label('shop-web'))).ipAddress).toMatchObject({ dnsNameLabel: 'shop-web' });
  });

  it('without ports is no address', () => {
    const group = groupOf(podOf());
    expect(group.ipAddress).toBeUndefined();
    expect(group.subnetIds).toBeUndefined();
    expect(group.dnsConfig).toBeUndefined();
  });

  it('upstream §5: in a subnet is the subnet’s, and no public address', () => {
    const group = groupOf(podOf(port), {}, inSubnet);
    expect(group.subnetIds).toEqual([{ id: subnetId }]);
    expect(group.ipAddress).toBeUndefined();
    expect(group.containers[0]?.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
  });

  it.each([
    [
      'a label without a public address',
      podOf({}, {}, label('web')),
      settings,
      'metadata.annotations[virtualkubelet.io/dnsnamelabel]: a group without ports has no public address',
    ],
    [
      'a label in a subnet',
      podOf(port, {}, label('web')),
      inSubnet,
      'metadata.annotations[virtualkubelet.io/dnsnamelabel]: groups in a subnet have no public address',
    ],
    [
      'a label that is none',
      podOf(port, {}, label('Web_1')),
      settings,
      'metadata.annotations[virtualkubelet.io/dnsnamelabel]: not 3 to 63 lower-case letters, digits and hyphens that begin with a letter',
    ],
    [
      'more ports than an address has',
      podOf({ ports: [1, 2, 3, 4, 5, 6].map((containerPort) => ({ containerPort })) }),
      settings,
      'spec.containers: a public address has at most 5 ports, these are 6',
    ],
    [
      'another protocol',
      podOf({ ports: [{ containerPort: 1, protocol: 'SCTP' }] }),
      settings,
      'spec.containers[app].ports[1].protocol: the cloud has TCP and UDP',
    ],
  ])('refuses %s', (_, pod, given, message) => {
    expect(refusalOf(pod, {}, given).message).toBe(`pod shop/web: ${message}`);
  });
});

describe('DNS in a subnet', () => {
  const searchDomains = 'shop.svc.cluster.local svc.cluster.local cluster.local';

  it.each([
    [
      'of the cluster, with the searches of its namespace',
      { dnsPolicy: 'ClusterFirst' },
      { nameServers: ['10.0.0.10'], searchDomains, options: 'ndots:5' },
    ],
    [
      'of the cluster where the pod does not say',
      {},
      { nameServers: ['10.0.0.10'], searchDomains, options: 'ndots:5' },
    ],
    [
      'of the cluster with hosts’ networks, which there are none of',
      { dnsPolicy: 'ClusterFirstWithHostNet' },
      { nameServers: ['10.0.0.10'], searchDomains, options: 'ndots:5' },
    ],
    [
      'of the cluster first, then the pod’s own, each once',
      {
        dnsConfig: {
          nameservers: ['1.1.1.1', '10.0.0.10'],
          searches: ['example.com', 'cluster.local'],
          options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
        },
      },
      {
        nameServers: ['10.0.0.10', '1.1.1.1'],
        searchDomains: `${searchDomains} example.com`,
        options: 'ndots:2 edns0',
      },
    ],
    [
      'of the pod alone',
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['example.com'] } },
      { nameServers: ['1.1.1.1'], searchDomains: 'example.com' },
    ],
    ['of the cloud', { dnsPolicy: 'Default' }, undefined],
    [
      'of the pod where it asks for the node’s',
      { dnsPolicy: 'Default', dnsConfig: { nameservers: ['1.1.1.1'] } },
      { nameServers: ['1.1.1.1'] },
    ],
  ])('upstream §5: is %s', (_, spec, dnsConfig) => {
    expect(groupOf(podOf({}, spec), {}, inSubnet).dnsConfig).toEqual(dnsConfig);
  });

  it('is the subnet’s where the node knows no server of the cluster', () => {
    const given = { ...inSubnet, dns: { servers: [], clusterDomain: 'cluster.local' } };
    expect(groupOf(podOf(), {}, given).dnsConfig).toBeUndefined();
  });

  it('is nobody’s on Windows', () => {
    expect(groupOf(podOf(), {}, { ...inSubnet, operatingSystem: 'Windows' }).dnsConfig).toBeUndefined();
  });

  it.each([
    [
      'settings outside a subnet',
      { dnsConfig: { nameservers: ['1.1.1.1'] } },
      settings,
      'spec.dnsConfig: groups outside a subnet have the cloud’s DNS',
    ],
    [
      'None outside a subnet',
      { dnsPolicy: 'None' },
      settings,
      'spec.dnsPolicy: groups outside a subnet have the cloud’s DNS',
    ],
    [
      'searches without a server',
      { dnsPolicy: 'Default', dnsConfig: { searches: ['example.com'] } },
      inSubnet,
      'spec.dnsConfig.nameservers: the cloud takes no other DNS setting without a server',
    ],
    [
      'more servers than resolvers ask',
      { dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3'] } },
      inSubnet,
      'spec.dnsConfig.nameservers: with the cluster’s 4, and resolvers ask 3',
    ],
    [
      'more searches than resolvers hold',
      { dnsConfig: { searches: ['a.example', 'b.example', 'c.example', 'd.example'] } },
      inSubnet,
      'spec.dnsConfig.searches: with the cluster’s more than the 6 or 256 characters that resolvers hold',
    ],
  ])('refuses %s', (_, spec, given, message) => {
    expect(refusalOf(podOf({}, spec), {}, given).message).toBe(`pod shop/web: ${message}`);
  });
});
