/**
 * A virtual node from nothing: `npm start` brings its own apiserver, `npm start -- --kubeconfig FILE` joins a cluster.
 * What is made here is gone at the end: pod, node, lease, and with its own apiserver everything.
 */
import { orStopped, parseCommandLine, runAndUndo, runMain, whenStopped, type Cleanup } from '@vk-sdk-examples/shared';
import { connect, hasCode, leases, nodes, pods, VirtualNode, VkError, type KubeApi, type Pod } from 'vk-sdk';
import { FakeApiServer } from 'vk-sdk/testing';
import { demoPod } from './demo-pod.js';
import { MemoryProvider } from './memory-provider.js';
import { PodLives } from './pod-lives.js';
import { say } from './say.js';

const command = {
  usage: 'npm start -- [--kubeconfig FILE] [--nodename NAME]',
  flags: {
    // The variable KUBECONFIG does not count: nobody's cluster gains a node by accident.
    kubeconfig: { value: 'FILE', help: 'join this cluster; without it: an apiserver in memory' },
    nodename: { value: 'NAME', default: 'quickstart', help: 'name of the node' },
  },
} as const;

interface Cluster {
  readonly client: KubeApi;
  readonly kubeconfig: string;
}

await runMain(async () => {
  const flags = parseCommandLine(command, process.argv.slice(2), {});
  await runAndUndo(
    (stop, cleanup) => quickstart(flags.nodename ?? 'quickstart', flags.kubeconfig, stop, cleanup),
    () => say('', 'Cleaning up …'),
  );
});

async function quickstart(
  name: string,
  kubeconfig: string | undefined,
  stop: AbortSignal,
  cleanup: Cleanup,
): Promise<void> {
  const cluster = kubeconfig === undefined ? await ownCluster(cleanup) : await joinCluster(kubeconfig, cleanup);
  const { client } = cluster;
  await orStopped(refuseToReplace(client, name), stop);

  const node = new VirtualNode(name, new MemoryProvider(), client);
  cleanup.add(`node ${name}`, () => removeNode(client, name));
  cleanup.add(`node ${name}`, () => node.close({ graceMs: 5_000 }));
  await node.start();
  await node.ready(stop);
  say('Node', `${name} is Ready`);

  const lives = new PodLives(client, name);
  cleanup.add('watch', () => lives.close());
  lives.start();
  const demo = await client.create(pods, demoPod(name));
  cleanup.add(`pod default/${demo.metadata.name ?? ''}`, () => removePod(client, demo, lives));
  await orStopped(lives.isRunning(demo), stop);

  say('', `\nIn another terminal:\n\n  kubectl --kubeconfig ${cluster.kubeconfig} get pods -o wide -w\n`);
  say('', 'Ctrl-C ends it, and leaves nothing behind.\n');
  await whenStopped(stop);
}

async function ownCluster(cleanup: Cleanup): Promise<Cluster> {
  const server = new FakeApiServer({ scheduler: true });
  await server.start();
  cleanup.add('apiserver', () => server.stop());
  say('API server', `${server.url}, in memory`);
  return server;
}

async function joinCluster(kubeconfig: string, cleanup: Cleanup): Promise<Cluster> {
  const client = await connect({ kubeconfig });
  cleanup.add('client', () => client.close());
  say('API server', client.connection.server);
  return { client, kubeconfig };
}

/** A node of that name that is somebody's must not be taken over, and not be deleted at the end. */
async function refuseToReplace(client: KubeApi, name: string): Promise<void> {
  try {
    await client.get(nodes, { name });
  } catch (error) {
    if (hasCode(error, 'NotFound')) return;
    throw error;
  }
  throw new VkError('AlreadyExists', `node ${name}: exists already; choose another name by --nodename, or delete it`);
}

/** Deletes the pod while the node is still there to confirm its end. */
async function removePod(client: KubeApi, pod: Pod, lives: PodLives): Promise<void> {
  const { namespace, name = '', uid } = pod.metadata;
  await ifPresent(client.delete(pods, { namespace, name }, { uid }));
  await lives.isGone(pod);
}

async function removeNode(client: KubeApi, name: string): Promise<void> {
  await ifPresent(client.delete(nodes, { name }));
  await ifPresent(client.delete(leases, { namespace: 'kube-node-lease', name }));
}

async function ifPresent(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!hasCode(error, 'NotFound')) throw error;
  }
}
