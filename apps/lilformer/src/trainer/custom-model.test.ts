// A model that is one file of the user: all commands take it with --import.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, runProgram } from './testing/run-program.js';

const FILE = join(import.meta.dirname, 'testing/position-mlp.ts');
const SHORT = [
  ...['--story-bytes', '20000', '--tokenizer', 'char', '--context-length', '16', '--batch-size', '4'],
  ...['--eval-every', '4', '--eval-batches', '2', '--log-every', '1', '--sample-tokens', '8'],
];

describe('a custom model', { timeout: 180_000 }, () => {
  const folder = temporaryFolder();
  const run = (...args: string[]) => runProgram(folder(), [...args, '--import', FILE]);

  it('is trained, resumed, evaluated and sampled, and has flags of its own', async () => {
    const model = ['--model', 'position-mlp', '--d-model', '16', '--expansion', '3'];
    const train = ['train', ...SHORT, ...model, '--max-steps', '8'];
    const whole = await run(...train, '--run', 'whole');
    expect(whole).toMatchObject({ code: 0, err: '' });
    const path = relative(folder(), FILE);
    expect(whole.out).toContain(`Generate: npx lilformer generate --import ${path} --model whole`);
    const config = JSON.parse(await readFile(join(folder(), 'whole/config.json'), 'utf8')) as object;
    expect(config).toMatchObject({
      model: { type: 'position-mlp', dModel: 16, expansion: 3, contextLength: 16 },
      imports: [FILE],
    });

    const stopped = await runProgram(folder(), [...train, '--run', 'parts', '--import', FILE], 'step 3/8');
    expect(stopped.code).toBe(130);
    expect(stopped.out).toContain(`npx lilformer train --import ${path} --resume parts\n`);
    const unknown = await runProgram(folder(), ['train', '--resume', 'parts']);
    expect(unknown.err).toContain(`model type position-mlp is not defined. Expected --import ${FILE}`);
    expect(await run('train', '--resume', 'parts')).toMatchObject({ code: 0, err: '' });
    const weights = (name: string) => readFile(join(folder(), name, 'model.safetensors'));
    expect(await weights('parts')).toEqual(await weights('whole'));

    const prompt = ['--prompt', 'The dog', '--max-new-tokens', '20', '--seed', '1'];
    const generated = await run('generate', '--model', 'whole', ...prompt);
    expect(generated).toMatchObject({ code: 0, err: '' });
    expect(generated.out).toMatch(/^The dog[^]{10}/);
    const missing = await runProgram(folder(), ['generate', '--model', 'whole', ...prompt]);
    expect(missing.err).toContain(`model type position-mlp is not defined. Expected an import of ${FILE}`);

    const evaluate = ['evaluate', '--model', 'whole', '--import', FILE, '--text-tokens', '200'];
    const evaluated = await runProgram(folder(), evaluate);
    expect(evaluated).toMatchObject({ code: 0, err: '' });
    expect(evaluated.out).toMatch(/perplexity/);

    const exported = await run('export', '--model', 'whole', '--to', 'out', '--no-tokenizer');
    expect(exported.err).toMatch(/a model of type position-mlp cannot be exported/);

    const help = await run('train', '--help', '--model', 'position-mlp');
    expect(help.out).toMatch(/--expansion N +hidden size of the MLP in multiples of dModel \[2\]/);
  });

  it('names the line of the file that throws', async () => {
    const source = await readFile(FILE, 'utf8');
    const broken = source.replace(/(override hidden\(.*?\{\n)/s, "$1    throw new Error('broken here');\n");
    expect(broken).not.toBe(source);
    const file = resolve(import.meta.dirname, '../../test-results/broken-model.ts'); // packages are found from here
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, broken);
    const model = ['--model', 'position-mlp', '--max-steps', '2'];
    const { code, err } = await runProgram(folder(), ['train', ...SHORT, ...model, '--import', file]);
    expect(code).toBe(1);
    expect(err).toMatch(/broken here\n {2}at .*broken-model\.ts:\d+:\d+/);
  });

  it('that cannot be imported is an error', async () => {
    const { code, err } = await runProgram(folder(), ['train', '--import', 'nowhere.ts']);
    expect(code).toBe(2);
    expect(err).toMatch(/^--import: .*nowhere\.ts cannot be imported: /);
  });
});
