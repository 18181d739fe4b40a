/**
 * A virtual node as a process of its own, to be killed: `node --import tsx node-program.ts SETTINGS`, settings as JSON.
 * It kills itself at the point it is told, so that the moment is exact.
 */
import { KubeClient } from '../../../src/kube/client.js';
import { loadKubeconfig } from '../../../src/kube/config/load-kubeconfig.js';
import { VirtualNode } from '../../../src/node/virtual-node.js';
import { FileBackend } from './file-backend.js';
import type { NodeProgramSettings } from './node-process.js';

const settings = JSON.parse(process.argv[2] ?? '{}') as NodeProgramSettings;

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

const backend = new FileBackend(settings.folder, {
  at: (point) => {
    if (point === settings.dieAt) die();
  },
});
const client = new KubeClient(await loadKubeconfig({ path: settings.kubeconfig }));
const node = new VirtualNode(settings.nodeName, backend, client);
const started = node.start();
if (settings.dieAt === 'starting') die();
await started;
await node.ready();
process.stdout.write('ready\n');
// The parent's end is this process' end: it holds the other side of the pipe.
process.stdin.resume().once('end', () => process.exit(0));
