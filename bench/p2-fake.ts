/** P2: one node on the fake apiserver, each in a process of its own: 10,000 pods Running, then deleted. */
import { pods } from '../src/kube/resources.js';
import { clientOf, type Connection } from './connection.js';
import { createPods, revision, untilGone, untilRunning } from './load.js';
import type { Benchmark } from './measurement.js';
import { Program } from './program.js';

const count = 10_000;

export const p2: Benchmark = {
  name: 'p2',
  about: `${count} pods to Running and deleted on the fake apiserver in another process`,
  run: async () => {
    const fake = await Program.start('fake');
    const connection = await fake.ask<Connection>('connection');
    const node = await Program.start('virtual-node', { connection, name: 'bench' });
    const client = clientOf(connection);
    try {
      await createPods(client, 'bench', 'load', count);
      const running = untilRunning(client, 'load', await revision(client), count);
      await node.ask('start');
      const { perSecond } = await running;
      const gone = untilGone(client, 'load', await revision(client), count);
      const askedAt = performance.now();
      await client.request({
        method: 'DELETE',
        path: '/api/v1/namespaces/default/pods',
        query: { labelSelector: 'app=load' },
      });
      const { lastAt } = await gone;
      const left = (await client.list(pods, { namespace: 'default', limit: 1 })).items.length;
      if (left > 0) throw new Error('pods are left');
      const deleted = count / ((lastAt - askedAt) / 1000);
      const row = (what: string, rate: number) => ({
        id: 'P2',
        what: `fake apiserver, ${count} pods: ${what}`,
        target: '≥ 1,000/s',
        measured: `${rate.toFixed(0)}/s`,
        met: rate >= 1_000,
      });
      return [row('Running', perSecond), row('deleted', deleted)];
    } finally {
      await client.close();
      await node.stop();
      await fake.stop();
    }
  },
};
