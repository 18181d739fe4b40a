/**
 * How a group is reached. In a subnet it has a private address, and all its ports on it. Elsewhere it gets a public
 * address as soon as it has a port, as azure-aci does: its ports are open to the internet.
 */
import type { Container, ContainerGroup, IpAddress, Port } from '@azure/arm-containerinstance';
import type { Pod } from 'vk-sdk';
import type { GroupSettings } from '../group-settings.js';
import { annotationPath, annotations } from './annotations.js';
import { dnsConfigOf } from './dns.js';
import type { Refusals } from './refusals.js';

/** Azure's limit of ports on an address (container-instances-resource-and-quota-limits). */
const mostPublicPorts = 5;

/** A label of a host name in Azure's DNS. */
const labelPattern = /^[a-z][a-z0-9-]{1,61}[a-z0-9]$/;

export function networkOf(
  pod: Pod,
  containers: readonly Container[],
  settings: GroupSettings,
  refusals: Refusals,
): Pick<ContainerGroup, 'dnsConfig' | 'ipAddress' | 'subnetIds'> {
  const { subnetId } = settings;
  const label = pod.metadata.annotations?.[annotations.dnsNameLabel];
  const dnsConfig = dnsConfigOf(pod, settings, refusals);
  if (subnetId !== undefined) {
    if (label) refusals.add(annotationPath(annotations.dnsNameLabel), 'groups in a subnet have no public address');
    return { subnetIds: [{ id: subnetId }], ...(dnsConfig && { dnsConfig }) };
  }
  const ipAddress = publicAddress(containers, label, refusals);
  return ipAddress ? { ipAddress } : {};
}

function publicAddress(
  containers: readonly Container[],
  label: string | undefined,
  refusals: Refusals,
): IpAddress | undefined {
  const ports = new Map<string, Port>();
  for (const { port, protocol = 'TCP' } of containers.flatMap((container) => container.ports ?? [])) {
    ports.set(`${port}/${protocol}`, { port, protocol });
  }
  const labelPath = annotationPath(annotations.dnsNameLabel);
  if (ports.size === 0) {
    if (label) refusals.add(labelPath, 'a group without ports has no public address');
    return undefined;
  }
  if (ports.size > mostPublicPorts) {
    refusals.add('spec.containers', `a public address has at most ${mostPublicPorts} ports, these are ${ports.size}`);
  }
  if (label && !labelPattern.test(label)) {
    refusals.add(labelPath, 'not 3 to 63 lower-case letters, digits and hyphens that begin with a letter');
  }
  return { type: 'Public', ports: [...ports.values()], ...(label && { dnsNameLabel: label }) };
}
