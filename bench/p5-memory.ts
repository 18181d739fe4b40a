/** P5: what one process needs for many pods, and for few. */
import { setTimeout as delay } from 'node:timers/promises';
import { clientOf, type Connection } from './connection.js';
import { createPods, revision, untilRunning } from './load.js';
import type { Benchmark, Measurement } from './measurement.js';
import { Program } from './program.js';

const many = Number(process.env['BENCH_P5_PODS'] ?? 100_000);
const few = 10;
/** What is not yet in use again after a start is collected by then. */
const settleMs = 5_000;

export const p5: Benchmark = {
  name: 'p5',
  about: `resident memory of a node with ${many} pods, and of one with ${few}`,
  run: async () => [await withMany(), await withFew()],
};

async function withMany(): Promise<Measurement> {
  const server = await Program.start('pod-server', { pods: many, node: 'bench' });
  const connection = await server.ask<Connection>('connection');
  const node = await Program.start('adopting-node', { connection, name: 'bench' });
  try {
    await node.ask('start');
    await delay(settleMs);
    const { pods } = await node.ask<{ pods: number }>('status');
    if (pods !== many) throw new Error(`the node knows ${pods} of ${many} pods`);
    const writes = await server.ask<number>('podWrites');
    const megabytes = (await node.ask<number>('memory')) / 1e6;
    return {
      id: 'P5',
      what: `resident memory of a node that adopted ${many} running pods of 3.8 KB (${writes} status writes)`,
      target: '≤ 600 MB',
      measured: `${megabytes.toFixed(0)} MB`,
      met: megabytes <= 600,
    };
  } finally {
    await node.stop();
    await server.stop();
  }
}

async function withFew(): Promise<Measurement> {
  const fake = await Program.start('fake');
  const connection = await fake.ask<Connection>('connection');
  const client = clientOf(connection);
  const node = await Program.start('virtual-node', { connection, name: 'bench' });
  try {
    await node.ask('start');
    const running = untilRunning(client, 'load', await revision(client), few);
    await createPods(client, 'bench', 'load', few);
    await running;
    await delay(settleMs);
    const mebibytes = (await node.ask<number>('memory')) / 1024 / 1024;
    return {
      id: 'P5',
      what: `resident memory of a node with ${few} pods`,
      target: '≤ 100 MiB',
      measured: `${mebibytes.toFixed(0)} MiB`,
      met: mebibytes <= 100,
    };
  } finally {
    await client.close();
    await node.stop();
    await fake.stop();
  }
}
