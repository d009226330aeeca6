import { describeFlags, flagName } from '@lilformer/command-line';
import { describe, expect, it } from 'vitest';
import { exportFlags, generateFlags, trainFlags } from './command-line.js';
import { modelFlags } from './settings/model-settings.js';
import { PRESETS } from './settings/presets.js';
import { settingsSchema } from './settings/settings.js';

const start = (...args: string[]) => {
  const command = trainFlags.parse(args);
  if (command?.kind !== 'start') throw new Error(`parsed as ${command?.kind ?? 'help'}`);
  return command;
};

describe('train', () => {
  it('names the presets of the evolution as its stages, with the sizes of the notebook', () => {
    const stages = Object.keys(PRESETS).filter((name) => name.startsWith('evolution/'));
    expect(stages.map((name) => Number(name.slice(10, 12)))).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    const { settings } = start('--preset', 'evolution/10-moe');
    const sizes = { dModel: 128, dFf: 512, contextLength: 256, vocabSize: 4096 };
    expect(settings).toMatchObject({ model: 'moe-transformer', ...sizes });
  });

  it('overrides the preset by flags, also by their aliases', () => {
    const { settings } = start(
      '--preset=shakespeare/baseline',
      ...['--batch-size', '8', '--lr', '1e-3', '--epochs=2', '--n-heads', '2', '--positions=none'],
    );
    expect(settings).toMatchObject({ batchSize: 8, learningRate: 1e-3, maxEpochs: 2, nHeads: 2 });
    expect(settings).toMatchObject({ positions: 'none', dModel: 128, windows: 'sliding' });
  });

  it('reads model settings as the types of their fields', () => {
    const { settings } = start('--model', 'nano-gpt', '--bias', 'false', '--dropout', '0.1', '--n-layers=3');
    expect(settings).toMatchObject({ bias: false, dropout: 0.1, nLayers: 3 });
  });

  it('reads values that start with dashes', () => {
    expect(start('--prompt', '--- he said').settings.prompt).toBe('--- he said');
  });

  it.each([
    [['--batch-size', '0'], '--batch-size 0: expected an integer of at least 1'],
    [['--batch-size', 'many'], '--batch-size many: expected an integer of at least 1'],
    [['--batch-size', ''], '--batch-size : expected an integer of at least 1'],
    [['--lr', '-1'], '--learning-rate -1: expected a number above 0'],
    [['--lr', 'NaN'], '--learning-rate NaN: expected a number above 0'],
    [['--split', '1'], '--split 1: expected a number between 0 and 1'],
    [
      ['--model', 'gpt5'],
      /--model: gpt5 is not a model to train\. Did you mean gpt2\? Expected one of bigram,.*--import FILE/,
    ],
    [['--model', 'bert'], '--model: bert is not a model to train.'],
    [['--eval-every', 'never'], '--eval-every never: expected an integer of at least 1, or epoch'],
    [['--eval-at-start', 'yes'], '--eval-at-start yes: expected true or false'],
    [['--preset', 'evolution/11'], '--preset: no evolution/11. Expected one of'],
    [['--preset', 'toString'], '--preset: no toString. Expected one of'],
    [['--batchsize', '4'], '--batchsize: unknown flag. Did you mean --batch-size?'],
    [['--zzzzzzzzzzzz', '4'], '--zzzzzzzzzzzz: unknown flag. --help'],
    [['--engine', 'warp'], '--engine warp: expected one of auto, native, tensorflow'],
    [['--threads', '0'], '--threads 0: expected an integer from 1 to 1,024'],
    [['--precision', 'fp8'], '--precision fp8: expected one of float32, bf16'],
    [['--data'], '--data: missing value.'],
    [['--data', '--valid', 'x'], '--data: missing value.'],
    [['train.txt'], 'train.txt: expected a flag such as'],
    [['--n-heads', '3'], 'multi-head-transformer: nHeads is 3. Expected a divisor of dModel, 128.'],
    [['--n-heads', 'x'], 'multi-head-transformer: nHeads is null. Expected a whole number'],
    [['--resume', 'runs/a', '--lr', '1'], '--learning-rate: cannot change when a run is resumed.'],
    [['--resume', 'runs/a', '--preset', 'stories'], '--resume: with --preset or --run. Expected neither'],
  ])('%j is an error', (args, message) => {
    expect(() => trainFlags.parse(args)).toThrow(message);
  });

  it('names all wrong settings at once', () => {
    expect(() => trainFlags.parse(['--batch-size', '0', '--lr', 'x'])).toThrow(
      /--batch-size 0.*\n--learning-rate x/,
    );
  });

  it('helps with every setting, preset and model within 100 columns', () => {
    const help = trainFlags.help();
    for (const name of describeFlags(settingsSchema).keys()) expect(help).toContain(`${flagName(name)}`);
    for (const name of Object.keys(modelFlags())) expect(help).toContain(`${flagName(name)} `);
    for (const name of Object.keys(PRESETS)) expect(help).toContain(name);
    expect(help).toContain('--learning-rate, --lr RATE');
    expect(help.replace(/\s+/g, ' ')).toMatch(/--dropout N .*\(char-gpt, .*nano-gpt.*\) \[0\]/);
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('helps with the settings of one model', () => {
    const help = trainFlags.help(['--model', 'nano-gpt']);
    expect(help).toMatch(/--bias true\|false/);
    expect(help).not.toContain('--n-experts N');
  });
});

describe('generate', () => {
  it('parses its flags', () => {
    const args = ['--model', 'r', '--prompt', 'a', '--prompt', 'b', '--top-k', '5', '--use-cache', 'false'];
    expect(generateFlags.parse(args)).toMatchObject({
      model: 'r',
      prompt: ['a', 'b'],
      topK: 5,
      useCache: false,
    });
  });

  it.each([
    [['--model', 'r', '--num-beams', '0'], '--num-beams 0: expected an integer of at least 1'],
    [
      ['--model', 'r', '--early-stopping', 'late'],
      '--early-stopping late: expected one of true, false, never',
    ],
    [['--model', 'r', '--top-p', '0'], '--top-p 0: expected a number above 0 and at most 1'],
    [['--model', 'r', '--temperature', '-1'], '--temperature -1: expected a number of at least 0'],
    [['--model', 'r', '--tokens', '5'], '--tokens: unknown flag.'],
    [['--prompt', 'a'], '--model is missing'],
  ])('%j is an error', (args, message) => {
    expect(() => generateFlags.parse(args)).toThrow(message);
  });
});

it('export needs a model and a folder', () => {
  expect(() => exportFlags.parse(['--to', 'x'])).toThrow('--model is missing');
  expect(exportFlags.parse(['--model', 'a', '--to', 'b'])).toMatchObject({
    model: 'a',
    to: 'b',
    weights: 'best',
  });
});
