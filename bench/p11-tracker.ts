/**
 * P11: what following very many pods costs their backend and us, with a PodsTracker and with a sweep of all every 5 s.
 * An answer costs its parsing and nothing else: with requests over a network the difference is larger by far.
 */
import { type Benchmark, type Measurement, quantile } from './measurement.js';
import { Program } from './program.js';

const pods = 10_000;
/** Until what was due at the start has been looked at, and what changed in the beginning is quiet. */
const warmUpMinutes = 15;
const minutes = 10;

interface Way {
  readonly what: string;
  readonly way: 'tracker' | 'sweep';
  readonly bulk: boolean;
  readonly slowestMs: number;
}

interface Cost {
  /** For each minute. */
  readonly calls: number;
  readonly cpuMs: number;
  readonly latenciesMs: readonly number[];
}

const ways: readonly Way[] = [
  { what: 'a sweep of all every 5 s', way: 'sweep', bulk: false, slowestMs: 0 },
  { what: 'PodsTracker', way: 'tracker', bulk: false, slowestMs: 60_000 },
  { what: 'PodsTracker, slowest pace 5 min', way: 'tracker', bulk: false, slowestMs: 300_000 },
  { what: 'a bulk sweep every 5 s', way: 'sweep', bulk: true, slowestMs: 0 },
  { what: 'PodsTracker, bulk', way: 'tracker', bulk: true, slowestMs: 60_000 },
];

export const p11: Benchmark = {
  name: 'p11',
  about: `following ${pods} quiet pods of which ten change each minute: calls to the backend, processor time, delay`,
  run: async () => {
    const rows: Measurement[] = [];
    let naive: Cost | undefined;
    for (const way of ways) {
      const cost = await measure(way);
      naive ??= cost;
      rows.push(row(way, cost, naive));
    }
    return rows;
  },
};

async function measure(way: Way): Promise<Cost> {
  const program = await Program.start('tracked-fleet', { ...way, pods });
  try {
    await program.ask('start');
    await program.ask('follow', way.way === 'sweep' ? 1 : warmUpMinutes);
    return await program.ask<Cost>('follow', way.way === 'sweep' ? 3 : minutes);
  } finally {
    await program.stop();
  }
}

function row({ what, way, bulk }: Way, { calls, cpuMs, latenciesMs }: Cost, naive: Cost): Measurement {
  const [middle, late] = [0.5, 0.95].map((q) => (quantile(latenciesMs, q) / 1000).toFixed(0));
  const seen = `changes seen after ${middle} s, p95 ${late} s`;
  const measured = `${calls.toFixed(0)} calls/min, ${cpuMs.toFixed(0)} ms of processor time a minute; ${seen}`;
  const named = { id: 'P11', what: `following ${pods} pods: ${what}`, measured };
  if (way === 'sweep' || bulk) return { ...named, target: '' };
  return { ...named, target: '≤ 1/10 of the calls', met: calls <= naive.calls / 10 };
}
