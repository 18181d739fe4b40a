/** P10: patches that the fake apiserver takes, against a bare Node HTTPS server that parses and stringifies. */
import { pods } from '../src/kube/resources.js';
import { clientOf, type Connection } from './connection.js';
import { createPods, target } from './load.js';
import type { Benchmark } from './measurement.js';
import { Program } from './program.js';

const count = 100;
const ms = 5_000;
const body = JSON.stringify({ status: { message: 'NUMBER' } });

export const p10: Benchmark = {
  name: 'p10',
  about: 'PATCH/s of the fake apiserver, against a bare Node HTTPS server',
  run: async () => {
    const fake = await Program.start('fake');
    const connection = await fake.ask<Connection>('connection');
    const client = clientOf(connection);
    await createPods(client, 'bench', 'load', count);
    const { items } = await client.list(pods, { namespace: 'default' });
    const targets = items.map(target);
    await client.close();
    const bare = await Program.start('bare-server', { example: items[0] });
    const rates = new Map<Program, number>();
    try {
      for (const server of [fake, bare]) {
        const loop = await Program.start('patch-loop', { connection: await server.ask<Connection>('connection') });
        await loop.ask('run', { targets, body, ms: 1_000 });
        rates.set(server, await loop.ask<number>('run', { targets, body, ms }));
        await loop.stop();
      }
    } finally {
      await fake.stop();
      await bare.stop();
    }
    const [ours = 0, theirs = 0] = rates.values();
    const ratio = ours / theirs;
    return [
      {
        id: 'P10',
        what: 'status PATCH/s, fake apiserver / bare HTTPS server',
        target: '≥ 0.6',
        measured: `${ratio.toFixed(2)} (${ours.toFixed(0)}/s and ${theirs.toFixed(0)}/s)`,
        met: ratio >= 0.6,
      },
    ];
  },
};
