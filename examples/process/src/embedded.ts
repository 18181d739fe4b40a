/** A node without a cluster: an apiserver in memory, a pod to try kubectl on, and nothing left at the end. */
import { mkdtemp } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { orStopped, podReady, runAndUndo, textLogger, whenStopped, type Cleanup } from '@vk-sdk-examples/shared';
import { pods, VirtualNode } from 'vk-sdk';
import { FakeApiServer } from 'vk-sdk/testing';
import { demoPod } from './demo-pod.js';
import { ProcessProvider } from './process-provider.js';

export async function runEmbedded(nodeName: string): Promise<void> {
  await runAndUndo((stop, cleanup) => serve(nodeName, stop, cleanup));
}

async function serve(nodeName: string, stop: AbortSignal, cleanup: Cleanup): Promise<void> {
  const logger = textLogger('warn');
  const server = new FakeApiServer({ scheduler: true, metrics: true });
  await server.start();
  cleanup.add('apiserver', () => server.stop());

  const stateFolder = await mkdtemp(join(tmpdir(), 'vk-process-'));
  const provider = new ProcessProvider({ nodeName, stateFolder, logger });
  cleanup.add(`processes and files in ${stateFolder}`, () => provider.remove());
  provider.start();

  const node = new VirtualNode(nodeName, provider, server.client, {
    logger,
    kubelet: { port: 0 },
    node: { provider: 'process' },
  });
  cleanup.add(`node ${nodeName}`, () => node.close({ graceMs: 5_000 }));
  await node.start();
  await node.ready(stop);

  const port = await freePort();
  await server.client.create(pods, demoPod(nodeName, port));
  await orStopped(podReady(node, server.client, 'demo'), stop);
  process.stdout.write(instructions(server.kubeconfig, stateFolder, port));
  await whenStopped(stop);
}

function instructions(kubeconfig: string, stateFolder: string, port: number): string {
  return `
The pod default/demo runs as processes of this machine, with its files in ${stateFolder}. In another terminal:

  export KUBECONFIG=${kubeconfig}
  kubectl get pods -o wide
  kubectl logs -f demo -c ticker
  kubectl exec -it demo -c web -- sh
  kubectl port-forward demo 8080:${port}
  kubectl debug -it demo --image=any
  kubectl delete pod demo

Ctrl-C ends it, and leaves nothing behind.
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
