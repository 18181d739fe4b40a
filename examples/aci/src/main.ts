import {
  nodeFlags,
  parseCommandLine,
  resolveNodeSettings,
  runMain,
  runNode,
  UsageError,
  type NodeSettings,
} from '@vk-sdk-examples/shared';
import { AciProvider } from './aci-provider.js';
import { resolveAciSettings, type AciSettings } from './config/aci-settings.js';
import { runEmbedded } from './embedded.js';
import { emulatedSettings, startEmulatedCloud } from './emulated-cloud.js';

const { default: _, ...os } = nodeFlags.os;

const command = {
  usage: 'npm run aci -- [--kubeconfig FILE [--emulator]] [--nodename NAME] [--provider-config FILE] [flags]',
  flags: {
    ...nodeFlags,
    kubeconfig: { ...nodeFlags.kubeconfig, help: 'cluster to join; without one: an apiserver in memory, and a demo' },
    emulator: { type: 'boolean', help: 'no Azure: a cloud in this process, whose containers are processes' },
    // The file may say so too.
    os: { ...os, help: "operating system of the pods: linux or windows; the default is the file's, or linux" },
    'provider-config': { value: 'FILE', help: "azure-aci's configuration, in TOML; variables go before it" },
    'full-resync-period': { ...nodeFlags['full-resync-period'], default: '5m' },
  },
} as const;

await runMain(async () => {
  const flags = parseCommandLine(command, process.argv.slice(2), process.env);
  const isInCluster = Boolean(process.env['KUBERNETES_SERVICE_HOST']);
  if (flags.kubeconfig === undefined && !isInCluster) {
    if (flags['provider-config'] !== undefined) {
      throw new UsageError('--provider-config: goes with a cluster, by --kubeconfig');
    }
    await runEmbedded(flags.nodename ?? nodeFlags.nodename.default);
    return;
  }
  const settings = resolveNodeSettings('azure', flags, process.env);
  if (!flags.emulator) {
    const { nodeName, clusterDomain, providerConfig } = settings;
    const given = { nodeName, clusterDomain, providerConfig, operatingSystem: flags.os };
    await serve(resolveAciSettings(given, process.env), settings);
    return;
  }
  if (settings.providerConfig !== undefined) {
    throw new UsageError('--provider-config: describes a node of Azure, and --emulator has none');
  }
  const cloud = await startEmulatedCloud();
  try {
    await serve(emulatedSettings(cloud, settings.nodeName, settings.clusterDomain), settings);
  } finally {
    await cloud.close();
  }
});

async function serve(aci: AciSettings, settings: NodeSettings): Promise<void> {
  const { logger, internalIP, fullResyncPeriodMs } = settings;
  const provider = new AciProvider(aci, {
    hostIP: internalIP,
    tracker: { cleanup: { intervalMs: fullResyncPeriodMs } },
    logger,
  });
  try {
    await runNode('azure', provider, {
      ...settings,
      operatingSystem: aci.groups.operatingSystem === 'Windows' ? 'windows' : 'linux',
      kubelet: { ...settings.kubelet, metrics: [provider.tracker.metrics] },
      // The tracker looks for pods that nobody wants, by a list that it has anyway.
      fullResyncPeriodMs: Infinity,
    });
  } finally {
    await provider.close();
  }
}
