/** P6: many virtual nodes in one process, each with a lease that must not be late. */
import { setTimeout as delay } from 'node:timers/promises';
import { leases } from '../src/kube/resources.js';
import { clientOf, type Connection } from './connection.js';
import type { Benchmark } from './measurement.js';
import { Program } from './program.js';

const count = 5_000;
const seconds = Number(process.env['BENCH_P6_SECONDS'] ?? 60);
/** A renewal every 10 s, up to 4 % later by jitter; one that comes after twice that has been missed once. */
const lateMs = 20_000;

export const p6: Benchmark = {
  name: 'p6',
  about: `${count} nodes in one process for ${seconds} s (BENCH_P6_SECONDS): late lease renewals, memory`,
  run: async () => {
    const fake = await Program.start('fake');
    const connection = await fake.ask<Connection>('connection');
    const client = clientOf(connection);
    const many = await Program.start('many-nodes', { connection, count });
    try {
      const begin = performance.now();
      await many.ask('start');
      const startSeconds = (performance.now() - begin) / 1000;
      const renewed = new Map<string, number>();
      let late = 0;
      let renewals = 0;
      const end = performance.now() + seconds * 1000;
      while (performance.now() < end) {
        for (const { metadata, spec } of (await client.list(leases, { namespace: 'kube-node-lease' })).items) {
          const at = Date.parse(spec?.renewTime ?? '');
          const before = renewed.get(metadata.name ?? '');
          if (before === at) continue;
          if (before !== undefined) renewals += 1;
          if (before !== undefined && at - before > lateMs) late += 1;
          renewed.set(metadata.name ?? '', at);
        }
        await delay(5_000);
      }
      const overdue = [...renewed.values()].filter((at) => Date.now() - at > lateMs).length;
      const megabytes = (await many.ask<number>('memory')) / 1e6;
      const row = (what: string, target: string, measured: string, met: boolean) => ({
        id: 'P6',
        what: `${count} nodes in one process: ${what}`,
        target,
        measured,
        met,
      });
      return [
        row(
          `late renewals in ${seconds} s (all Ready after ${startSeconds.toFixed(0)} s)`,
          '0',
          `${late + overdue} of ${renewals}`,
          late + overdue === 0 && renewed.size === count,
        ),
        row('resident memory', '≤ 500 MB', `${megabytes.toFixed(0)} MB`, megabytes <= 500),
      ];
    } finally {
      await client.close();
      await many.stop();
      await fake.stop();
    }
  },
};
