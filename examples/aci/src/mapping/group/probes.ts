/** Liveness and readiness probes: by a command, or by HTTP. What a pod leaves out is as the API's defaults are. */
import type { ContainerHttpGet, ContainerProbe } from '@azure/arm-containerinstance';
import type { Container, EnvironmentVariable } from 'vk-sdk';
import { wordsOf } from './command.js';
import { checkFields, refused, type FieldRule } from './fields.js';
import type { Refusals } from './refusals.js';

type Probe = NonNullable<Container['livenessProbe']>;
type HttpGet = NonNullable<Probe['httpGet']>;

const useAnother = 'the cloud probes by exec and httpGet';

const probeFields = {
  exec: 'mapped',
  httpGet: 'mapped',
  failureThreshold: 'mapped',
  initialDelaySeconds: 'mapped',
  periodSeconds: 'mapped',
  successThreshold: 'mapped',
  timeoutSeconds: 'mapped',
  grpc: refused(useAnother),
  tcpSocket: refused(useAnother),
  terminationGracePeriodSeconds: refused('the cloud gives every container a time of its own to stop'),
} as const satisfies Record<keyof Probe, FieldRule>;

const httpFields = {
  httpHeaders: 'mapped',
  path: 'mapped',
  port: 'mapped',
  scheme: 'mapped',
  host: refused('the cloud asks the container itself; set a Host header'),
} as const satisfies Record<keyof HttpGet, FieldRule>;

/** `path` is the probe's own. */
export function probeOf(
  container: Container,
  kind: 'livenessProbe' | 'readinessProbe',
  variables: readonly EnvironmentVariable[],
  containerPath: string,
  refusals: Refusals,
): ContainerProbe | undefined {
  const probe = container[kind];
  if (!probe) return undefined;
  const path = `${containerPath}.${kind}`;
  checkFields(probe, path, probeFields, refusals);
  const { exec, httpGet } = probe;
  if (!exec && !httpGet) refusals.add(path, useAnother);
  if (exec && httpGet) refusals.add(path, 'has both exec and httpGet');
  return {
    ...(exec && { exec: { command: wordsOf(exec.command ?? [], variables, `${path}.exec.command`, refusals) } }),
    ...(httpGet && { httpGet: httpGetOf(container, httpGet, `${path}.httpGet`, refusals) }),
    initialDelaySeconds: probe.initialDelaySeconds ?? 0,
    periodSeconds: probe.periodSeconds ?? 10,
    failureThreshold: probe.failureThreshold ?? 3,
    successThreshold: probe.successThreshold ?? 1,
    timeoutSeconds: probe.timeoutSeconds ?? 1,
  };
}

function httpGetOf(container: Container, get: HttpGet, path: string, refusals: Refusals): ContainerHttpGet {
  checkFields(get, path, httpFields, refusals);
  const port = portNumber(container, get.port);
  if (port === undefined) refusals.add(`${path}.port`, 'neither a port nor the name of one of the container’s');
  return {
    port: port ?? 0,
    path: get.path ?? '/',
    // The cloud writes schemes in lower case, Kubernetes in upper.
    scheme: (get.scheme ?? 'HTTP').toLowerCase(),
    ...(get.httpHeaders?.length && { httpHeaders: get.httpHeaders.map(({ name, value }) => ({ name, value })) }),
  };
}

/** A number, a number as text, or the name of a port of the container. */
function portNumber({ ports = [] }: Container, port: unknown): number | undefined {
  const named = ports.find(({ name }) => name !== undefined && name === port)?.containerPort;
  const number = named ?? Number(port);
  return Number.isInteger(number) && number > 0 && number < 65_536 ? number : undefined;
}
