import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  nodeFlags,
  parseCommandLine,
  resolveNodeSettings,
  runMain,
  runNode,
  UsageError,
} from '@vk-sdk-examples/shared';
import { runEmbedded } from './embedded.js';
import { machineAddress } from './machine-address.js';
import { ProcessProvider } from './process-provider.js';

const command = {
  usage: 'npm run process -- [--kubeconfig FILE] [--nodename NAME] [--state-dir FOLDER] [flags]',
  flags: {
    ...nodeFlags,
    kubeconfig: { ...nodeFlags.kubeconfig, help: 'cluster to join; without one: an apiserver in memory, and a demo' },
    'state-dir': {
      value: 'FOLDER',
      help: 'where pods and their logs are; the default is vk-sdk-process/<node> in $XDG_STATE_HOME or ~/.local/state',
    },
  },
} as const;

await runMain(async () => {
  const flags = parseCommandLine(command, process.argv.slice(2), process.env);
  const isInCluster = Boolean(process.env['KUBERNETES_SERVICE_HOST']);
  if (flags.kubeconfig === undefined && !isInCluster) {
    if (flags['state-dir'] !== undefined) throw new UsageError('--state-dir: goes with a cluster, by --kubeconfig');
    await runEmbedded(flags.nodename ?? 'process');
    return;
  }
  const settings = resolveNodeSettings('process', flags, process.env);
  const { nodeName, logger, internalIP } = settings;
  const provider = new ProcessProvider({
    nodeName,
    stateFolder: flags['state-dir'] ?? defaultStateFolder(nodeName),
    address: internalIP ?? machineAddress(),
    logger,
  });
  provider.start();
  try {
    await runNode('process', provider, settings);
  } finally {
    provider.close();
  }
});

function defaultStateFolder(nodeName: string): string {
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'vk-sdk-process', nodeName);
}
