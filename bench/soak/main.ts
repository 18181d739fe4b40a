/**
 * Runs for long what has to hold for long, and prints one table of what is wanted and what came of it:
 *
 *     npm run soak                      all of it, at full size: about half an hour
 *     npm run soak -- r6 r8             some
 *     npm run soak -- --size 0.01       a hundredth of it
 *
 * Exits with 1 if a target is missed. The tests run the same at a small size.
 */
import { cpus } from 'node:os';
import { markdownTable, type Measurement } from '../measurement.js';
import { soakSessions } from './r6-sessions.js';
import { transfers } from './r7-transfers.js';
import { fuzzLogQuery } from './r8-log-query-fuzz.js';
import { fuzzPatches } from './r8-patches-fuzz.js';
import { fuzzSpdy } from './r8-spdy-fuzz.js';
import { fuzzWebSocket } from './r8-websocket-fuzz.js';

const mebibyte = 1_048_576;

interface Soak {
  readonly name: string;
  readonly run: (size: number) => Promise<readonly Measurement[]>;
}

const soaks: readonly Soak[] = [
  {
    name: 'r6',
    async run(size) {
      const report = await soakSessions({
        connections: Math.ceil(100_000 * size),
        execs: Math.ceil(10_000 * size),
        aborted: Math.ceil(1_000 * size),
      });
      const { before, after, failures, heapGrowthBytes } = report;
      const what = `${report.connections} connections, ${report.execs} execs, ${report.aborted} aborted: `;
      const open = ({ sockets, timers }: typeof before): string => `${sockets} and ${timers}`;
      return [
        row('R6', `${what}failures`, '0', failures.length, failures.length === 0, failures[0]),
        row('R6', `${what}sockets and timers`, open(before), open(after), open(before) === open(after)),
        heapRow('R6', what, 5, heapGrowthBytes),
      ];
    },
  },
  {
    name: 'r7',
    async run(size) {
      const { failures, ...report } = await transfers(Math.ceil(1_000 * size));
      const what = `${report.transfers} transfers of ${Math.round(report.bytes / mebibyte)} MiB in all: `;
      const reason = failures[0] && `seed ${failures[0].seed}: ${failures[0].problem}`;
      return [
        row('R7', `${what}mismatches`, '0', report.mismatches, report.mismatches === 0, reason),
        row('R7', `${what}hangs`, '0', report.hangs, report.hangs === 0, reason),
      ];
    },
  },
  {
    name: 'r8',
    async run(size) {
      const inputs = Math.ceil(1_000_000 * size);
      const spdy = await fuzzSpdy(inputs);
      const webSocket = await fuzzWebSocket(inputs);
      const logQueries = await fuzzLogQuery(inputs);
      const patches = await fuzzPatches(inputs);
      const fuzzed = [
        { of: 'SPDY', failures: spdy.failures, grownBytes: spdy.growthBytes },
        { of: 'WebSockets', failures: webSocket.failures, grownBytes: webSocket.growthBytes },
        { of: 'log queries', failures: logQueries.failures, grownBytes: logQueries.growthBytes },
        { of: 'patches', failures: patches.failures, grownBytes: patches.growthBytes },
      ];
      return fuzzed.flatMap(({ of, failures, grownBytes }) => {
        const what = `${inputs} fuzzed inputs of ${of}: `;
        const reason = failures[0] && `seed ${failures[0].seed}: ${failures[0].problem}`;
        return [
          row('R8', `${what}crashes`, '0', failures.length, failures.length === 0, reason),
          heapRow('R8', what, 64, grownBytes),
        ];
      });
    },
  },
];

const { names, size } = parse(process.argv.slice(2));
if (globalThis.gc === undefined) process.stdout.write('no --expose-gc: growth of the heap says little\n');
const measurements: Measurement[] = [];
for (const { name, run } of soaks.filter((soak) => names.length === 0 || names.includes(soak.name))) {
  const beganMs = performance.now();
  process.stdout.write(`${name} … `);
  measurements.push(...(await run(size)));
  process.stdout.write(`${((performance.now() - beganMs) / 1000).toFixed(0)} s\n`);
}
process.stdout.write(`\nNode ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n\n`);
process.stdout.write(`${markdownTable(measurements)}\n`);
process.exitCode = measurements.some(({ met }) => met === false) ? 1 : 0;

function parse(args: readonly string[]): { names: readonly string[]; size: number } {
  const at = args.indexOf('--size');
  const size = at < 0 ? 1 : Number(args[at + 1]);
  const names = args.filter((_, index) => at < 0 || (index !== at && index !== at + 1));
  const unknown = names.filter((name) => !soaks.some((soak) => soak.name === name));
  if (unknown.length > 0 || !(size > 0)) {
    process.stdout.write(`usage: npm run soak -- [${soaks.map(({ name }) => name).join('|')}]… [--size FRACTION]\n`);
    process.exit(2);
  }
  return { names, size };
}

function row(
  id: string,
  what: string,
  target: string,
  measured: number | string,
  met: boolean,
  reason?: string,
): Measurement {
  return {
    id,
    what,
    target,
    measured: met || reason === undefined ? String(measured) : `${measured} (${reason})`,
    met,
  };
}

function heapRow(id: string, what: string, mostMebibytes: number, bytes: number): Measurement {
  const grown = bytes / mebibyte;
  return row(
    id,
    `${what}growth of the heap`,
    `≤ ${mostMebibytes} MiB`,
    `${grown.toFixed(1)} MiB`,
    grown <= mostMebibytes,
  );
}
