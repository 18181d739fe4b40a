/** The kubelet's server, by the flags and variables of Go's virtual-kubelet binary. */
import { authoritiesFromFile, certificateFromFiles, type VirtualNodeKubeletOptions } from 'vk-sdk';
import { UsageError, type Flag, type Flags } from './command-line.js';
import { parseDuration } from './duration.js';

export const kubeletFlags = {
  'client-verify-ca': {
    value: 'FILE',
    env: 'APISERVER_CA_CERT_LOCATION',
    help: 'whose client certificates are taken, in PEM; without it those that the cluster publishes',
  },
  'no-verify-clients': {
    type: 'boolean',
    help: 'let callers without credentials in as system:anonymous, for the cluster to judge what they may',
  },
  'stream-idle-timeout': { value: 'TIME', default: '4h', help: 'how long a stream may be silent' },
  'stream-creation-timeout': { value: 'TIME', default: '30s', help: 'how long a client may take to open its streams' },
} as const satisfies Record<string, Flag>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Go's port; 0 takes any that is free. */
const defaultPort = '10250';

export function kubeletOf(flags: Flags<keyof typeof kubeletFlags>, env: Environment): VirtualNodeKubeletOptions {
  const authority = flags['client-verify-ca'];
  const certificate = certificateOf(env);
  const address = env['VKUBELET_POD_IP'];
  return {
    port: portOf(env['KUBELET_PORT'] || defaultPort),
    // An address that is given may be a load balancer's, on which nobody here can listen.
    ...(address && { host: address.includes(':') ? '::' : '0.0.0.0' }),
    ...(certificate && { certificate }),
    ...(authority !== undefined && { clientAuthorities: authoritiesFromFile(authority) }),
    ...(flags['no-verify-clients'] && { unauthenticatedRequests: 'let-in-as-system-anonymous' as const }),
    streaming: {
      idleTimeoutMs: parseDuration('--stream-idle-timeout', flags['stream-idle-timeout'] ?? '4h'),
      creationTimeoutMs: parseDuration('--stream-creation-timeout', flags['stream-creation-timeout'] ?? '30s'),
    },
  };
}

/** Without one the node makes its own, which apiservers take as long as they are not told to verify it. */
function certificateOf(env: Environment): VirtualNodeKubeletOptions['certificate'] {
  const { APISERVER_CERT_LOCATION: certificateFile, APISERVER_KEY_LOCATION: keyFile } = env;
  if (certificateFile && keyFile) return certificateFromFiles(certificateFile, keyFile);
  if (certificateFile || keyFile) {
    throw new UsageError('APISERVER_CERT_LOCATION and APISERVER_KEY_LOCATION: one is of no use without the other');
  }
  return undefined;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError(`KUBELET_PORT: "${text}" is not a port`);
  return port;
}
