import { connect, VirtualNode, type Provider } from 'vk-sdk';
import type { NodeSettings } from './node-settings.js';
import { stopSignal, whenStopped } from './stop-signal.js';

/** Serves `provider` as a node until a signal ends the process, then leaves the node and its pods as they are. */
export async function runNode(providerName: string, provider: Provider, settings: NodeSettings): Promise<void> {
  const { nodeName, logger, internalIP, kubelet, startupTimeoutMs } = settings;
  const stop = stopSignal();
  const client = await connect(settings.cluster, { logger });
  const node = new VirtualNode(nodeName, provider, client, {
    logger,
    node: {
      provider: providerName,
      taints: settings.taints,
      operatingSystem: settings.operatingSystem,
      ...(internalIP !== undefined && { internalIP }),
    },
    kubelet,
    pods: { providerConcurrency: settings.podSyncWorkers, danglingIntervalMs: settings.fullResyncPeriodMs },
  });
  const late = new AbortController();
  const timer = startupTimeoutMs > 0 ? setTimeout(() => late.abort(tooLate(settings)), startupTimeoutMs) : undefined;
  try {
    await node.start();
    await node.ready(AbortSignal.any([stop, late.signal]));
    logger.info({ node: nodeName }, 'node is ready');
    clearTimeout(timer);
    await whenStopped(stop);
  } catch (error) {
    // What was under way when the signal came fails for that.
    if (!stop.aborted) throw error;
  } finally {
    clearTimeout(timer);
    logger.info({ node: nodeName }, 'node is closing');
    await node.close({ graceMs: 10_000 });
    await client.close();
  }
}

function tooLate({ nodeName, startupTimeoutMs }: NodeSettings): Error {
  return new Error(`node ${nodeName}: not ready within ${startupTimeoutMs} ms (--startup-timeout)`);
}
