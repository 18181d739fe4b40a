/** The routes that answer from the provider's stats summary. kubelet-protocol §6. */
import type { StatsSummary } from '../../provider/stats.js';
import { VkError } from '../../runtime/errors.js';
import type { KubeletBackend } from '../backend.js';
import type { PlainCall } from '../call.js';
import { Refusal } from '../refusal.js';
import { cadvisorMetrics } from './cadvisor-metrics.js';
import { expositionType, renderExposition } from './exposition.js';
import { resourceMetrics } from './resource-metrics.js';

/** `GET /stats/summary`. A provider that fails is answered as its error says. */
export async function serveStatsSummary(call: PlainCall, backend: KubeletBackend): Promise<void> {
  const summary = await fetchSummary(call, backend);
  answer(call, 'application/json', JSON.stringify(summary));
}

/**
 * `GET /metrics/resource`. A provider that fails is answered with 200 and `resource_scrape_error 1`, as the kubelet does:
 * the scraper is told that there are no figures, and not that there is no node.
 */
export async function serveResourceMetrics(call: PlainCall, backend: KubeletBackend): Promise<void> {
  requireStats(backend);
  let summary: StatsSummary | undefined;
  try {
    summary = await fetchSummary(call, backend);
  } catch (err) {
    if (call.signal.aborted) throw err;
    call.logger.warn({ err }, 'provider gave no stats');
  }
  answer(call, expositionType, renderExposition(resourceMetrics(summary)));
}

/** `GET /metrics/cadvisor`. Empty, and valid, for a provider without stats: scrapers ask every node. */
export async function serveCadvisorMetrics(call: PlainCall, backend: KubeletBackend): Promise<void> {
  const summary = backend.provider.getStatsSummary === undefined ? undefined : await fetchSummary(call, backend);
  answer(call, expositionType, summary === undefined ? '' : renderExposition(cadvisorMetrics(summary)));
}

/** `GET /metrics/probes`: empty, and valid. Who runs probes is the provider. */
export async function serveProbeMetrics(call: PlainCall): Promise<void> {
  answer(call, expositionType, '');
}

export function answer({ response }: PlainCall, contentType: string, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(200, {
    'Content-Type': contentType,
    'Content-Length': body.length,
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}

function requireStats({ provider }: KubeletBackend): NonNullable<KubeletBackend['provider']['getStatsSummary']> {
  if (provider.getStatsSummary === undefined) {
    throw new Refusal('NotImplemented', 'stats: the provider does not implement getStatsSummary');
  }
  return provider.getStatsSummary.bind(provider);
}

async function fetchSummary({ signal, logger }: PlainCall, backend: KubeletBackend): Promise<StatsSummary> {
  const getStatsSummary = requireStats(backend);
  signal.throwIfAborted();
  const summary: unknown = await getStatsSummary({ signal, logger });
  signal.throwIfAborted();
  if (isSummary(summary)) return summary;
  throw new VkError('Internal', `stats of node ${backend.nodeName}: getStatsSummary answered no summary`);
}

/** Enough of one that reading it throws nothing. */
function isSummary(value: unknown): value is StatsSummary {
  const { node, pods } = Object(value) as { node?: unknown; pods?: unknown };
  if (typeof node !== 'object' || node === null || !Array.isArray(pods)) return false;
  return pods.every((pod) => {
    const { podRef, containers } = Object(pod) as { podRef?: unknown; containers?: unknown };
    const { name, namespace } = Object(podRef) as { name?: unknown; namespace?: unknown };
    if (typeof name !== 'string' || typeof namespace !== 'string' || !Array.isArray(containers)) return false;
    return containers.every((each) => typeof (Object(each) as { name?: unknown }).name === 'string');
  });
}
