/** P7: what a client built on Go's SPDY library gets out of our server, against what it gets out of a server built on it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Benchmark, type Measurement, quantile, Skipped } from './measurement.js';
import { buildGoPeer, GoServer, runGoClient, type Task } from './peers/spdystream/peer.js';
import { Program } from './program.js';

const mib = 1024 * 1024;
const rounds = 7;
const bytes = 512 * mib;
const count = 3_000;

interface Rates {
  readonly ours: number[];
  readonly theirs: number[];
}

export const p7: Benchmark = {
  name: 'p7',
  about: 'SPDY over TLS with a Go client, against Go to Go: throughput both ways, streams opened',
  run: async () => {
    if (!(await buildGoPeer())) throw new Skipped('needs Go, and its module github.com/moby/spdystream');
    const folder = await mkdtemp(join(tmpdir(), 'vk-sdk-bench-'));
    const ours = await Program.start('spdy-server');
    let theirs: GoServer | undefined;
    try {
      const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') };
      const { certificate, key } = await ours.ask<{ certificate: string; key: string }>('certificate');
      await Promise.all([writeFile(files.cert, certificate), writeFile(files.key, key, { mode: 0o600 })]);
      theirs = await GoServer.start(files);
      const ports = { ours: await ours.ask<number>('port'), theirs: theirs.port };
      const up = await compare(ports, 'upload', { bytes });
      const down = await compare(ports, 'download', { bytes });
      const opened = await compare(ports, 'open', { count });
      return [
        throughput('client to server', up),
        throughput('server to client', down),
        row('streams opened and closed a second, one after the other', opened, 0.7, (rate) => `${rate.toFixed(0)}/s`),
        { id: 'P7', what: 'resident memory of our server afterwards', target: '', measured: await memory(ours) },
      ];
    } finally {
      await theirs?.close();
      await ours.stop();
      await rm(folder, { recursive: true });
    }
  },
};

/** In turn, so that what else the machine does falls on both. The first round is to warm up. */
async function compare(
  ports: Readonly<Record<keyof Rates, number>>,
  task: Task,
  amount: { readonly bytes?: number; readonly count?: number },
): Promise<Rates> {
  const rates: Rates = { ours: [], theirs: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const side of ['ours', 'theirs'] as const) {
      const { seconds } = await runGoClient(task, ports[side], amount);
      if (round > 0) rates[side].push((amount.count ?? (amount.bytes ?? 0) / mib) / seconds);
    }
  }
  return rates;
}

function throughput(direction: string, rates: Rates): Measurement {
  return row(`throughput, ${direction}`, rates, 0.9, (rate) => `${rate.toFixed(0)} MiB/s`);
}

function row(what: string, { ours, theirs }: Rates, least: number, format: (rate: number) => string): Measurement {
  const [own, other] = [quantile(ours, 0.5), quantile(theirs, 0.5)];
  return {
    id: 'P7',
    what: `SPDY with a Go client, our server / Go's: ${what}`,
    target: `≥ ${least}`,
    measured: `${(own / other).toFixed(2)} (${format(own)} and ${format(other)})`,
    met: own / other >= least,
  };
}

async function memory(program: Program): Promise<string> {
  return `${((await program.ask<number>('memory')) / 1e6).toFixed(0)} MB`;
}
