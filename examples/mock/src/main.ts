import {
  nodeFlags,
  parseCommandLine,
  resolveNodeSettings,
  runMain,
  runNode,
  UsageError,
} from '@vk-sdk-examples/shared';
import { loadMockConfig } from './config.js';
import { Failures } from './failures.js';
import { MockProvider, NotifyingMockProvider } from './mock-provider.js';

const command = {
  usage: 'npm run mock -- --kubeconfig FILE [--nodename NAME] [--provider-config FILE] [flags]',
  flags: {
    ...nodeFlags,
    mode: { value: 'MODE', default: 'notify', help: 'notify: the provider tells of changes; sync: it is asked' },
    'create-delay-ms': { value: 'MS', default: '0', help: 'how long a creation takes' },
    'start-delay-ms': { value: 'MS', default: '0', help: 'how long the containers of a created pod are waiting' },
    'delete-delay-ms': { value: 'MS', default: '0', help: 'how long a deletion takes' },
    'fail-create': { value: 'N|SHARE', default: '0', help: 'creations that fail: the first N, or a share such as 20%' },
    'fail-delete': { value: 'N|SHARE', default: '0', help: 'deletions that fail: the first N, or a share such as 20%' },
  },
} as const;

await runMain(async () => {
  const flags = parseCommandLine(command, process.argv.slice(2), process.env);
  const settings = resolveNodeSettings('mock', flags, process.env);
  if (flags.mode !== 'notify' && flags.mode !== 'sync') {
    throw new UsageError(`--mode: "${flags.mode ?? ''}" is neither notify nor sync`);
  }
  const Mode = flags.mode === 'sync' ? MockProvider : NotifyingMockProvider;
  const provider = new Mode({
    node: await loadMockConfig(settings.providerConfig, settings.nodeName),
    ...(settings.internalIP !== undefined && { hostIP: settings.internalIP }),
    createDelayMs: milliseconds('--create-delay-ms', flags['create-delay-ms']),
    startDelayMs: milliseconds('--start-delay-ms', flags['start-delay-ms']),
    deleteDelayMs: milliseconds('--delete-delay-ms', flags['delete-delay-ms']),
    failCreate: new Failures('--fail-create', flags['fail-create'] ?? '0', Math.random),
    failDelete: new Failures('--fail-delete', flags['fail-delete'] ?? '0', Math.random),
  });
  try {
    await runNode('mock', provider, settings);
  } finally {
    provider.close();
  }
});

function milliseconds(flag: string, text = '0'): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${flag}: "${text}" is not a number of milliseconds`);
  return Number(text);
}
