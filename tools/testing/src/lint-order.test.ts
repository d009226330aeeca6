// The lint rules that keep the libraries in their order, shown that they can fail, wherever lint is started from.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const workspace = resolve(import.meta.dirname, '../../..');

const ORDER = ['boundaries/dependencies'];
const CASES: [file: string, imported: string, rules: string[]][] = [
  ['libs/layers/src/forward/capture.ts', '@lilformer/ops', []],
  ['libs/layers/src/forward/capture.ts', '@lilformer/models', ORDER],
  ['libs/random/src/random.ts', '@lilformer/training', ORDER],
  ['libs/models/src/bigram.ts', '../../training/src/index.js', ORDER],
  ['libs/native/src/calls.ts', '@lilformer/kernels', []],
  ['libs/layers/src/forward/capture.ts', '@lilformer/kernels', ORDER],
  ['libs/kernels/src/index.ts', '@lilformer/random', ORDER],
  ['libs/kernels/src/index.ts', 'node:fs', ['no-restricted-imports']],
  ['libs/layers/src/forward/capture.ts', '@lilformer/testing', ORDER],
  ['libs/layers/src/module/module.test.ts', '@lilformer/testing', []],
  ['apps/lilformer/src/main.ts', '@lilformer/training', []],
  ['libs/checkpoints/src/pytorch/zip.ts', '@tensorflow/tfjs-core', ['no-restricted-imports']],
  ['libs/engine/src/tf.ts', '@tensorflow/tfjs-core', []],
];

/** The rules that each case would break. In a process of its own: the plugin wants a Node that nobody has changed. */
function brokenFrom(cwd: (file: string) => string): (string | null)[][] {
  const asked = CASES.map(([file, imported]) => [
    resolve(workspace, cwd(file)),
    resolve(workspace, file),
    `import * as all from '${imported}';\nexport { all };\n`,
  ]);
  const program = `
    import { ESLint } from 'eslint';
    const found = [];
    for (const [cwd, filePath, code] of ${JSON.stringify(asked)}) {
      const [{ messages }] = await new ESLint({ cwd }).lintText(code, { filePath });
      found.push(messages.map(({ ruleId }) => ruleId));
    }
    console.log(JSON.stringify(found));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: workspace });
  return JSON.parse(output.toString()) as (string | null)[][];
}

describe('lint', () => {
  it.each([
    ['the workspace', () => '.'],
    ['the project', (file: string) => file.split('/').slice(0, 2).join('/')],
  ])(
    'started in %s finds imports against the order of libraries, and of tensors where there are none',
    (_, cwd) => {
      expect(brokenFrom(cwd)).toEqual(CASES.map(([, , rules]) => rules));
    },
    60_000,
  );
});
