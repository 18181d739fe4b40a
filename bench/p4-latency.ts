/** P4: create-to-Running latency at 20 pods/s, of a virtual node and of the least code that does the same. */
import { setTimeout as delay } from 'node:timers/promises';
import { pods } from '../src/kube/resources.js';
import { ControlPlane } from '../src/testing/control-plane.js';
import { clientOf, type Connection } from './connection.js';
import { connectionOf } from './control-plane-connection.js';
import { loadPod, PodWatch, revision } from './load.js';
import { quantile, type Benchmark } from './measurement.js';
import { Program } from './program.js';

const count = 300;
const perSecond = 20;

export const p4: Benchmark = {
  name: 'p4',
  about: `latency from created to Running at ${perSecond} pods/s, against the least code that does the same`,
  run: async () => {
    const real = ControlPlane.available();
    const server = real ? new ControlPlane() : undefined;
    await server?.start();
    const fake = real ? undefined : await Program.start('fake');
    try {
      const connection = server ? await connectionOf(server) : await fake?.ask<Connection>('connection');
      if (!connection) throw new Error('no server');
      const bare = await latencies('bare-node', connection);
      const ours = await latencies('virtual-node', connection);
      const added = quantile(ours, 0.99) - quantile(bare, 0.99);
      const of = (times: readonly number[]): string =>
        [0.5, 0.9, 0.99].map((q) => quantile(times, q).toFixed(1)).join(', ');
      const where = real ? 'real control plane' : 'fake apiserver';
      return [
        {
          id: 'P4',
          what: `latency that the SDK adds at ${perSecond} pods/s, p99 (${where})`,
          target: '≤ 50 ms',
          measured: `${added.toFixed(1)} ms (p50, p90, p99: ${of(ours)} ms; bare: ${of(bare)} ms)`,
          met: added <= 50,
        },
      ];
    } finally {
      await server?.stop();
      await fake?.stop();
    }
  },
};

/** From the moment a pod's creation is sent to the event that shows it Running, in ms. */
async function latencies(program: string, connection: Connection): Promise<number[]> {
  const client = clientOf(connection);
  const node = await Program.start(program, { connection, name: program });
  try {
    await node.ask('start');
    const sent = new Map<string, number>();
    const taken = new Map<string, number>();
    const watch = new PodWatch(client, program, await revision(client), ({ name, running, at }) => {
      if (running && !taken.has(name)) taken.set(name, at - (sent.get(name) ?? Number.NaN));
    });
    const begin = performance.now();
    for (let index = 0; index < count; index += 1) {
      await delay(Math.max(0, begin + (index * 1000) / perSecond - performance.now()));
      const pod = loadPod(program, program, index);
      sent.set(pod.metadata.name ?? '', performance.now());
      void client.create(pods, pod);
    }
    const deadline = performance.now() + 10_000;
    while (taken.size < count && performance.now() < deadline) await delay(20);
    await watch.stop();
    if (taken.size < count) throw new Error(`${program}: ${taken.size} of ${count} pods are Running`);
    // The first second warms the processes up.
    return [...taken.values()].slice(perSecond);
  } finally {
    await node.stop();
    await client.close();
  }
}
