/** P3: status patches that a node achieves, against a loop that does nothing but send
 * the same patches and read, unseen, the same watch. */
import { pods } from '../src/kube/resources.js';
import { clientOf, type Connection } from './connection.js';
import { createPods, revision, target, untilRunning } from './load.js';
import type { Benchmark } from './measurement.js';
import { Program } from './program.js';

const count = 500;
const ms = 5_000;

export const p3: Benchmark = {
  name: 'p3',
  about: 'status patches a second, against a bare pooled HTTPS loop on the same server',
  run: async () => {
    const fake = await Program.start('fake');
    const connection = await fake.ask<Connection>('connection');
    const client = clientOf(connection);
    const node = await Program.start('status-patches', { connection, name: 'bench' });
    const bare = await Program.start('patch-loop', { connection });
    try {
      await createPods(client, 'bench', 'load', count);
      const running = untilRunning(client, 'load', await revision(client), count);
      await node.ask('start');
      await running;
      const { items } = await client.list(pods, { namespace: 'default' });
      const uids = items.map(({ metadata }) => metadata.uid ?? '');
      const targets = items.map(target);
      const { patch } = await node.ask<{ patch: string }>('run', { uids, ms: 1_000 });
      const { perSecond: ours } = await node.ask<{ perSecond: number }>('run', { uids, ms });
      await node.stop();
      const body = patch.replace(/number \d+/, 'NUMBER').replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'UID');
      await bare.ask('watch', '/api/v1/pods?watch=true&fieldSelector=spec.nodeName=bench');
      await bare.ask('run', { targets, body, ms: 1_000 });
      const theirs = await bare.ask<number>('run', { targets, body, ms });
      const ratio = ours / theirs;
      return [
        {
          id: 'P3',
          what: 'status patches/s, a node / a bare HTTPS loop',
          target: '≥ 0.7',
          measured: `${ratio.toFixed(2)} (${ours.toFixed(0)}/s and ${theirs.toFixed(0)}/s)`,
          met: ratio >= 0.7,
        },
      ];
    } finally {
      await client.close();
      await Promise.all([node.stop(), bare.stop(), fake.stop()]);
    }
  },
};
