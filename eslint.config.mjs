// Lint for the whole workspace: TypeScript's recommended rules, and the one direction
// of dependency. The table below is the order of the house: a library may import only
// from libraries that stand above it; apps import libraries; tools measure and check both.
import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import { join } from 'node:path';
import tseslint from 'typescript-eslint';

const ORDER = [
  'random',
  'tokenizers',
  'checkpoints',
  'stories',
  'datasets',
  'plots',
  'native',
  'wasm',
  'engine',
  'ops',
  'layers',
  'models',
  'training',
  'sampling',
  'evaluation',
  'command-line',
];

/** Libraries that import the kernels, which import nothing. */
const WITH_KERNELS = ['native', 'wasm', 'engine', 'ops', 'evaluation'];

/** These never see a tensor library. */
const WITHOUT_TENSORS = [
  'random',
  'tokenizers',
  'checkpoints',
  'stories',
  'datasets',
  'plots',
  'kernels',
  'native',
  'wasm',
];

const NO_TENSORS = {
  group: ['@tensorflow/*'],
  message: 'This library is used where there is no tensor library.',
};
const NO_NODE = { group: ['node:*'], message: 'This library is used in browsers.' };

const ROOT = import.meta.dirname;

const element = (type, name) => ({ element: name === undefined ? { type } : { type, captured: { name } } });

const policies = [
  // The first has nobody above it.
  ...ORDER.slice(1).map((name, place) => ({
    from: element('lib', name),
    allow: { to: ORDER.slice(0, place + 1).map((above) => element('lib', above)) },
  })),
  ...WITH_KERNELS.map((name) => ({
    from: element('lib', name),
    allow: { to: element('lib', 'kernels') },
  })),
  { from: element('app'), allow: { to: element('lib') } },
  { from: element('tool'), allow: { to: [element('lib'), element('app'), element('tool')] } },
];

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      'libs/native/build/**',
      'libs/native/target/**',
      '**/test-results/**',
      '**/node_modules/**',
      '.nx/**',
      '**/runs/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearTimeout: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
        TextDecoder: 'readonly',
        TextEncoder: 'readonly',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        WebAssembly: 'readonly',
      },
    },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
      'no-console': 'off',
    },
  },
  {
    files: ['libs/*/src/**/*.ts', 'apps/*/src/**/*.ts', 'tools/*/src/**/*.ts'],
    plugins: { boundaries },
    settings: {
      'import/resolver': {
        typescript: {
          project: ['libs', 'apps', 'tools'].map((kind) => join(ROOT, kind, '*/tsconfig.json')),
          conditionNames: ['@lilformer/source', 'types', 'import', 'default'],
        },
      },
      // Lint runs in each project's folder, the patterns begin at the workspace.
      'boundaries/root-path': ROOT,
      'boundaries/elements': [
        { type: 'lib', pattern: 'libs/*', capture: ['name'] },
        { type: 'app', pattern: 'apps/*', capture: ['name'] },
        { type: 'tool', pattern: 'tools/*', capture: ['name'] },
      ],
    },
    rules: { 'boundaries/dependencies': ['error', { default: 'disallow', policies }] },
  },
  {
    files: ['*/*/src/**/*.test.ts', '*/*/src/**/testing/**/*.ts'],
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            ...policies,
            { from: [element('lib'), element('app')], allow: { to: element('tool', 'testing') } },
          ],
        },
      ],
    },
  },
  {
    files: WITHOUT_TENSORS.map((name) => `libs/${name}/src/**/*.ts`),
    rules: { 'no-restricted-imports': ['error', { patterns: [NO_TENSORS] }] },
  },
  {
    files: ['libs/wasm/workers/*.js'],
    languageOptions: { globals: { addEventListener: 'readonly' } },
  },
  {
    files: ['libs/kernels/src/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [NO_TENSORS, NO_NODE] }] },
  },
);
