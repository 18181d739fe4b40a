import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { root } from './project.js';

interface Report {
  readonly testResults: readonly { readonly name: string; readonly status: string; readonly message: string }[];
}

/** What vitest says of the files in `leaks/`, by file name. */
function runLeaks(): Promise<Map<string, { status: string; message: string }>> {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/package/leaks/vitest.config.ts'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...args, '--reporter=json'], { cwd: root }, (_, stdout, stderr) => {
      try {
        const { testResults } = JSON.parse(stdout) as Report;
        const named = testResults.map(({ name, status, message }) => {
          return [name.slice(name.lastIndexOf('/') + 1), { status, message }] as const;
        });
        resolve(new Map(named));
      } catch (cause) {
        reject(new Error(`vitest left no report:\n${stderr}`, { cause }));
      }
    });
  });
}

describe('the check for leaks', () => {
  it(
    'fails a file for a socket, a server, a timer or a child process, and for nothing else',
    { timeout: 60_000 },
    async () => {
      const results = await runLeaks();
      const failed = [...results].filter(([, { status }]) => status === 'failed').map(([name]) => name);
      expect(failed.sort()).toEqual(['child-process.ts', 'client-socket.ts', 'server.ts', 'timer.ts']);
      expect(results.get('nothing.ts')?.status).toBe('passed');
      expect(results.get('client-socket.ts')?.message).toContain('leaks/client-socket.ts');
    },
  );
});
