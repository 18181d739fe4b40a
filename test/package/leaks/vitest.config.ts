import { defineConfig } from 'vitest/config';

/** Runs the files of this folder, which leave things open, for `no-leaks.test.ts` to see them fail. */
export default defineConfig({
  test: {
    include: ['test/package/leaks/*.ts'],
    exclude: ['test/package/leaks/vitest.config.ts'],
    setupFiles: ['test/setup/no-leaks.ts'],
    pool: 'forks',
    maxWorkers: 5,
  },
});
