// The settings of a training run: the trainer's own, and the config fields of the chosen model. Command line, help, checks
// and config.json derive from this schema and from the model definitions.
import {
  boolean,
  checkFlags,
  flag,
  flagName,
  fraction,
  integer,
  nonNegative,
  number,
  oneOf,
  positive,
  text,
} from '@lilformer/command-line';
import { engineNames } from '@lilformer/engine';
import type { ModelConfig } from '@lilformer/models';
import { z } from 'zod';
import { checkModelFields, fieldsOf, modelConfig, modelsWith } from './model-settings.js';

/** A setting of one group: placeholder of the value, what it sets, and when to change it. */
const group =
  (name: string) =>
  <T extends z.ZodType>(value: string, help: string, when: string, schema: T, alias?: string): T =>
    flag({ group: name, value, help, when, alias }, schema);
const [data, tokenizer, model] = ['Data', 'Tokenizer', 'Model'].map(group);
const [training, evaluation, run, samples] = ['Training', 'Evaluation', 'Run', 'Samples'].map(group);

/** The settings of the trainer. Those of models are in their definitions. */
export const settingsSchema = z.object({
  data: data(
    'NAME|FILE',
    'training text: `stories`, generated; `tiny-shakespeare`, `tinystories` or `tinystories-v2`, downloaded once; or a file (.txt, .json, .jsonl, .parquet, also .gz)',
    'Give a file to train on text of your own.',
    text().default('stories'),
  ),
  valid: data(
    'FILE',
    'validation text',
    'Give one when the end of the training text differs from the rest of it.',
    text().optional(),
  ),
  split: data(
    'SHARE',
    'training share of a text without a validation text',
    'Raise it when the text is short.',
    fraction().default(0.9),
  ),
  splitBy: data(
    'KIND',
    '`tokens` splits the text; `windows` splits the list of sliding windows, and the two parts overlap by one window',
    'Change it only to compare with code that splits windows.',
    oneOf('tokens', 'windows').default('tokens'),
  ),
  separator: data(
    'TEXT',
    'separator between the documents of a text file; `none` for one document',
    'Set it to what your file has.',
    text().default('<|endoftext|>'),
  ),
  field: data(
    'NAME',
    'field (.json, .jsonl) or column (.parquet) with the text',
    'Set it when your file has another name.',
    text().default('text'),
  ),
  maxChars: data(
    'N',
    'number of characters of the training text to use; 0: all',
    'Set it for a quick try.',
    integer(0).default(0),
  ),
  storyBytes: data(
    'N',
    'size of the generated stories in bytes',
    'Raise it when the validation loss rises while the training loss falls.',
    integer(10_000, 1_000_000_000).default(3_000_000),
  ),

  tokenizer: tokenizer(
    'KIND|FILE',
    '`bpe` (byte-level), `char` (characters), `bpe-whitespace` (words, spaces dropped), `compact-gpt2` (the most frequent GPT-2 tokens), or a tokenizer.json',
    'Take `char` for short texts and tiny models.',
    text().default('bpe'),
  ),
  vocabSize: tokenizer(
    'N',
    'vocabulary size',
    'Raise it for large texts: sequences become shorter, the embedding and the output layer larger.',
    integer(4, 200_000).default(2048),
  ),
  unkToken: tokenizer(
    'TEXT',
    'token for characters that the training text lacks; `none`: the vocabulary has the characters of the validation text too',
    'Set `none` when the vocabulary has to equal that of other code.',
    text().default('<unk>'),
  ),

  model: model(
    'TYPE',
    'type of a model that starts from random weights (--from starts from trained ones); each has settings of its own',
    'Start with the preset; take `nano-gpt` or `gpt2` to export to Python.',
    text(),
  ),
  contextLength: model(
    'N',
    'tokens per window, and the longest sequence of the model',
    'Raise it when text far back matters; attention cost grows with its square.',
    integer(1, 65_536).default(64),
  ),

  windows: training(
    'KIND',
    '`random`: drawn anywhere; `sliding`: each window once per epoch, one token apart; `chunks`: each token once per epoch',
    'Take `sliding` for short texts, and one of the two to count epochs.',
    oneOf('random', 'sliding', 'chunks').default('random'),
  ),
  batchSize: training(
    'N',
    'windows per batch',
    'Raise it for less noisy gradients, lower it when memory is short.',
    integer(1).default(8),
  ),
  gradientAccumulationSteps: training(
    'N',
    'batches per step; their gradients are averaged',
    'Raise it for a larger batch in the same memory.',
    integer(1).default(1),
  ),
  maxSteps: training(
    'N',
    'steps of the run; 0: no limit',
    'Raise it while the validation loss still falls.',
    integer(0).default(600),
  ),
  maxEpochs: training(
    'N',
    'passes over the windows (sliding or chunks); 0: no limit',
    'Set it to train by epochs; a few are usual.',
    integer(0).default(0),
    'epochs',
  ),
  optimizer: training(
    'KIND',
    'adamw, adam or sgd',
    'AdamW suits transformers; SGD needs more tuning.',
    oneOf('adamw', 'adam', 'sgd').default('adamw'),
  ),
  learningRate: training(
    'RATE',
    'highest learning rate',
    'Lower it when the loss jumps or becomes NaN, and for larger models.',
    positive().default(1e-3),
    'lr',
  ),
  schedule: training(
    'KIND',
    '`cosine` or `linear` decay to --min-learning-rate, `constant`, or `plateau`: reduced when the validation loss stops falling',
    'Take `plateau` or `constant` for runs of unknown length.',
    oneOf('cosine', 'linear', 'constant', 'plateau').default('cosine'),
  ),
  warmupSteps: training(
    'N',
    'steps over which the learning rate rises; default a tenth of all steps, at most 50',
    'Raise it when the loss jumps at the start.',
    integer(0).optional(),
  ),
  minLearningRate: training(
    'RATE',
    'lowest learning rate; default a tenth of --learning-rate, with --schedule plateau 0',
    'Lower it when the loss still falls at the end.',
    nonNegative().optional(),
  ),
  plateauFactor: training(
    'F',
    'factor of each reduction of the learning rate',
    'Lower it for fewer, larger reductions; 0.1 to 0.5 is usual.',
    fraction().default(0.5),
  ),
  plateauPatience: training(
    'N',
    'evaluations without improvement before the learning rate is reduced',
    'Raise it when the validation loss is noisy.',
    integer(0).default(1),
  ),
  weightDecay: training(
    'F',
    'weight decay',
    'Raise it, up to 0.1, when the validation loss rises while the training loss falls.',
    nonNegative().default(0.01),
  ),
  momentum: training(
    'F',
    'momentum of sgd',
    'Lower it when the loss oscillates.',
    number('a number from 0 to below 1', (value) => value >= 0 && value < 1).default(0.9),
  ),
  maxGradNorm: training(
    'NORM',
    'max gradient norm; 0 disables clipping',
    'Lower it when the loss jumps.',
    nonNegative().default(1),
  ),

  evalEvery: evaluation(
    'N|epoch',
    'steps between evaluations, or `epoch`',
    'Raise it when evaluations take much of the time.',
    z.union([z.literal('epoch'), integer(1)], 'expected an integer of at least 1, or epoch').default(200),
  ),
  evalBatches: evaluation(
    'N',
    'random batches of each split per evaluation; 0: the whole validation text',
    'Raise it for a less noisy loss.',
    integer(0).default(20),
  ),
  evalAtStart: evaluation(
    'true|false',
    'evaluate before the first step as well',
    'Set it for plots that start at the untrained model.',
    boolean().default(false),
  ),
  earlyStoppingPatience: evaluation(
    'N',
    'evaluations without improvement that end the run; 0 disables early stopping',
    'Set it when the model overfits before the last step.',
    integer(0).default(0),
  ),

  engine: run(
    'NAME',
    `${engineNames.join(', ')}; default LILFORMER_ENGINE, or auto: the fastest that is available`,
    'Set it to compare engines.',
    oneOf(...engineNames).optional(),
  ),
  threads: run(
    'N',
    'threads; default LILFORMER_THREADS, or the number of cores',
    'Lower it to leave cores to other programs.',
    integer(1, 1024).optional(),
  ),
  precision: run(
    'KIND',
    '`float32`, or `bf16`: factors of matrix products rounded to bf16, faster on processors with AVX512-BF16; default LILFORMER_PRECISION, or float32',
    'Set `bf16` for models of more than a few million parameters.',
    oneOf('float32', 'bf16').optional(),
  ),
  seed: run(
    'N',
    'seed of weights, order of the data and samples',
    'Change it to see how much results vary.',
    integer(0).default(42),
  ),
  logEvery: run(
    'N',
    'steps between progress lines',
    'Lower it for denser curves, raise it for long runs.',
    integer(1).default(10),
  ),
  saveEvery: run(
    'SECONDS',
    'time between checkpoints',
    'Raise it for large models, whose checkpoints take long.',
    positive().default(60),
  ),

  sampleTokens: samples(
    'N',
    'tokens of the samples before and after training; 0: no samples',
    'Raise it to read more.',
    integer(0).default(150),
  ),
  prompt: samples(
    'TEXT',
    'prompt of the samples',
    'Take the beginning of a sentence of your text.',
    z.string('expected a text').default('Once upon a time'),
  ),
  randomStart: samples(
    'true|false',
    'start samples from a random token instead of the prompt',
    'Set it for texts without a usual beginning.',
    boolean().default(false),
  ),
  temperature: samples(
    'T',
    'temperature of the samples; 0: greedy',
    'Lower it for safer text, raise it for more varied text.',
    nonNegative().default(0.7),
  ),
});

