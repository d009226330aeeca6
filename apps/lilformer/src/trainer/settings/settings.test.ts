// Every setting has an effect, or is an error that names what would take it.
import { createModel, defineConfig, defineModel, fields, modelDefinitions, size } from '@lilformer/models';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { fieldsOf } from './model-settings.js';
import { PRESETS } from './presets.js';
import { modelConfigOf, resolveSettings, settingsSchema, type GivenSettings } from './settings.js';
import { trainingOptions } from './training-options.js';

const resolve = (given: GivenSettings, preset = 'stories') =>
  resolveSettings(given, PRESETS[preset].settings);

const windows = { train: { count: 1000 }, validation: { count: 100 } } as never;
const scheduleOf = (given: GivenSettings, preset?: string) =>
  trainingOptions(resolve(given, preset).settings, windows).schedule as unknown as Record<string, number>;

describe('a setting without effect', () => {
  it.each<[GivenSettings, string]>([
    [
      { dropout: 0.5 },
      '--dropout: multi-head-transformer has no such setting. Expected with --model char-gpt',
    ],
    [{ model: 'gru', nHeads: 2 }, '--n-heads: gru has no such setting. Expected with --model multi-head'],
    [{ model: 'gpt2', dModel: 64 }, '--d-model: gpt2 has no such setting. Expected with --model bigram'],
    [{ momentum: 0.5 }, '--momentum: no effect with --optimizer adamw. Expected with --optimizer sgd.'],
    [
      { schedule: 'constant', minLearningRate: 1e-4 },
      '--min-learning-rate: no effect with --schedule constant. Expected with --schedule cosine, linear, plateau.',
    ],
    [{ schedule: 'constant', warmupSteps: 5 }, '--warmup-steps: no effect with --schedule constant.'],
    [{ schedule: 'plateau', warmupSteps: 5 }, '--warmup-steps: no effect with --schedule plateau.'],
    [
      { plateauFactor: 0.3 },
      '--plateau-factor: no effect with --schedule cosine. Expected with --schedule plateau.',
    ],
    [{ plateauPatience: 3 }, '--plateau-patience: no effect with --schedule cosine.'],
    [
      { tokenizer: 'char', vocabSize: 300 },
      '--vocab-size: no effect with --tokenizer char. Expected with --tokenizer bpe, bpe-whitespace, compact-gpt2.',
    ],
    [{ tokenizer: 'my/tokenizer.json', vocabSize: 300 }, '--vocab-size: no effect with --tokenizer my/'],
    [{ unkToken: '?' }, '--unk-token: no effect with --tokenizer bpe. Expected with --tokenizer char.'],
    [{ data: 'my.txt', storyBytes: 20_000 }, '--story-bytes: no effect with --data my.txt.'],
    [{ separator: 'none' }, '--separator: no effect with --data stories. Expected with text files.'],
    [{ data: 'my.jsonl', separator: 'none' }, '--separator: no effect with --data my.jsonl.'],
    [
      { data: 'my.txt', field: 'body' },
      '--field: no effect with --data my.txt. Expected with .json, .jsonl or .parquet files.',
    ],
    [{ maxChars: 1000 }, '--max-chars: no effect with --data stories.'],
    [
      { data: 'a.txt', valid: 'b.txt', split: 0.5 },
      '--split: no effect with --data a.txt and --valid b.txt.',
    ],
    [{ data: 'tinystories', split: 0.5 }, '--split: no effect with --data tinystories.'],
    [{ splitBy: 'windows' }, '--split-by: no effect with --data stories.'],
    [
      { data: 'a.txt', splitBy: 'windows' },
      '--split-by: windows with --windows random. Expected --windows sliding.',
    ],
    [{ engine: 'cpu', threads: 2 }, '--threads: no effect with --engine cpu.'],
    [
      { engine: 'wasm', precision: 'bf16' },
      '--precision: no effect with --engine wasm. Expected with --engine auto, native.',
    ],
    [{ sampleTokens: 0, prompt: 'A' }, '--prompt: no effect with --sample-tokens 0'],
    [
      { randomStart: true, prompt: 'A' },
      '--prompt: no effect with --sample-tokens 150 and --random-start true.',
    ],
    [{ sampleTokens: 0, temperature: 1 }, '--temperature: no effect with --sample-tokens 0.'],
    [{ sampleTokens: 0, randomStart: true }, '--random-start: no effect with --sample-tokens 0.'],
    [{ maxEpochs: 2 }, '--max-epochs: 2 with random windows, which have no epochs.'],
    [{ evalEvery: 'epoch' }, '--eval-every: epoch with random windows'],
    [{ n_heads: 3 }, 'n_heads: no such setting. Expected nHeads.'],
    [{ '--lr': 3 }, '--lr: no such setting.'],
  ])('%j is an error', (given, message) => {
    expect(() => resolve(given)).toThrow(message);
  });

  it.each<[GivenSettings, string]>([
    [{ maxSteps: 0 }, '--max-steps: 0, so that the run never ends.'],
    [{ maxSteps: 0, earlyStoppingPatience: 2 }, '--schedule: cosine without a last step.'],
    [{ warmupSteps: 600 }, '--warmup-steps: 600. Expected fewer than --max-steps, which is 600.'],
    [{ minLearningRate: 1 }, '--min-learning-rate: 1. Expected at most --learning-rate, which is 0.012.'],
    [{ dModel: 130 }, 'multi-head-transformer: nHeads is 4. Expected a divisor of dModel, 130.'],
  ])('%j is a conflict', (given, message) => {
    expect(() => resolve(given)).toThrow(message);
  });

  it('of the preset is left out, and reported', () => {
    const { settings, unused } = resolve({ model: 'gru', schedule: 'constant' });
    expect(unused.sort()).toEqual(['dFf', 'dModel', 'minLearningRate', 'nHeads', 'nLayers']);
    for (const name of unused) expect(settings).not.toHaveProperty(name);
  });
});

