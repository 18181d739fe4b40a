import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    setupFiles: ['test/setup/no-leaks.ts', 'test/setup/settled-sockets.ts'],
    // A process for each file: what one file leaves open is seen at its end, and cannot disturb the next.
    pool: 'forks',
    maxWorkers: 2,
    // More than what the waiting in a test has, which is more than once 15 s: it is what says what was waited for.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    teardownTimeout: 5_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'text', 'json-summary'],
      reportOnFailure: true,
    },
  },
});