type AllSettings = z.infer<typeof settingsSchema>;
/** Names of the trainer's settings. */
export type SettingName = keyof AllSettings;

/** When a setting has an effect. */
interface Condition {
  /** The settings that it depends on. */
  readonly on: readonly SettingName[];
  /** What it needs, for the error. */
  readonly expected: string;
  readonly holds: (settings: AllSettings) => boolean;
}

function needs<Name extends SettingName>(name: Name, ...values: AllSettings[Name][]): Condition {
  return {
    on: [name],
    expected: `with ${flagName(name)} ${values.filter((value) => value !== undefined).join(', ')}`,
    holds: (settings) => values.includes(settings[name]),
  };
}

const isStructured = (file: string | undefined) =>
  file !== undefined && /\.(jsonl?|ndjson|parquet)(\.gz)?$/i.test(file);
const isText = (file: string | undefined) => file !== undefined && file !== 'stories' && !isStructured(file);
const isDivided = ({ data, valid }: AllSettings) => valid === undefined && !data.startsWith('tinystories');
const hasSamples = { on: ['sampleTokens'], expected: 'with --sample-tokens 1 or more' } as const;

/** The settings that have an effect only under some condition. */
const CONDITIONS = {
  split: {
    on: ['data', 'valid'],
    expected: 'with a text that has no validation text',
    holds: isDivided,
  },
  splitBy: {
    on: ['data', 'valid'],
    expected: 'with a file or tiny-shakespeare, without --valid',
    holds: (settings) => isDivided(settings) && settings.data !== 'stories',
  },
  separator: {
    on: ['data', 'valid'],
    expected: 'with text files',
    holds: ({ data, valid }) => isText(data) || isText(valid),
  },
  field: {
    on: ['data', 'valid'],
    expected: 'with .json, .jsonl or .parquet files',
    holds: ({ data, valid }) => isStructured(data) || isStructured(valid),
  },
  maxChars: {
    on: ['data'],
    expected: 'with --data other than stories, whose size is --story-bytes',
    holds: ({ data }) => data !== 'stories',
  },
  storyBytes: needs('data', 'stories'),
  vocabSize: needs('tokenizer', 'bpe', 'bpe-whitespace', 'compact-gpt2'),
  unkToken: needs('tokenizer', 'char'),
  warmupSteps: needs('schedule', 'cosine', 'linear'),
  minLearningRate: needs('schedule', 'cosine', 'linear', 'plateau'),
  plateauFactor: needs('schedule', 'plateau'),
  plateauPatience: needs('schedule', 'plateau'),
  momentum: needs('optimizer', 'sgd'),
  threads: {
    on: ['engine'],
    expected: 'with an engine of several threads, such as native',
    holds: ({ engine }) => engine !== 'cpu',
  },
  precision: needs('engine', undefined, 'auto', 'native'),
  prompt: {
    on: ['sampleTokens', 'randomStart'],
    expected: 'with --sample-tokens 1 or more and --random-start false',
    holds: ({ sampleTokens, randomStart }) => sampleTokens > 0 && !randomStart,
  },
  randomStart: { ...hasSamples, holds: ({ sampleTokens }) => sampleTokens > 0 },
  temperature: { ...hasSamples, holds: ({ sampleTokens }) => sampleTokens > 0 },
} as const satisfies Partial<Record<SettingName, Condition>>;

