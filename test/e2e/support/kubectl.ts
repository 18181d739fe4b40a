/** Runs the real kubectl against a test cluster. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestCluster } from '../../../src/testing/cluster.js';

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Path of the kubectl beside the control plane's programs, if there is one. */
export function kubectlPath(): string | undefined {
  const path = join(process.env['KUBEBUILDER_ASSETS'] ?? '/usr/local/kubebuilder/bin', 'kubectl');
  return existsSync(path) ? path : undefined;
}

/** Runs kubectl to its end, at most `timeoutMs`. A failing command is an answer, not an error. */
export function kubectl(cluster: TestCluster, args: readonly string[], timeoutMs = 30_000): Promise<KubectlResult> {
  const path = kubectlPath();
  if (path === undefined) throw new Error('kubectl: not found in KUBEBUILDER_ASSETS');
  // Its cache is keyed by address, and the next test's cluster may get the same port.
  const flags = ['--kubeconfig', cluster.kubeconfig, '--cache-dir', join(dirname(cluster.kubeconfig), 'kubectl-cache')];
  return new Promise((resolve) => {
    execFile(path, [...flags, ...args], { timeout: timeoutMs }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}