describe('presets', () => {
  it.each(Object.keys(PRESETS))('%s has only settings with an effect', (name) => {
    const { settings, unused } = resolve({}, name);
    expect(unused).toEqual([]);
    expect(settings).toMatchObject(PRESETS[name].settings);
  });

  it.each(Object.keys(PRESETS))('%s takes --learning-rate and --max-steps alone', (name) => {
    const lower = scheduleOf({ learningRate: 1e-5 }, name);
    expect(lower.learningRate).toBe(1e-5);
    expect(lower.minLearningRate ?? 0).toBeLessThan(1.001e-6);
    const shorter = trainingOptions(resolve({ maxSteps: 20 }, name).settings, windows);
    expect(shorter.maxSteps).toBe(20);
    expect((shorter.schedule as { warmupSteps?: number }).warmupSteps ?? 0).toBeLessThanOrEqual(2);
  });
});

describe('derived defaults', () => {
  it('the learning rate decays to a tenth, on a plateau to 0', () => {
    const preset = 'experts/trained-router'; // has a minimum of its own
    expect(
      scheduleOf({ model: 'bigram', learningRate: 1e-3, minLearningRate: undefined }, preset),
    ).toMatchObject({
      minLearningRate: 1e-4,
    });
    expect(scheduleOf({ schedule: 'plateau', minLearningRate: undefined }).minLearningRate).toBe(0);
  });

  it('warmup takes a tenth of the steps, at most 50, also in runs of epochs', () => {
    expect(scheduleOf({ maxSteps: 200 }).warmupSteps).toBe(20);
    expect(scheduleOf({ maxSteps: 2000 }).warmupSteps).toBe(50);
    const epochs = { windows: 'sliding', maxSteps: 0, maxEpochs: 1, batchSize: 10 } as const;
    expect(scheduleOf(epochs).warmupSteps).toBe(10);
  });

  it('the feed-forward network has four times the embedding dimension', () => {
    const { settings } = resolve(
      { model: 'tiny-transformer', dModel: 64, dFf: undefined },
      'hyperparameters/baseline',
    );
    expect(modelConfigOf(settings, 10)).toMatchObject({ dFf: 256 });
  });
});