type Conditional = keyof typeof CONDITIONS;

/** The settings of a run: those of the trainer that have an effect, and the fields of its model by their names. */
export type Settings = Omit<AllSettings, Conditional> &
  Partial<Pick<AllSettings, Conditional>> &
  Readonly<Record<string, unknown>>;

/** Values by the names of settings, as a preset, a file or the command line gives them. */
export type GivenSettings = Readonly<Partial<z.input<typeof settingsSchema>> & Record<string, unknown>>;

/**
 * Resolves the settings of a run.
 *
 * @param given values that have to have an effect
 * @param base values of a preset, which `given` overrides. Those that have no effect together with `given` are left out
 * @returns the settings, and the names of those of `base` that were left out
 * @throws Error with one line per mistake
 */
export function resolveSettings(
  given: GivenSettings,
  base: GivenSettings = {},
): { settings: Settings; unused: string[] } {
  const merged: Record<string, unknown> = { ...base, ...given };
  const own = Object.fromEntries(
    Object.entries(merged).filter(([name, value]) => isOwn(name) && value !== undefined),
  );
  const all = checkFlags(settingsSchema, own);
  const fields = fieldsOf(all.model);
  const mistakes = fields
    .filter(isOwn)
    .map((name) => `${all.model}: its field ${name} is a setting of the trainer. Expected another name.`);
  const unused: string[] = [];
  const settings: Record<string, unknown> = { ...all };
  const drop = (name: string, mistake: string) => {
    settings[name] = undefined;
    if (given[name] !== undefined) mistakes.push(mistake);
    else if (base[name] !== undefined) unused.push(name);
  };
  for (const [name, { on, expected, holds }] of Object.entries<Condition>(CONDITIONS)) {
    if (holds(all)) continue;
    const present = on.filter((other) => all[other] !== undefined);
    const context = present.map((other) => `${flagName(other)} ${String(all[other])}`).join(' and ');
    drop(name, `${flagName(name)}: no effect with ${context}. Expected ${expected}.`);
  }
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(merged)) {
    if (isOwn(name) || value === undefined) continue;
    if (fields.includes(name)) values[name] = value;
    else drop(name, unknownSetting(name, all.model));
  }
  const { minLearningRate, warmupSteps, maxSteps, maxEpochs, learningRate } = all;
  if (settings.minLearningRate !== undefined && minLearningRate! > learningRate) {
    drop(
      'minLearningRate',
      `--min-learning-rate: ${minLearningRate}. Expected at most --learning-rate, which is ${learningRate}.`,
    );
  }
  if (settings.warmupSteps !== undefined && maxSteps > 0 && warmupSteps! >= maxSteps) {
    drop(
      'warmupSteps',
      `--warmup-steps: ${warmupSteps}. Expected fewer than --max-steps, which is ${maxSteps}.`,
    );
  }
  if (maxSteps === 0 && maxEpochs === 0 && all.earlyStoppingPatience === 0) {
    mistakes.push(
      '--max-steps: 0, so that the run never ends. Expected one of --max-steps, --max-epochs and --early-stopping-patience.',
    );
  }
  if (maxSteps === 0 && maxEpochs === 0 && ['linear', 'cosine'].includes(all.schedule)) {
    mistakes.push(
      `--schedule: ${all.schedule} without a last step. Expected --max-steps or --max-epochs with it.`,
    );
  }
  if (all.windows === 'random') {
    const expected =
      'with random windows, which have no epochs. Expected --windows sliding or chunks with it';
    if (all.evalEvery === 'epoch') mistakes.push(`--eval-every: epoch ${expected}, or a number of steps.`);
    if (maxEpochs > 0) mistakes.push(`--max-epochs: ${maxEpochs} ${expected}, or --max-steps.`);
  }
  if (settings.splitBy === 'windows' && all.windows !== 'sliding') {
    drop('splitBy', `--split-by: windows with --windows ${all.windows}. Expected --windows sliding.`);
  }
  Object.assign(settings, checkModelFields(all.model, values, all.contextLength, mistakes));
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  const present = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { settings: Object.fromEntries(present) as Settings, unused };
}

/** The config of the model of a run. */
export function modelConfigOf(settings: Settings, vocabSize: number): ModelConfig {
  return modelConfig(settings.model, settings, settings.contextLength, vocabSize);
}

function isOwn(name: string): name is SettingName {
  return Object.hasOwn(settingsSchema.shape, name);
}

function unknownSetting(name: string, model: string): string {
  const others = modelsWith(name);
  if (others.length > 0) {
    return `${flagName(name)}: ${model} has no such setting. Expected with --model ${others.join(', ')}.`;
  }
  const camel = name.replace(/^--/, '').replace(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const known = camel !== name && (isOwn(camel) || modelsWith(camel).length > 0);
  return `${name}: no such setting.${known ? ` Expected ${camel}.` : ''}`;
}
