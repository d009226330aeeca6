import { describeFlags, flagName } from '@lilformer/command-line';
import { describe, expect, it } from 'vitest';
import { generateFlags, trainFlags } from './command-line.js';
import { PRESETS } from './presets.js';
import { checkSettings, DEFAULTS, settingsSchema } from './settings.js';

const start = (...args: string[]) => {
  const command = trainFlags.parse(args);
  if (command?.kind !== 'start') throw new Error(`parsed as ${command?.kind ?? 'help'}`);
  return command;
};

describe('train', () => {
  it('has valid defaults and valid presets', () => {
    for (const [name, { settings }] of Object.entries(PRESETS)) {
      expect(checkSettings({ ...DEFAULTS, ...settings }), name).toMatchObject(settings);
    }
  });

  it('names the presets of the evolution as its stages, with the sizes of the notebook', () => {
    const stages = Object.keys(PRESETS).filter((name) => name.startsWith('evolution/'));
    expect(stages.map((name) => name.slice(10, 12))).toEqual([
      '03',
      '04',
      '05',
      '06',
      '07',
      '08',
      '09',
      '10',
    ]);
    const { settings } = start('--preset', 'evolution/10-moe');
    expect(settings).toMatchObject({
      model: 'moe-transformer',
      dModel: 128,
      dFf: 512,
      context: 256,
      vocabSize: 4096,
    });
  });

  it('takes every setting from the command line, over the preset', () => {
    const { settings } = start(
      '--preset=shakespeare/baseline',
      '--batch-size',
      '8',
      '--lr',
      '1e-3',
      '--epochs=2',
    );
    expect(settings).toMatchObject({ batchSize: 8, lr: 1e-3, epochs: 2, dModel: 128, windows: 'sliding' });
    const without = { valid: 'some.txt', engine: 'cpu', threads: 3, precision: 'bf16' };
    for (const name of describeFlags(settingsSchema).keys()) {
      const value = { ...without, ...DEFAULTS }[name];
      expect(start(flagName(name), String(value)).settings[name], name).toEqual(value);
    }
  });

  it('lets a value start with dashes', () => {
    expect(start('--prompt', '--- he said').settings.prompt).toBe('--- he said');
  });

  it.each([
    [['--batch-size', '0'], '--batch-size 0: expected an integer of at least 1'],
    [['--batch-size', 'many'], '--batch-size many: expected an integer of at least 1'],
    [['--batch-size', ''], '--batch-size : expected an integer of at least 1'],
    [['--lr', '-1'], '--lr -1: expected a number above 0'],
    [['--lr', 'NaN'], '--lr NaN: expected a number above 0'],
    [['--split', '1'], '--split 1: expected a number between 0 and 1'],
    [['--model', 'gpt5'], '--model gpt5: expected one of bigram, attention'],
    [['--eval-every', 'never'], '--eval-every never: expected an integer of at least 1, or epoch'],
    [['--preset', 'evolution/11'], '--preset evolution/11: expected one of'],
    [['--preset', 'toString'], '--preset toString: expected one of'],
    [['--batchsize', '4'], '--batchsize: unknown flag. Did you mean --batch-size?'],
    [['--zzzzzzzzzzzz', '4'], '--zzzzzzzzzzzz: unknown flag. --help'],
    [['--engine', 'warp'], '--engine warp: expected one of auto, native, tensorflow'],
    [['--threads', '0'], '--threads 0: expected an integer from 1 to 1,024'],
    [['--precision', 'fp8'], '--precision fp8: expected one of float32, bf16'],
    [['--data'], '--data: missing value'],
    [['--data', '--valid', 'x'], '--data: missing value'],
    [['train.txt'], 'train.txt: expected a flag such as'],
    [['--heads', '3'], `--heads 3: expected a divisor of the width, and --d-model is ${DEFAULTS.dModel}`],
    [['--max-steps', '0'], '--max-steps 0: expected at least one of'],
    [['--epochs', '2'], '--epochs 2: random windows have no epochs'],
    [['--warmup', String(DEFAULTS.maxSteps)], `--warmup ${DEFAULTS.maxSteps}: expected fewer steps`],
    [['--min-lr', '1'], '--min-lr 1: expected no more than --lr'],
    [['--resume', 'runs/a', '--lr', '1'], '--lr: fixed when the run was started'],
    [['--resume', 'runs/a', '--preset', 'stories'], '--resume goes on with the settings of its run'],
  ])('%j is refused with what was expected', (args, message) => {
    expect(() => trainFlags.parse(args)).toThrow(message);
  });

  it('names all wrong settings at once', () => {
    expect(() => trainFlags.parse(['--batch-size', '0', '--lr', 'x'])).toThrow(/--batch-size 0.*\n--lr x/);
  });

  it('explains every setting and preset, within 100 columns', () => {
    const help = trainFlags.help();
    for (const name of describeFlags(settingsSchema).keys()) expect(help).toContain(`${flagName(name)} `);
    for (const name of Object.keys(PRESETS)) expect(help).toContain(name);
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe('generate', () => {
  it('reads its flags', () => {
    expect(
      generateFlags.parse([
        '--model',
        'r',
        '--prompt',
        'a',
        '--prompt',
        'b',
        '--top-k',
        '5',
        '--use-cache',
        'false',
      ]),
    ).toMatchObject({
      model: 'r',
      prompt: ['a', 'b'],
      topK: 5,
      useCache: false,
      maxNewTokens: 200,
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
    [['--model', 'r', '--tokens', '5'], '--tokens: unknown flag'],
  ])('%j is refused', (args, message) => {
    expect(() => generateFlags.parse(args)).toThrow(message);
  });
});
