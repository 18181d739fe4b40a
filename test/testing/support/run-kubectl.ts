/** Runs real kubectl binaries against a cluster, each with a home of its own. */
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The binaries there are: the one on the path, and the one beside the control plane's programs. */
export function kubectlBinaries(): { readonly binary: string; readonly version: string }[] {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  return ['kubectl', ...(assets ? [join(assets, 'kubectl')] : [])].flatMap((binary) => {
    try {
      const output = execFileSync(binary, ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
      const parsed = JSON.parse(output) as { clientVersion: { gitVersion: string } };
      return [{ binary, version: parsed.clientVersion.gitVersion }];
    } catch {
      return [];
    }
  });
}

export class Kubectl implements Disposable {
  readonly #binary: string;
  readonly #kubeconfig: string;
  readonly #home = mkdtempSync(join(tmpdir(), 'vk-sdk-kubectl-'));

  constructor(binary: string, kubeconfig: string) {
    this.#binary = binary;
    this.#kubeconfig = kubeconfig;
  }

  /** Resolves whatever the exit code; `input` is its stdin. */
  async run(args: readonly string[], input?: string): Promise<Result> {
    const child = this.start(args);
    child.stdin.end(input ?? '');
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exitCode) => resolve(exitCode ?? -1));
    });
    return { code, stdout, stderr };
  }

  /** Stdout of a command that must succeed. Words are split at blanks. */
  async ok(command: string, input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(command.split(' '), input);
    if (code !== 0) throw new Error(`kubectl ${command}: exit code ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  start(args: readonly string[]): ChildProcessWithoutNullStreams {
    const env = { PATH: process.env['PATH'], HOME: this.#home, KUBECACHEDIR: join(this.#home, 'cache') };
    return spawn(this.#binary, ['--kubeconfig', this.#kubeconfig, ...args], { env });
  }

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}
