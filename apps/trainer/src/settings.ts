// Every setting of a training run: its name, default, meaning and what is allowed, once. The command
// line, its help text, the checks and the run folder's config.json all come from this schema.
import {
  checkFlags,
  flag,
  nonNegative,
  oneOf,
  positive,
  number,
  fraction,
  text,
  integer,
} from '@lilformer/command-line';
import { engineNames } from '@lilformer/engine';
import { modelDefinitions } from '@lilformer/models';
import { z } from 'zod';

const modelTypes = [...modelDefinitions().keys()];

export const settingsSchema = z.object({
  data: flag(
    {
      group: 'Data',
      value: 'NAME|FILE',
      help: 'text to train on: the built-in `stories`; `tiny-shakespeare` or `tinystories`, downloaded once; or a file (.txt, .jsonl, .parquet, also .gz)',
    },
    text(),
  ),
  valid: flag(
    {
      group: 'Data',
      value: 'FILE',
      help: 'text to validate on; without it a share of the training text is held out',
    },
    text().optional(),
  ),
  split: flag(
    { group: 'Data', value: 'SHARE', help: 'share of the text to train on when there is no --valid' },
    fraction(),
  ),
  splitBy: flag(
    {
      group: 'Data',
      value: 'KIND',
      help: '`tokens` cuts the text in two; `windows` cuts the list of windows, so that the two overlap by one window',
    },
    oneOf('tokens', 'windows'),
  ),
  separator: flag(
    {
      group: 'Data',
      value: 'TEXT',
      help: 'what stands between two documents of a plain text file; `none` for one document',
    },
    text(),
  ),
  field: flag(
    { group: 'Data', value: 'NAME', help: 'field (.jsonl) or column (.parquet) that holds the text' },
    text(),
  ),
  maxChars: flag(
    {
      group: 'Data',
      value: 'N',
      help: 'read no more than this many characters of the training text; 0: all',
    },
    integer(0),
  ),
  storyBytes: flag(
    { group: 'Data', value: 'N', help: 'how much text of built-in stories to make, in bytes' },
    integer(10_000, 1_000_000_000),
  ),

  tokenizer: flag(
    {
      group: 'Tokenizer',
      value: 'KIND|FILE',
      help: '`char`, `bpe` (byte-level), `bpe-whitespace` (words, spaces dropped), `compact-gpt2`, made from the training text; or a tokenizer.json',
    },
    text(),
  ),
  vocabSize: flag(
    { group: 'Tokenizer', value: 'N', help: 'entries of a tokenizer made from the text (not for `char`)' },
    integer(4, 200_000),
  ),
  unkToken: flag(
    {
      group: 'Tokenizer',
      value: 'TEXT',
      help: 'token of `char` for characters that the training text does not have; `none`: no such token, and the vocabulary is that of training and validation text',
    },
    text(),
  ),

  model: flag({ group: 'Model', value: 'TYPE', help: modelTypes.join(', ') }, oneOf(...modelTypes)),
  context: flag(
    { group: 'Model', value: 'N', help: 'tokens in a window: how far back the model can look' },
    integer(1, 65_536),
  ),
  dModel: flag({ group: 'Model', value: 'N', help: 'width of the model' }, integer(1, 16_384)),
  dFf: flag(
    {
      group: 'Model',
      value: 'N',
      help: 'inner width of the feed-forward network, where it is not four times the width',
    },
    integer(1, 65_536),
  ),
  layers: flag(
    { group: 'Model', value: 'N', help: 'blocks or recurrent layers, in models that stack them' },
    integer(1, 512),
  ),
  heads: flag(
    {
      group: 'Model',
      value: 'N',
      help: 'attention heads, in models that have several; must divide the width',
    },
    integer(1, 512),
  ),
  experts: flag(
    { group: 'Model', value: 'N', help: 'experts of a mixture, of which each token takes one' },
    integer(1, 512),
  ),
  embedSize: flag(
    { group: 'Model', value: 'N', help: "length of a token's vector in recurrent models" },
    integer(1, 16_384),
  ),
  hiddenSize: flag(
    { group: 'Model', value: 'N', help: 'numbers in the state of a recurrent layer' },
    integer(1, 16_384),
  ),
  dropout: flag(
    { group: 'Model', value: 'SHARE', help: 'share of values dropped in training (char-gpt, gpt2)' },
    number('a number from 0 to below 1', (value) => value >= 0 && value < 1),
  ),
  attentionScale: flag(
    {
      group: 'Model',
      value: 'KIND',
      help: 'what attention scores are divided by in char-gpt: the root of the width of a `head`, as everywhere else, or of the whole `width`',
    },
    oneOf('head', 'width'),
  ),
  attention: flag(
    {
      group: 'Model',
      value: 'KIND',
      help: '`fused`, or `naive`: the same numbers in plain operations, slower (tied-transformer)',
    },
    oneOf('fused', 'naive'),
  ),
  positions: flag(
    {
      group: 'Model',
      value: 'KIND',
      help: '`sinusoids`, or `none` to see what they are good for (tiny-transformer)',
    },
    oneOf('sinusoids', 'none'),
  ),
  router: flag(
    {
      group: 'Model',
      value: 'KIND',
      help: '`fixed`: the router of experts stays as it was made; `trained`: it learns by its probability of the expert taken',
    },
    oneOf('fixed', 'trained'),
  ),

  windows: flag(
    {
      group: 'Training',
      value: 'KIND',
      help: '`random` windows anywhere; `sliding`: each window once an epoch, one token apart; `chunks`: each token once an epoch',
    },
    oneOf('random', 'sliding', 'chunks'),
  ),
  batchSize: flag({ group: 'Training', value: 'N', help: 'windows in a batch' }, integer(1)),
  accumulate: flag(
    {
      group: 'Training',
      value: 'N',
      help: 'batches whose gradients are averaged for one step: a larger batch in the same memory',
    },
    integer(1),
  ),
  maxSteps: flag(
    { group: 'Training', value: 'N', help: 'stop after this many steps; 0: no limit' },
    integer(0),
  ),
  epochs: flag(
    { group: 'Training', value: 'N', help: 'stop after this many passes over the windows; 0: no limit' },
    integer(0),
  ),
  optimizer: flag(
    { group: 'Training', value: 'KIND', help: 'adamw, adam, sgd' },
    oneOf('adamw', 'adam', 'sgd'),
  ),
  lr: flag({ group: 'Training', value: 'RATE', help: 'learning rate, at its highest' }, positive()),
  schedule: flag(
    {
      group: 'Training',
      value: 'KIND',
      help: '`constant`; `linear` or `cosine` down to --min-lr at the last step; `plateau`: reduced when validation stalls',
    },
    oneOf('constant', 'linear', 'cosine', 'plateau'),
  ),
  warmup: flag(
    {
      group: 'Training',
      value: 'N',
      help: 'steps over which the learning rate rises to --lr (linear and cosine)',
    },
    integer(0),
  ),
  minLr: flag(
    {
      group: 'Training',
      value: 'RATE',
      help: 'learning rate at the end of linear and cosine, floor of plateau',
    },
    nonNegative(),
  ),
  plateauFactor: flag(
    { group: 'Training', value: 'F', help: 'what plateau multiplies the learning rate by' },
    fraction(),
  ),
  plateauPatience: flag(
    { group: 'Training', value: 'N', help: 'evaluations without improvement that plateau puts up with' },
    integer(0),
  ),
  weightDecay: flag({ group: 'Training', value: 'F', help: 'weight decay' }, nonNegative()),
  momentum: flag(
    { group: 'Training', value: 'F', help: 'momentum of sgd' },
    number('a number from 0 to below 1', (value) => value >= 0 && value < 1),
  ),
  clip: flag(
    { group: 'Training', value: 'NORM', help: 'largest global norm of the gradients; 0: no limit' },
    nonNegative(),
  ),

  evalEvery: flag(
    { group: 'Evaluation', value: 'N|epoch', help: 'evaluate every N steps, or after each epoch' },
    z.union([z.literal('epoch'), integer(1)], 'expected an integer of at least 1, or epoch'),
  ),
  evalBatches: flag(
    {
      group: 'Evaluation',
      value: 'N',
      help: 'random batches of each split an evaluation takes; 0: all validation windows (each token once, but with --split-by windows every window there is)',
    },
    integer(0),
  ),
  evalAtStart: flag(
    { group: 'Evaluation', value: 'YES|NO', help: 'evaluate before the first step as well' },
    oneOf('yes', 'no'),
  ),
  patience: flag(
    {
      group: 'Evaluation',
      value: 'N',
      help: 'stop after this many evaluations without improvement; 0: never',
    },
    integer(0),
  ),

  engine: flag(
    {
      group: 'Run',
      value: 'NAME',
      help: `${engineNames.join(', ')}; without it LILFORMER_ENGINE, or auto: the fastest that opens`,
    },
    oneOf(...engineNames).optional(),
  ),
  threads: flag(
    {
      group: 'Run',
      value: 'N',
      help: 'threads to compute with; without it LILFORMER_THREADS, or as many as there are cores',
    },
    integer(1, 1024).optional(),
  ),
  precision: flag(
    {
      group: 'Run',
      value: 'KIND',
      help: '`float32`, or `bf16`: matrix products with half the bits, faster where the native engine finds AVX512-BF16; without it LILFORMER_PRECISION, or float32',
    },
    oneOf('float32', 'bf16').optional(),
  ),
  seed: flag(
    { group: 'Run', value: 'N', help: 'seed of everything random: weights, order of the data, samples' },
    integer(0),
  ),
  logEvery: flag({ group: 'Run', value: 'N', help: 'steps between two lines of progress' }, integer(1)),
  saveEvery: flag(
    { group: 'Run', value: 'SECONDS', help: 'at most this much work is lost when the machine fails' },
    positive(),
  ),

  prompt: flag(
    { group: 'Samples', value: 'TEXT', help: 'what the samples before and after training start from' },
    z.string('expected a text'),
  ),
  start: flag(
    {
      group: 'Samples',
      value: 'KIND',
      help: '`prompt`: samples start from --prompt; `random`: from one token drawn at random',
    },
    oneOf('prompt', 'random'),
  ),
  sampleTokens: flag(
    { group: 'Samples', value: 'N', help: 'tokens of each sample; 0: no samples' },
    integer(0),
  ),
  temperature: flag(
    { group: 'Samples', value: 'T', help: 'temperature of the samples; 0: always the likeliest token' },
    nonNegative(),
  ),
});

