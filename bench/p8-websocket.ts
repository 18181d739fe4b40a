/** P8: an exec's output and input over a WebSocket, against `ws` alone; and what waits for a client that does not read. */
import type { Benchmark, Measurement } from './measurement.js';
import { Program } from './program.js';

const mib = 1024 * 1024;
const rounds = 7;

const transfers = [
  { direction: 'out', piece: 64 * 1024, bytes: 256 * mib, what: 'stdout in pieces of 64 KiB' },
  { direction: 'in', piece: 64 * 1024, bytes: 128 * mib, what: 'stdin in pieces of 64 KiB' },
  { direction: 'out', piece: 4 * 1024, bytes: 64 * mib, what: 'stdout in pieces of 4 KiB' },
  { direction: 'in', piece: 4 * 1024, bytes: 64 * mib, what: 'stdin in pieces of 4 KiB' },
] as const;

export const p8: Benchmark = {
  name: 'p8',
  about: 'WebSocket exec, against bare ws over TLS; bytes that wait for a stopped reader',
  run: async () => {
    const server = await Program.start('websocket-server');
    const client = await Program.start('websocket-client');
    try {
      const target = { port: await server.ask<number>('port'), ca: await server.ask<string>('certificate') };
      const rows: Measurement[] = [];
      for (const { what, ...transfer } of transfers)
        rows.push(await ratio(server, client, what, { ...target, ...transfer }));
      rows.push(await stoppedReader(server, client, target));
      return rows;
    } finally {
      await client.stop();
      await server.stop();
    }
  },
};

/** In turn, and the best of several rounds: what else the machine does makes them slower, never faster. */
async function ratio(
  server: Program,
  client: Program,
  what: string,
  transfer: { readonly bytes: number },
): Promise<Measurement> {
  const rates = { exec: [] as number[], bare: [] as number[] };
  const cpu = { exec: 0, bare: 0 };
  for (let round = 0; round <= rounds; round += 1) {
    for (const path of ['exec', 'bare'] as const) {
      await server.ask('cpu');
      const ms = await client.ask<number>('transfer', { ...transfer, path });
      // The first is to warm up.
      if (round === 0) continue;
      cpu[path] += await server.ask<number>('cpu');
      rates[path].push(transfer.bytes / mib / (ms / 1000));
    }
  }
  const [ours, theirs] = [Math.max(...rates.exec), Math.max(...rates.bare)];
  const perByte = (cpu.exec / cpu.bare).toFixed(2);
  return {
    id: 'P8',
    what: `WebSocket exec ${what} / bare ws over TLS`,
    target: '≥ 0.8',
    measured: `${(ours / theirs).toFixed(2)} (${ours.toFixed(0)} and ${theirs.toFixed(0)} MiB/s; server CPU ${perByte} times)`,
    met: ours / theirs >= 0.8,
  };
}

async function stoppedReader(server: Program, client: Program, target: object): Promise<Measurement> {
  await client.ask('stop', { ...target, path: 'exec', direction: 'out', bytes: 1024 * mib, piece: 32 * 1024 });
  const bytes = await server.ask<number>('buffered');
  await client.ask('leave');
  return {
    id: 'P8',
    what: 'bytes of stdout that wait for a client that does not read',
    target: '≤ 1 MiB',
    measured: `${(bytes / 1024).toFixed(0)} KiB`,
    met: bytes <= mib,
  };
}
