/**
 * Compares the public declarations with the reports under `etc/`, so that a change of the public API shows in review.
 * `npm run api` fails on a difference; `npm run api:update` takes it over. Reads the declarations that `npm run build` made.
 */
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const update = process.argv.includes('--update');
const entries = [
  { declarations: 'dist/index.d.ts', report: 'vk-sdk' },
  { declarations: 'dist/testing/index.d.ts', report: 'vk-sdk-testing' },
];

function check({ declarations, report }) {
  const temporary = path.join(root, 'etc/.temp');
  mkdirSync(temporary, { recursive: true });
  const silent = { logLevel: 'none' };
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: path.join(root, declarations),
      compiler: { tsconfigFilePath: path.join(root, 'tsconfig.json') },
      apiReport: {
        enabled: true,
        reportFileName: `${report}.api.md`,
        reportFolder: path.join(root, 'etc'),
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'warning' } },
        // Release tags are not used: what an entry exports is public. Links may lead to what is not exported.
        extractorMessageReporting: { default: silent, 'ae-forgotten-export': { logLevel: 'none' } },
        tsdocMessageReporting: { default: silent },
      },
    },
  });
  const result = Extractor.invoke(config, {
    localBuild: update,
    typescriptCompilerFolder: path.join(root, 'node_modules/typescript'),
    // Said below, and in the project's words.
    messageCallback: (message) => {
      message.handled = message.category === 'console';
    },
  });
  const name = `etc/${report}.api.md`;
  if (result.apiReportChanged && update) console.log(`${name} updated`);
  if (result.apiReportChanged && !update) {
    console.log(`${name} differs from the code: look at the change, then npm run api:update`);
    const both = [name, `etc/.temp/${report}.api.md`];
    spawnSync('git', ['--no-pager', 'diff', '--no-index', ...both], { cwd: root, stdio: 'inherit' });
  }
  return result.succeeded;
}

const succeeded = entries.map(check);
process.exitCode = succeeded.every(Boolean) ? 0 : 1;
