/** The real kubectl for commands that stream: each binary there is, over each protocol it knows. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawn as openTerminal, type IPty } from '@lydell/node-pty';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { kubectlBinaries } from '../../testing/support/run-kubectl.js';

/** How a session goes to the kubelet: kubectl's protocol, and whether the apiserver translates it. */
export interface Way {
  readonly name: string;
  /** For `KUBECTL_REMOTE_COMMAND_WEBSOCKETS` and `KUBECTL_PORT_FORWARD_WEBSOCKETS`. */
  readonly webSockets: boolean;
  /** The pod of the node that declares `ExtendWebSocketsToKubelet`, or of the one that does not. */
  readonly pod: 'declared' | 'undeclared';
}

export const ways: readonly Way[] = [
  { name: 'SPDY', webSockets: false, pod: 'declared' },
  { name: 'WebSocket', webSockets: true, pod: 'declared' },
  { name: 'WebSocket that the apiserver translates', webSockets: true, pod: 'undeclared' },
];

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class StreamKubectl {
  readonly version: string;
  readonly #binary: string;
  readonly #cluster: () => TestCluster;

  private constructor(binary: string, version: string, cluster: () => TestCluster) {
    this.#binary = binary;
    this.version = version;
    this.#cluster = cluster;
  }

  /** One for each binary there is. */
  static all(cluster: () => TestCluster): StreamKubectl[] {
    return kubectlBinaries().map(({ binary, version }) => new StreamKubectl(binary, version, cluster));
  }

  spawn(args: readonly string[], way: Pick<Way, 'webSockets'> = { webSockets: true }): ChildProcessWithoutNullStreams {
    return spawn(this.#binary, this.#args(args), { env: this.#env(way) });
  }

  /** Runs to the end. A failing command is an answer, not an error. */
  async run(args: readonly string[], way?: Pick<Way, 'webSockets'>, input = ''): Promise<Outcome> {
    const child = this.spawn(args, way);
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    return { code: await exitOf(child), stdout, stderr: withoutEarlyMessage(stderr) };
  }

  /** Runs in a pseudo-terminal. */
  terminal(args: readonly string[], way: Pick<Way, 'webSockets'>, size: { cols: number; rows: number }): IPty {
    return openTerminal(this.#binary, this.#args(args), { env: this.#env(way), ...size });
  }

  #args(args: readonly string[]): string[] {
    return ['--kubeconfig', this.#cluster().kubeconfig, ...args];
  }

  #env({ webSockets }: Pick<Way, 'webSockets'>): Record<string, string> {
    // Beside the kubeconfig, which goes with the cluster.
    const home = join(dirname(this.#cluster().kubeconfig), `kubectl-${this.version}`);
    mkdirSync(home, { recursive: true });
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      KUBECACHEDIR: home,
      TERM: 'xterm',
      KUBECTL_REMOTE_COMMAND_WEBSOCKETS: String(webSockets),
      KUBECTL_PORT_FORWARD_WEBSOCKETS: String(webSockets),
    };
  }
}

/**
 * What kubectl said, but for its line about a message that came before it had made its streams (1.32 does): the first of
 * each session is empty, and an apiserver is quick to send it. Were it another, what it held would be missing.
 */
export function withoutEarlyMessage(said: string): string {
  return said.replace(/^E\d{4} .*Unknown stream id \d+, discarding message\r?\n/gm, '');
}

export function exitOf(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
}