/** A second value for every setting, and the settings with which it has an effect. */
const CHANGES: Record<string, [value: unknown, context?: GivenSettings]> = {
  data: ['tiny-shakespeare'],
  valid: ['other.txt'],
  split: [0.8],
  splitBy: ['windows', { data: 'a.txt', windows: 'sliding' }],
  separator: ['none', { data: 'a.txt' }],
  field: ['body', { data: 'a.jsonl' }],
  maxChars: [100, { data: 'a.txt' }],
  storyBytes: [20_000],
  tokenizer: ['char'],
  vocabSize: [500],
  unkToken: ['none', { tokenizer: 'char' }],
  model: ['bigram'],
  contextLength: [32],
  windows: ['chunks'],
  batchSize: [4],
  gradientAccumulationSteps: [2],
  maxSteps: [100],
  maxEpochs: [2, { windows: 'sliding' }],
  optimizer: ['sgd'],
  learningRate: [1e-4],
  schedule: ['linear'],
  warmupSteps: [7],
  minLearningRate: [1e-5],
  plateauFactor: [0.9, { schedule: 'plateau' }],
  plateauPatience: [7, { schedule: 'plateau' }],
  weightDecay: [0.3],
  momentum: [0.1, { optimizer: 'sgd' }],
  maxGradNorm: [0.1],
  evalEvery: [10],
  evalBatches: [0],
  evalAtStart: [true],
  earlyStoppingPatience: [3],
  engine: ['cpu'],
  threads: [1],
  precision: ['bf16'],
  seed: [7],
  logEvery: [3],
  saveEvery: [5],
  sampleTokens: [10],
  prompt: ['Hello'],
  randomStart: [true],
  temperature: [0],
};

describe('every setting', () => {
  it('is in the table above', () => {
    expect(Object.keys(CHANGES)).toEqual(Object.keys(settingsSchema.shape));
  });

  it.each(Object.entries(CHANGES))('%s is recorded as given', (name, [value, context = {}]) => {
    const before = resolve(context).settings[name];
    expect(before).not.toEqual(value);
    expect(resolve({ ...context, [name]: value }).settings[name]).toEqual(value);
  });

  it.each([...modelDefinitions().values()].filter(({ causal = true }) => causal).map(({ type }) => type))(
    'of %s reaches its config',
    (type) => {
      const { settings } = resolve({ model: type });
      const base = modelConfigOf(settings, 100) as unknown as Record<string, unknown>;
      for (const name of fieldsOf(type)) {
        const value = typeof base[name] === 'boolean' ? !base[name] : otherValue(type, name, base[name]);
        const changed = modelConfigOf(resolve({ model: type, [name]: value }).settings, 100);
        expect(changed, name).toMatchObject({ [name]: value });
        expect(value, name).not.toEqual(base[name]);
      }
    },
  );
});

function otherValue(type: string, name: string, value: unknown): unknown {
  const field = modelDefinitions().get(type)!.config.shape[name] as z.ZodType;
  if (typeof value === 'string') {
    const words = [
      'fixed',
      'trained',
      'sinusoids',
      'none',
      'head',
      'width',
      'fused',
      'naive',
      'gelu',
      'relu',
    ];
    return words.find((word) => word !== value && field.safeParse(word).success);
  }
  const candidates = [typeof value === 'number' ? value * 2 : 3, 0.25, 1];
  return candidates.find((candidate) => candidate !== value && field.safeParse(candidate).success);
}

it('a model whose fields are settings of the trainer is an error', () => {
  const config = defineConfig('colliding', { vocabSize: fields.vocabSize, seed: size('a seed').default(1) });
  defineModel({
    config,
    summary: 'collides',
    create: (_: never, random) => createModel({ type: 'gru', vocabSize: 5 }, random),
  });
  expect(() => resolve({ model: 'colliding' })).toThrow(
    'colliding: its field seed is a setting of the trainer. Expected another name.',
  );
});
