/** What importing the package costs, against a process that imports nothing and against client-node. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { quantile, Skipped, type Benchmark, type Measurement } from './measurement.js';

const rounds = 7;
const entry = new URL('../dist/index.js', import.meta.url);
const script = (what: string): string => `
  const before = process.memoryUsage.rss();
  const begin = performance.now();
  await import(${JSON.stringify(what)});
  const ms = performance.now() - begin;
  console.log(JSON.stringify({ ms, mb: (process.memoryUsage.rss() - before) / 1e6 }));
`;

interface Cost {
  readonly ms: number;
  readonly mb: number;
}

export const importCost: Benchmark = {
  name: 'import',
  about: 'time and memory of importing the package',
  run: async () => {
    if (!existsSync(entry)) throw new Skipped('build the package first: npm run build:js');
    return [await row('vk-sdk', entry.href), await row('@kubernetes/client-node', '@kubernetes/client-node')];
  },
};

async function row(name: string, what: string): Promise<Measurement> {
  const costs: Cost[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script(what)], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    });
    costs.push(JSON.parse(stdout) as Cost);
  }
  const median = (key: keyof Cost): string =>
    quantile(
      costs.map((cost) => cost[key]),
      0.5,
    ).toFixed(0);
  return { id: 'import', what: `importing ${name}`, target: '', measured: `${median('ms')} ms, ${median('mb')} MB` };
}