/** All settings of a run, checked. */
export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings;

/** What the settings are where neither the preset nor the command line says otherwise. */
export const DEFAULTS: Settings = {
  data: 'stories',
  split: 0.9,
  splitBy: 'tokens',
  separator: '<|endoftext|>',
  field: 'text',
  maxChars: 0,
  storyBytes: 3_000_000,
  tokenizer: 'bpe',
  vocabSize: 2048,
  unkToken: '<unk>',
  model: 'multi-head-transformer',
  context: 64,
  dModel: 128,
  dFf: 256,
  layers: 1,
  heads: 4,
  experts: 2,
  embedSize: 64,
  hiddenSize: 256,
  dropout: 0,
  attentionScale: 'head',
  attention: 'fused',
  positions: 'sinusoids',
  router: 'fixed',
  windows: 'random',
  batchSize: 8,
  accumulate: 1,
  maxSteps: 600,
  epochs: 0,
  optimizer: 'adamw',
  lr: 8e-3,
  schedule: 'cosine',
  warmup: 50,
  minLr: 3e-4,
  plateauFactor: 0.5,
  plateauPatience: 1,
  weightDecay: 0.01,
  momentum: 0.9,
  clip: 1,
  evalEvery: 200,
  evalBatches: 20,
  evalAtStart: 'no',
  patience: 0,
  seed: 42,
  logEvery: 10,
  saveEvery: 60,
  prompt: 'Once upon a time',
  start: 'prompt',
  sampleTokens: 150,
  temperature: 0.7,
};

