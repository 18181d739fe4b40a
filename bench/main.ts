/**
 * Runs benchmarks and prints one table of what is wanted and what was measured:
 *
 *     npm run bench                 all of them, about ten minutes
 *     npm run bench -- p2 p10       some
 *     npm run bench -- --list       what there is
 *
 * Ratios are of one run on one machine; absolute numbers say little about another.
 */
import { cpus } from 'node:os';
import { importCost } from './import-cost.js';
import { markdownTable, Skipped, type Benchmark, type Measurement } from './measurement.js';
import { p10 } from './p10-fake.js';
import { p11 } from './p11-tracker.js';
import { p12 } from './p12-cloud.js';
import { p1 } from './p1-kwok.js';
import { p2 } from './p2-fake.js';
import { p3 } from './p3-status-patches.js';
import { p4 } from './p4-latency.js';
import { p5 } from './p5-memory.js';
import { p6 } from './p6-many-nodes.js';
import { p7 } from './p7-spdy.js';
import { p8 } from './p8-websocket.js';
import { p9 } from './p9-informer.js';
import { buildPrograms } from './program.js';

const benchmarks: readonly Benchmark[] = [p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, importCost];

/** No benchmark takes longer, whatever goes wrong. */
const longestMs = 600_000;

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));

if (process.argv.includes('--list') || unknown.length > 0) {
  if (unknown.length > 0) process.stdout.write(`unknown: ${unknown.join(', ')}\n`);
  for (const { name, about } of benchmarks) process.stdout.write(`${name.padEnd(8)}${about}\n`);
  process.exit(unknown.length > 0 ? 1 : 0);
}

await buildPrograms();
const measurements: Measurement[] = [];
let failed = false;
for (const benchmark of benchmarks.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const begin = performance.now();
  process.stdout.write(`${benchmark.name}: ${benchmark.about} … `);
  try {
    const rows = await bounded(benchmark);
    measurements.push(...rows);
    process.stdout.write(`${((performance.now() - begin) / 1000).toFixed(0)} s\n`);
  } catch (error) {
    const skipped = error instanceof Skipped;
    failed ||= !skipped;
    process.stdout.write(
      `${skipped ? 'skipped' : 'FAILED'}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}
process.stdout.write(`\nNode ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n\n`);
process.stdout.write(`${markdownTable(measurements)}\n`);
process.exit(failed ? 1 : 0);

async function bounded(benchmark: Benchmark): Promise<readonly Measurement[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${longestMs / 1000} s`)), longestMs);
  });
  try {
    return await Promise.race([benchmark.run(), late]);
  } finally {
    clearTimeout(timer);
  }
}
