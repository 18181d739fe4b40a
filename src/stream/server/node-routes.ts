/** The routes that answer from what the server itself knows. kubelet-protocol §6. */
import type { ServerResponse } from 'node:http';
import type { Pod } from '../../kube/types.js';
import type { KubeletBackend } from '../backend.js';
import { tls12SuiteNames } from './tls-settings.js';

export function serveText(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

export function serveJson(response: ServerResponse, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  response.end(body);
}

/** Every pod of the node, as a PodList. */
export function servePods(response: ServerResponse, { pods }: KubeletBackend): void {
  serveJson(response, podList(pods.list()));
}

/** Pods of which a container runs, with no more of them than what runs: the kubelet's own list is of its runtime's. */
export function serveRunningPods(response: ServerResponse, { pods }: KubeletBackend): void {
  serveJson(response, podList(pods.list().flatMap((pod) => runningPart(pod) ?? [])));
}

function podList(items: readonly object[]): object {
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items };
}

function runningPart({ metadata, spec, status }: Pod): object | undefined {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const running = all.filter(({ state }) => state?.running !== undefined).map(({ name, image }) => ({ name, image }));
  if (running.length === 0) return undefined;
  const { name, namespace, uid } = metadata;
  return {
    metadata: { name, namespace, uid, creationTimestamp: null },
    spec: { ...(spec.nodeName && { nodeName: spec.nodeName }), containers: running },
    status: {},
  };
}

export interface ConfigzFacts {
  readonly host: string;
  readonly port: number;
  readonly anonymous: boolean;
  readonly idleTimeoutMs: number;
}

/** What of a kubelet's configuration is true of this server, in its words: what benchmarks such as CIS read. */
export function serveConfigz(response: ServerResponse, { host, port, anonymous, idleTimeoutMs }: ConfigzFacts): void {
  serveJson(response, {
    kubeletconfig: {
      kind: 'KubeletConfiguration',
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      address: host,
      port,
      readOnlyPort: 0,
      authentication: { anonymous: { enabled: anonymous }, webhook: { enabled: true, cacheTTL: '2m0s' }, x509: {} },
      authorization: { mode: 'Webhook', webhook: { cacheAuthorizedTTL: '5m0s', cacheUnauthorizedTTL: '30s' } },
      tlsMinVersion: 'VersionTLS12',
      tlsCipherSuites: tls12SuiteNames,
      streamingConnectionIdleTimeout: `${Math.round(idleTimeoutMs / 1000)}s`,
    },
  });
}
