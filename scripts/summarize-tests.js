/**
 * Prints `N passed, N failed` of a vitest JSON report, and exits with 1 unless all is well.
 * Arguments: the report's path, then the names of the checks that failed.
 */
import { readFileSync } from 'node:fs';

const [path, ...failedChecks] = process.argv.slice(2);

function read() {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Tests that failed, and files that failed beside their tests: one that does not load, or leaves a socket open. */
function count(report) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const file of report.testResults) {
    const failedTests = file.assertionResults.filter((test) => test.status === 'failed').length;
    passed += file.assertionResults.filter((test) => test.status === 'passed').length;
    skipped += file.assertionResults.filter((test) => !['passed', 'failed'].includes(test.status)).length;
    failed += failedTests > 0 || file.status !== 'failed' ? failedTests : 1;
  }
  return { passed, failed, skipped };
}

const report = read();
const { passed, failed, skipped } = report ? count(report) : { passed: 0, failed: 1, skipped: 0 };
// `tests` fails together with the tests that are counted already.
const others = failedChecks.filter((name) => name !== 'tests' || failed === 0).length;
if (!report) console.log('the tests left no report');
if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed + others} failed`);
process.exitCode = failed + others > 0 ? 1 : 0;
