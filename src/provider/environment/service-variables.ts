/** The variables by which containers find services, as Docker's links once had them (concepts/services-networking/service). */
import type { Service } from '../../kube/types.js';
import type { EnvironmentVariable } from './variable.js';

export interface ServiceScope {
  /** The pod's. */
  readonly namespace: string;
  /** `spec.enableServiceLinks`. Where it is false only `default/kubernetes` counts. */
  readonly enableServiceLinks: boolean;
}

/**
 * Variables of `default/kubernetes` and of the namespace's services that have an address of their own, by name. A service
 * `kubernetes` of the pod's own namespace takes precedence. Headless services and ExternalNames have none.
 */
export function serviceVariables(services: Iterable<Service>, scope: ServiceScope): Map<string, EnvironmentVariable> {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { name = '', namespace } = service.metadata;
    if (!clusterIP(service)) continue;
    if (namespace === scope.namespace && scope.enableServiceLinks) chosen.set(name, service);
    else if (namespace === 'default' && name === 'kubernetes' && !chosen.has(name)) chosen.set(name, service);
  }
  const variables = new Map<string, EnvironmentVariable>();
  for (const name of [...chosen.keys()].sort()) {
    const service = chosen.get(name);
    if (service === undefined) continue;
    for (const [variable, value] of variablesOf(service)) {
      const origin = { kind: 'service', name } as const;
      variables.set(variable, { name: variable, value, origin, secret: false, waitsFor: [] });
    }
  }
  return variables;
}

function* variablesOf(service: Service): Generator<[name: string, value: string]> {
  const address = clusterIP(service);
  const prefix = variablePart(service.metadata.name ?? '');
  const ports = service.spec?.ports ?? [];
  yield [`${prefix}_SERVICE_HOST`, address];
  if (ports[0] !== undefined) yield [`${prefix}_SERVICE_PORT`, String(ports[0].port)];
  for (const { name, port } of ports) {
    if (name) yield [`${prefix}_SERVICE_PORT_${variablePart(name)}`, String(port)];
  }
  for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
    const url = `${protocol.toLowerCase()}://${address.includes(':') ? `[${address}]` : address}:${port}`;
    if (index === 0) yield [`${prefix}_PORT`, url];
    const portPrefix = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    yield [portPrefix, url];
    yield [`${portPrefix}_PROTO`, protocol.toLowerCase()];
    yield [`${portPrefix}_PORT`, String(port)];
    yield [`${portPrefix}_ADDR`, address];
  }
}

function clusterIP(service: Service): string {
  const address = service.spec?.clusterIP ?? '';
  return address === 'None' ? '' : address;
}

function variablePart(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
