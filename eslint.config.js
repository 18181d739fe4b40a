import path from 'node:path';
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Lower layers first: a file imports from its own layer and from lower ones. Equal numbers do not know each other. */
const layers = { runtime: 0, kube: 1, provider: 2, controller: 3, stream: 3, node: 4, testing: 5, cli: 6 };

/** `src/<layer>/…` of a path, or undefined for what is in no layer (`src/index.ts`). */
function layerOf(file) {
  const [first, second] = path.relative(import.meta.dirname, file).split(path.sep);
  return first === 'src' && second in layers ? second : undefined;
}

const layersRule = {
  meta: {
    type: 'problem',
    messages: {
      direction: 'src/{{from}} must not import from src/{{to}}: node → controller, stream → provider → kube → runtime.',
      own: 'src must not import the package by its name.',
    },
  },
  create(context) {
    const from = layerOf(context.filename);
    function check(node) {
      const source = node.source?.value;
      if (typeof source !== 'string') return;
      if (/^vk-sdk(\/|$)/.test(source)) context.report({ node, messageId: 'own' });
      if (!source.startsWith('.')) return;
      const to = layerOf(path.resolve(path.dirname(context.filename), source));
      if (to === undefined || to === from) return;
      // What is in no layer is src/index.ts, whose importers are users.
      const allowed = from === undefined ? layers[to] < layers.testing : layers[to] < layers[from];
      if (!allowed) context.report({ node, messageId: 'direction', data: { from: from ?? 'index.ts', to } });
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

const injectTime = 'Time is injected: take a Clock (src/runtime/clock.ts).';
const injectRandom = 'Randomness is injected: take a Random (src/runtime/clock.ts).';

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '**/.temp/'] },
  // What is wrong is repaired or the rule is changed here, for everyone to see; no line excuses itself.
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'start' }],
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // A wire type gets a name of its own by an empty extension, which shows in messages where an alias would not.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // `Promise<number | void>`: an attach may or may not know an exit code.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // An `async` method that has nothing to wait for satisfies an interface of promises, and turns throws into rejections.
      '@typescript-eslint/require-await': 'off',
      // `Resource<T>` and its like tie a type to a value: used once, on purpose.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Objects of JSON are dictionaries: a patch removes the keys it names.
      '@typescript-eslint/no-dynamic-delete': 'off',
      // Options and lists of waiters are records of functions, which are taken out and called by themselves.
      '@typescript-eslint/unbound-method': 'off',
      // The compiler takes a property for unchanged across an await, where others change it: an aborted signal, for one.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // What checks names, tokens and headers looks for control characters.
      'no-control-regex': 'off',
      // A rejection carries the reason of a signal, which is `any` by its type and an error by custom.
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { 'vk-sdk': { rules: { layers: layersRule } } },
    rules: {
      'vk-sdk/layers': 'error',
      'max-lines': ['error', 400],
      // Loading client-node takes 400 ms and 68 MB: `await import` it where a kubeconfig is read, and nowhere else.
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            { name: '@kubernetes/client-node', allowTypeImports: true, message: 'Import types only.' },
            { name: 'node:timers', message: injectTime },
            { name: 'node:timers/promises', message: injectTime },
          ],
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/runtime/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: injectTime },
        { name: 'setInterval', message: injectTime },
        { name: 'performance', message: injectTime },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'AbortSignal', property: 'timeout', message: injectTime },
        { object: 'process', property: 'hrtime', message: injectTime },
        { object: 'process', property: 'exit', message: 'A library does not end its user.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: injectTime },
        { selector: 'CallExpression[callee.object.name="Date"][callee.property.name="now"]', message: injectTime },
        // Calls only: `Math.random` is a fine default for an injected Random.
        { selector: 'CallExpression[callee.object.name="Math"][callee.property.name="random"]', message: injectRandom },
        { selector: 'TSEnumDeclaration', message: 'Use a union of strings.' },
      ],
    },
  },
  {
    // Values there are JSON of any shape, and a refusal prints what it refuses.
    files: ['src/testing/apiserver/**/*.ts'],
    rules: { '@typescript-eslint/no-base-to-string': 'off' },
  },
  {
    files: ['examples/**/*.ts', 'bench/**/*.ts', 'src/cli/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts', 'examples/*/test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Providers and servers in tests throw what they should not.
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
