import { defineConfig } from 'tsup';

export default defineConfig((options) => ({
  entry: { index: 'src/index.ts', 'testing/index': 'src/testing/index.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // One copy of each class however many entries are imported: `instanceof` must hold between them.
  splitting: true,
  sourcemap: true,
  dts: true,
  // `--no-dts` rebuilds the code alone and must leave the declarations of the last full build in place.
  clean: options.dts !== false,
}));
