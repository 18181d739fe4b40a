/** Each kubectl that there is, against pods of shell providers. */
import { describe, expect, it } from 'vitest';
import type { TestCluster } from '../../../src/testing/cluster.js';
import type { ShellWorld } from '../support/shell-world.js';
import { StreamKubectl } from '../support/stream-kubectl.js';
import { kubectlExec } from './kubectl-exec.js';
import { kubectlLogs } from './kubectl-logs.js';
import { kubectlPortForward } from './kubectl-port-forward.js';

export function kubectlStreams(
  cluster: () => TestCluster,
  world: ShellWorld,
  more: (at: { readonly kubectl: StreamKubectl }) => void,
): void {
  const binaries = StreamKubectl.all(cluster);

  it.skipIf(binaries.length > 0)(
    'kubectl is neither on the PATH nor in KUBEBUILDER_ASSETS: its tests are left out',
    () => {
      expect(binaries).toEqual([]);
    },
  );

  describe.each(binaries)('kubectl $version', (kubectl) => {
    // The long ones by one of them, unless time does not matter.
    const thorough = kubectl === binaries.at(-1) || process.env['VK_SDK_FULL'] !== undefined;
    kubectlExec(kubectl, thorough);
    kubectlLogs(kubectl, world);
    kubectlPortForward(kubectl, thorough);
    more({ kubectl });

    it('debug attaches to an ephemeral container', async () => {
      const name = `debug-${kubectl.version.replaceAll(/[^a-z0-9]+/g, '-')}`;
      const command = ['sh', '-c', 'echo from the debugger; read line; echo "got $line"'];
      const args = ['debug', 'declared', '--image=example.com/debug:1', '-c', name, '-i', '--', ...command];
      const { code, stdout, stderr } = await kubectl.run(args, undefined, 'input\n');
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stdout).toBe('from the debugger\ngot input\n');
    });
  });
}
