/** Whom a group asks for names (concepts/services-networking/dns-pod-service). The cloud takes it for groups in a subnet. */
import type { DnsConfiguration } from '@azure/arm-containerinstance';
import type { Pod } from 'vk-sdk';
import type { GroupSettings } from '../group-settings.js';
import { checkFields, type FieldRule } from './fields.js';
import type { Refusals } from './refusals.js';

/** What resolvers hold: glibc's 3 servers, and what azure-aci keeps of search domains. */
const mostServers = 3;
const mostSearches = 6;
const longestSearches = 256;

type PodDns = NonNullable<Pod['spec']['dnsConfig']>;

const dnsFields = {
  nameservers: 'mapped',
  options: 'mapped',
  searches: 'mapped',
} as const satisfies Record<keyof PodDns, FieldRule>;

/** Undefined: the cloud's own DNS, or the subnet's. */
export function dnsConfigOf(pod: Pod, settings: GroupSettings, refusals: Refusals): DnsConfiguration | undefined {
  const { dnsConfig, dnsPolicy = 'ClusterFirst' } = pod.spec;
  const own = dnsConfig ?? {};
  checkFields(own, 'spec.dnsConfig', dnsFields, refusals);
  const hasOwn = [own.nameservers, own.searches, own.options].some((list) => (list?.length ?? 0) > 0);
  if (settings.subnetId === undefined || settings.operatingSystem === 'Windows') {
    const where = settings.operatingSystem === 'Windows' ? 'Windows groups' : 'groups outside a subnet';
    if (hasOwn) refusals.add('spec.dnsConfig', `${where} have the cloud’s DNS`);
    else if (dnsPolicy === 'None') refusals.add('spec.dnsPolicy', `${where} have the cloud’s DNS`);
    return undefined;
  }
  // Without hosts' networks the two come to the same.
  const isCluster = dnsPolicy === 'ClusterFirst' || dnsPolicy === 'ClusterFirstWithHostNet';
  const cluster = isCluster && settings.dns.servers.length > 0 ? clusterDns(pod, settings) : noDns;
  const nameServers = unique([...cluster.servers, ...(own.nameservers ?? [])]);
  const searches = unique([...cluster.searches, ...(own.searches ?? [])]);
  if (nameServers.length === 0) {
    if (hasOwn) refusals.add('spec.dnsConfig.nameservers', 'the cloud takes no other DNS setting without a server');
    return undefined;
  }
  checkLimits(nameServers, searches, refusals);
  const options = optionsOf(own.options ?? [], cluster.options);
  return {
    nameServers,
    ...(searches.length > 0 && { searchDomains: searches.join(' ') }),
    ...(options.length > 0 && { options: options.join(' ') }),
  };
}

interface Dns {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

const noDns: Dns = { servers: [], searches: [], options: [] };

/** As a kubelet has it: names with fewer than five dots are tried in the cluster first. */
function clusterDns({ metadata: { namespace = 'default' } }: Pod, { dns }: GroupSettings): Dns {
  const { servers, clusterDomain } = dns;
  const searches =
    clusterDomain === '' ? [] : [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return { servers, searches, options: ['ndots:5'] };
}

/** The pod's own option takes the place of one of the same name. */
function optionsOf(own: readonly { name?: string; value?: string }[], defaults: readonly string[]): string[] {
  const byName = new Map(defaults.map((option) => [option.split(':')[0], option]));
  for (const { name = '', value } of own) byName.set(name, value ? `${name}:${value}` : name);
  return [...byName.values()];
}

function checkLimits(servers: readonly string[], searches: readonly string[], refusals: Refusals): void {
  if (servers.length > mostServers) {
    refusals.add(
      'spec.dnsConfig.nameservers',
      `with the cluster’s ${servers.length}, and resolvers ask ${mostServers}`,
    );
  }
  if (searches.length > mostSearches || searches.join(' ').length > longestSearches) {
    const limit = `${mostSearches} or ${longestSearches} characters`;
    refusals.add('spec.dnsConfig.searches', `with the cluster’s more than the ${limit} that resolvers hold`);
  }
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