/**
 * Checks settings, each by itself and all together.
 * @throws Error with one line a wrong setting: what was given, what was expected
 */
export function checkSettings(values: Record<string, unknown>): Settings {
  const settings = checkFlags(settingsSchema, values);
  const wrong: string[] = [];
  if (WITH_HEADS.includes(settings.model) && settings.dModel % settings.heads !== 0) {
    wrong.push(
      `--heads ${settings.heads}: expected a divisor of the width, and --d-model is ${settings.dModel}`,
    );
  }
  if (settings.maxSteps === 0 && settings.epochs === 0 && settings.patience === 0) {
    wrong.push(
      '--max-steps 0: expected at least one of --max-steps, --epochs and --patience, or the run would never end',
    );
  }
  if (settings.maxSteps === 0 && settings.epochs === 0 && ['linear', 'cosine'].includes(settings.schedule)) {
    wrong.push(
      `--schedule ${settings.schedule}: expected --max-steps or --epochs with it, to know the last step`,
    );
  }
  if (settings.maxSteps > 0 && settings.warmup >= settings.maxSteps && settings.schedule !== 'plateau') {
    wrong.push(`--warmup ${settings.warmup}: expected fewer steps than --max-steps ${settings.maxSteps}`);
  }
  if (settings.minLr > settings.lr) {
    wrong.push(`--min-lr ${settings.minLr}: expected no more than --lr ${settings.lr}`);
  }
  if (settings.evalEvery === 'epoch' && settings.windows === 'random') {
    wrong.push(
      '--eval-every epoch: random windows have no epochs; expected a number of steps, or --windows sliding or chunks',
    );
  }
  if (settings.epochs > 0 && settings.windows === 'random') {
    wrong.push(
      `--epochs ${settings.epochs}: random windows have no epochs; expected --max-steps, or --windows sliding or chunks`,
    );
  }
  if (settings.splitBy === 'windows' && settings.windows !== 'sliding') {
    wrong.push(`--split-by windows: expected --windows sliding with it, not ${settings.windows}`);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return settings;
}

const WITH_HEADS: readonly Settings['model'][] = [
  'multi-head-transformer',
  'moe-transformer',
  'tiny-transformer',
  'tied-transformer',
  'nano-gpt',
  'gpt2',
  'char-gpt',
];
