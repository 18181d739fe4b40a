/**
 * Runs the test suite on other releases of Node: `npm run test:matrix`, or `npm run test:matrix -- 22 24`. The binaries
 * come from the npm package `node`. Whatever follows a `--` of its own goes to vitest: `npm run test:matrix -- 24 -- test/kube`.
 */
import { spawnSync } from 'node:child_process';

const args = process.argv.slice(2);
const split = args.indexOf('--');
const asked = split < 0 ? args : args.slice(0, split);
const forVitest = split < 0 ? [] : args.slice(split + 1);
const releases = asked.length > 0 ? asked : ['22', '24', '26'];

const results = releases.map((release) => {
  console.log(`\n== Node ${release}`);
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...forVitest];
  const { status } = spawnSync('npx', ['--yes', '-p', `node@${release}`, 'node', ...vitest], { stdio: 'inherit' });
  return { release, passed: status === 0 };
});

for (const { release, passed } of results) console.log(`Node ${release}: ${passed ? 'passed' : 'FAILED'}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
