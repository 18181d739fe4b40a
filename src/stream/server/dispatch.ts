/** From a route to whoever serves it, once the caller may. */
import { podRef } from '../../provider/provider.js';
import type { KubeletBackend, StreamingProvider } from '../backend.js';
import type { PlainCall, UpgradeCall } from '../call.js';
import { serveContainerLogs } from '../logs/serve-container-logs.js';
import { servePortForward } from '../port-forward/routes.js';
import { Refusal } from '../refusal.js';
import { serveAttach, serveExec } from '../remote-command/routes.js';
import { serveRun } from '../remote-command/serve-run.js';
import type { MetricsSources } from '../../runtime/metrics/metric-family.js';
import { serveMetrics } from '../stats/serve-metrics.js';
import {
  serveCadvisorMetrics,
  serveProbeMetrics,
  serveResourceMetrics,
  serveStatsSummary,
} from '../stats/serve-stats.js';
import type { StreamingOptions } from '../streaming-options.js';
import { serveConfigz, servePods, serveRunningPods, serveText, type ConfigzFacts } from './node-routes.js';
import { requireContainer, requirePod } from './pod-target.js';
import type { PlainRoute, Route, RouteKind, UpgradeRoute } from './route.js';

/** What the provider must have for a route. */
const capabilities: Partial<Record<RouteKind, keyof StreamingProvider>> = {
  exec: 'runInContainer',
  run: 'runInContainer',
  attach: 'attachToContainer',
  portForward: 'portForward',
  containerLogs: 'getContainerLogs',
  statsSummary: 'getStatsSummary',
  resourceMetrics: 'getStatsSummary',
};

/** Throws a 501 that says what to implement. */
export function requireCapability({ kind }: Route, provider: StreamingProvider): void {
  const method = capabilities[kind];
  if (method === undefined || typeof provider[method] === 'function') return;
  throw new Refusal('NotImplemented', `${kind}: not served by this node, whose provider does not implement ${method}`);
}

/** Resolves when the session is over. Rejects before the upgrade for what is then answered. */
export async function dispatchUpgrade(
  route: UpgradeRoute,
  call: UpgradeCall,
  { pods, provider }: KubeletBackend,
  options: StreamingOptions,
): Promise<void> {
  switch (route.kind) {
    case 'exec':
      return serveExec(call, requireContainer(pods, route.target).ref, provider, options);
    case 'attach':
      return serveAttach(call, requireContainer(pods, route.target).ref, provider, options);
    case 'portForward':
      return servePortForward(call, podRef(requirePod(pods, route.target)), provider, options);
  }
}

export interface PlainContext {
  readonly backend: KubeletBackend;
  readonly streaming: StreamingOptions;
  readonly metrics: MetricsSources;
  configz(): ConfigzFacts;
}

/** Resolves when the answer is given. Rejects with what is then answered, as long as no headers are sent. */
export async function dispatchPlain(
  route: PlainRoute,
  call: PlainCall,
  { backend, streaming, metrics, configz }: PlainContext,
): Promise<void> {
  const { pods, provider } = backend;
  switch (route.kind) {
    case 'containerLogs': {
      const pod = requirePod(pods, route.target, `pod ${JSON.stringify(route.target.name)} does not exist`);
      return serveContainerLogs(call, { ...podRef(pod), container: route.target.container }, pod, provider, streaming);
    }
    case 'run':
      return serveRun(call, requireContainer(pods, route.target).ref, provider, streaming);
    case 'statsSummary':
      return serveStatsSummary(call, backend);
    case 'resourceMetrics':
      return serveResourceMetrics(call, backend);
    case 'metrics':
      return serveMetrics(call, metrics);
    // Prometheus' usual configurations scrape both, and take a 404 for a node that is down.
    case 'cadvisorMetrics':
      return serveCadvisorMetrics(call, backend);
    case 'probeMetrics':
      return serveProbeMetrics(call);
    case 'healthz':
      serveText(call.response, 'ok');
      return;
    case 'pods':
      servePods(call.response, backend);
      return;
    case 'runningPods':
      serveRunningPods(call.response, backend);
      return;
    case 'configz':
      serveConfigz(call.response, configz());
      return;
    case 'checkpoint':
      throw new Refusal('NotImplemented', 'checkpoint: this node has no checkpoints of containers');
    case 'nodeLogs':
      throw new Refusal('NotImplemented', 'logs: this node has no log files of its own; see those of its process');
  }
}
