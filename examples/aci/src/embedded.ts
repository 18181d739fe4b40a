/** A node without a cluster and without an account: an apiserver in memory, an emulated cloud, and nothing left at the end. */
import { orStopped, podReady, runAndUndo, textLogger, whenStopped, type Cleanup } from '@vk-sdk-examples/shared';
import { pods, systemClock, VirtualNode } from 'vk-sdk';
import { FakeApiServer } from 'vk-sdk/testing';
import type { AciEmulator } from '../test/emulator/index.js';
import { AciProvider } from './aci-provider.js';
import { demoPod } from './demo-pod.js';
import { emulatedSettings, startEmulatedCloud } from './emulated-cloud.js';

export async function runEmbedded(nodeName: string): Promise<void> {
  await runAndUndo((stop, cleanup) => serve(nodeName, stop, cleanup));
}

async function serve(nodeName: string, stop: AbortSignal, cleanup: Cleanup): Promise<void> {
  const logger = textLogger('warn');
  const server = new FakeApiServer({ scheduler: true });
  await server.start();
  cleanup.add('apiserver', () => server.stop());

  const cloud = await startEmulatedCloud();
  cleanup.add('emulated cloud and its containers', () => cloud.close());
  const provider = new AciProvider(emulatedSettings(cloud, nodeName), {
    logger,
    // A cloud of one's own has no limits.
    tracker: { pace: { fastestMs: 500, slowestMs: 5_000 } },
    rereadIntervalMs: 500,
  });
  cleanup.add('provider', () => provider.close());
  void narrate(cloud, stop);

  const node = new VirtualNode(nodeName, provider, server.client, {
    logger,
    kubelet: { port: 0 },
    node: { provider: 'azure' },
    pods: { danglingIntervalMs: Infinity },
  });
  cleanup.add(`node ${nodeName}`, () => node.close({ graceMs: 5_000 }));
  await node.start();
  await node.ready(stop);

  await server.client.create(pods, demoPod(nodeName));
  await orStopped(podReady(node, server.client, 'demo'), stop);
  process.stdout.write(instructions(server.kubeconfig));
  await whenStopped(stop);
}

/** Says what the cloud has, whenever that changes: what is paid for, if it were a real one. */
async function narrate(cloud: AciEmulator, stop: AbortSignal): Promise<void> {
  let known: readonly string[] = [];
  while (!stop.aborted) {
    const names = [...cloud.groups.keys()];
    for (const name of names) if (!known.includes(name)) process.stdout.write(`cloud: container group ${name}\n`);
    for (const name of known)
      if (!names.includes(name)) process.stdout.write(`cloud: container group ${name} is gone\n`);
    known = names;
    await systemClock.sleep(100, stop).catch(() => undefined);
  }
}

function instructions(kubeconfig: string): string {
  return `
The pod default/demo runs as a container group of an emulated cloud, whose containers are processes of this machine. In
another terminal:

  export KUBECONFIG=${kubeconfig}
  kubectl get pods -o wide
  kubectl describe pod demo
  kubectl logs -f demo
  kubectl exec demo -- date                # the cloud tells no exit code, and kubectl says so
  kubectl exec -it demo -- sh
  kubectl delete pod demo                  # and its container group is gone

Ctrl-C ends it, and leaves nothing behind.
`;
}
