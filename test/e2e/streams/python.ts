import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { TestCluster } from '../../../src/testing/cluster.js';

const script = fileURLToPath(new URL('../support/python-client.py', import.meta.url));
const prepared = fileURLToPath(new URL('../../../node_modules/.cache/python-client/bin/python', import.meta.url));

/** A Python that has the kubernetes client: the one that scripts/python-client.sh makes, or the one on the PATH. */
function python(): string | undefined {
  const candidate = existsSync(prepared) ? prepared : 'python3';
  try {
    execFileSync(candidate, ['-c', 'import kubernetes'], { stdio: 'ignore' });
    return candidate;
  } catch {
    return undefined;
  }
}

export function pythonStreams(cluster: () => TestCluster): void {
  const interpreter = python();
  const skipped = 'skipped without the kubernetes package of Python: scripts/python-client.sh installs it';

  it.skipIf(interpreter === undefined)(
    `kubelet-protocol §1: Python’s kubernetes client executes commands and forwards ports (${skipped})`,
    async () => {
      const target = createServer((socket) =>
        socket.on('data', (chunk: Buffer) => socket.end(`got ${chunk.toString()}`)),
      );
      await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void target.close());
      const { port } = target.address() as AddressInfo;
      const output = await new Promise<string>((resolve, reject) => {
        const args = [script, cluster().kubeconfig, 'declared', String(port)];
        execFile(interpreter ?? '', args, { timeout: 25_000 }, (error, stdout, stderr) => {
          if (error) reject(new Error(`${error.message}\n${stderr}`));
          else resolve(stdout);
        });
      });
      expect(JSON.parse(output)).toMatchObject({
        fails: { stdout: 'out\n', stderr: 'err\n', code: 7 },
        reads: { stdout: 'got a line\n', stderr: '', code: 0 },
        whole: 20_000,
        forward: {
          answer: 'got over the wire\n',
          error: expect.stringContaining('error forwarding port 1 to pod') as string,
        },
      });
    },
    30_000,
  );
}
