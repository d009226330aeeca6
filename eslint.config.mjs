// Lint for the whole workspace: TypeScript's recommended rules, and the one direction
// of dependency. The table below is the order of the house: a library may import only
// from libraries that stand above it; apps import libraries; nobody imports an app.
import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

const ORDER = [
  'random',
  'tokenizers',
  'checkpoints',
  'datasets',
  'plots',
  'native',
  'engine',
  'ops',
  'layers',
  'models',
  'training',
  'sampling',
  'evaluation',
  'command-line',
];

/** These never see a tensor library. */
const WITHOUT_TENSORS = ['random', 'tokenizers', 'checkpoints', 'datasets', 'plots'];

const allow = ORDER.map((name, place) => ({
  from: { type: 'lib', captured: { name } },
  allow: { to: ORDER.slice(0, place).map((above) => ({ type: 'lib', captured: { name: above } })) },
}));

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
          project: ['libs/*/tsconfig.json', 'apps/*/tsconfig.json'],
          conditionNames: ['@lilformer/source', 'types', 'import', 'default'],
        },
      },
      'boundaries/elements': [
        { type: 'lib', pattern: 'libs/*', capture: ['name'] },
        { type: 'app', pattern: 'apps/*', capture: ['name'] },
        { type: 'tool', pattern: 'tools/*', capture: ['name'] },
      ],
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            ...allow,
            { from: { type: 'app' }, allow: { to: { type: 'lib' } } },
            { from: { type: 'tool' }, allow: { to: [{ type: 'lib' }, { type: 'tool' }] } },
          ],
        },
      ],
    },
  },
);
