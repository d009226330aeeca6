// What one comparison with PyTorch trains: settings of a preset, and the files from which agreement_peer.py trains the same.
import { writeSafetensors } from '@lilformer/checkpoints';
import { batches, type Windows } from '@lilformer/datasets';
import { tf } from '@lilformer/engine';
import { Dropout } from '@lilformer/layers';
import type { LanguageModel, ModelConfig } from '@lilformer/models';
import { dropout, type DropoutMask } from '@lilformer/ops';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PRESETS, presetNamed } from '../../../apps/lilformer/src/trainer/settings/presets.js';
import { resolveSettings, type Settings } from '../../../apps/lilformer/src/trainer/settings/settings.js';
import type { trainingOptions } from '../../../apps/lilformer/src/trainer/settings/training-options.js';
import { workspace } from './workloads.js';

type BatchOptions = Parameters<typeof batches>[1];

/** Files instead of the named corpora, which are downloaded. */
export interface Texts {
  readonly data?: string;
  readonly valid?: string;
  readonly shakespeare?: string;
}

export type Options = ReturnType<typeof trainingOptions>;

/** All presets, or those with these names or in these families. @throws Error for an unknown name */
export function presetNames(given: readonly string[] = []): string[] {
  const known = Object.keys(PRESETS);
  const words = given.flatMap((word) => word.split(',')).filter((word) => word !== '');
  const names = words.flatMap((word) => {
    const found = known.filter((name) => name === word || name.startsWith(`${word}/`));
    if (found.length > 0) return found;
    throw new Error(`--presets: ${word} is unknown. Expected names or families of ${known.join(', ')}.`);
  });
  return names.length > 0 ? [...new Set(names)] : known;
}

/**
 * Settings of a preset for at most `steps` steps, as the trainer resolves them. Without a plateau schedule and early
 * stopping, evaluations have no effect on the training, and only the last one is made.
 */
export function agreementSettings(name: string, steps: number, seed: number, texts: Texts): Settings {
  const preset = presetNamed(name).settings;
  const { maxSteps, schedule, earlyStoppingPatience, data } = resolveSettings({}, preset).settings;
  const files = {
    'tiny-shakespeare': { data: texts.shakespeare },
    tinystories: { data: texts.data, valid: texts.valid },
  }[data];
  const last = Math.min(steps, maxSteps || Infinity);
  const once = schedule !== 'plateau' && earlyStoppingPatience === 0;
  const given = Object.entries({
    ...files,
    ...{ seed, maxSteps: last },
    ...(once && { evalEvery: last, evalAtStart: false }),
  });
  return resolveSettings(Object.fromEntries(given.filter(([, value]) => value !== undefined)), preset)
    .settings;
}

/** Changes when the settings of a preset do: results of others are measured again. */
export function presetDigest(name: string): string {
  const { settings } = resolveSettings({}, presetNamed(name).settings);
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 12);
}

/** Steps of a run. */
export function totalSteps({ maxSteps = Infinity, maxEpochs = Infinity, ...rest }: Options): number {
  return Math.min(maxSteps, maxEpochs * stepsPerEpoch(rest));
}

function stepsPerEpoch(options: Options): number {
  const { batchesPerEpoch } = batches(options.train, trainingBatches(options));
  return Math.ceil(batchesPerEpoch / (options.gradientAccumulationSteps ?? 1));
}

/** Steps after which `train` evaluates, unless early stopping ends the run before. */
export function evaluationSteps(options: Options): number[] {
  const { evalEvery } = options;
  const total = totalSteps(options);
  const every = evalEvery === 'epoch' ? stepsPerEpoch(options) : evalEvery!;
  const steps = Array.from({ length: Math.floor(total / every) }, (_, i) => (i + 1) * every);
  return [...(options.evalAtStart ? [0] : []), ...steps, ...(total % every === 0 ? [] : [total])];
}

/** Argument of agreement_peer.py. */
export interface PeerTask {
  /** Folder of the models in Python. */
  readonly models: string;
  readonly model: ModelConfig;
  /** Options of the training without windows. */
  readonly options: Omit<Options, 'train' | 'validation'>;
  readonly totalSteps: number;
  /** Null in random order. */
  readonly batchesPerEpoch: number | null;
  /** Tokens per window. */
  readonly length: number;
  /** Rate and seed of each dropout layer. */
  readonly dropout: Readonly<Record<string, { readonly rate: number; readonly seed: number }>>;
  /** Masks of lilformer, which have to be the same in Python. */
  readonly masks: readonly Mask[];
  readonly threads: number;
  /** Train in float64 instead of float32. */
  readonly float64: boolean;
}

/** Which elements of a mask [parts, rows, columns] are kept, in hexadecimal: eight a byte, the first in the highest bit. */
export interface Mask extends DropoutMask {
  readonly parts: number;
  readonly rows: number;
  readonly columns: number;
  readonly kept: string;
}

/**
 * Writes the task of agreement_peer.py with its files: initial weights, tokens, and the first token of each window of every
 * batch in training and evaluation.
 */
export async function writePeerTask(
  folder: string,
  { model, config, options }: { model: LanguageModel; config: ModelConfig; options: Options },
  rest: Pick<PeerTask, 'threads' | 'float64'>,
): Promise<void> {
  await writeSafetensors(join(folder, 'weights.safetensors'), model.stateDict());
  const { train, validation, ...others } = options;
  await writeNumbers(folder, 'train.tokens', train.source.read(0, train.source.length));
  await writeNumbers(folder, 'validation.tokens', validation!.source.read(0, validation!.source.length));
  const { gradientAccumulationSteps = 1, batchSize, seed, evalBatches } = options;
  const total = totalSteps(options);
  await writeStarts(folder, 'train', train, {
    ...trainingBatches(options),
    limit: total * gradientAccumulationSteps,
  });
  if (typeof evalBatches === 'number') {
    for (const step of evaluationSteps(options)) {
      await writeStarts(folder, `evaluation-${step}`, validation!, {
        ...{ batchSize, order: 'random', limit: evalBatches },
        seed: `${seed}/evaluation/validation/${step}`,
      });
    }
  } else await writeStarts(folder, 'evaluation', validation!, { batchSize, order: 'sequential' });
  const { batchesPerEpoch } = batches(train, trainingBatches(options));
  const layers = dropoutSeeds(model);
  const task: PeerTask = {
    models: resolve(workspace, 'tools/golden/generators'),
    model: config,
    options: others,
    totalSteps: total,
    batchesPerEpoch: Number.isFinite(batchesPerEpoch) ? batchesPerEpoch : null,
    length: train.length,
    dropout: layers,
    masks: Object.values(layers).map((layer) => maskOf({ ...layer, counter: total }, 21, 37)),
    ...rest,
  };
  await writeFile(join(folder, 'task.json'), JSON.stringify(task));
}

/** The options of the batches that `train` makes. */
function trainingBatches({ batchSize, order, dropLast, seed }: Options): BatchOptions {
  return { batchSize, order: order!, dropLast, seed: `${seed}/batches` };
}

async function writeStarts(
  folder: string,
  name: string,
  windows: Windows,
  options: BatchOptions,
): Promise<void> {
  const starts: number[] = [];
  const nothing = new Uint32Array(windows.length + 1);
  const source = {
    length: windows.source.length,
    read: (offset: number) => {
      starts.push(offset);
      return nothing;
    },
  };
  const sizes = Array.from(batches({ ...windows, source }, options), ({ batch }) => batch);
  await writeNumbers(folder, `${name}.starts`, Uint32Array.from(starts));
  await writeNumbers(folder, `${name}.sizes`, Uint32Array.from(sizes));
}

async function writeNumbers(folder: string, file: string, { buffer, byteOffset, byteLength }: Uint32Array) {
  await writeFile(join(folder, file), new Uint8Array(buffer, byteOffset, byteLength));
}

/** Rates and seeds of the dropout layers, whose counters stay as they are. */
function dropoutSeeds(model: LanguageModel): PeerTask['dropout'] {
  model.train();
  const layers: Record<string, { rate: number; seed: number }> = {};
  for (const [name, module] of model.namedModules()) {
    if (!(module instanceof Dropout) || module.rate === 0) continue;
    const { counter } = module;
    const { rate, seed } = module.next()!;
    module.counter = counter;
    layers[name] = { rate, seed };
  }
  return layers;
}

/** The mask that the engine applies to a matrix. */
export function maskOf({ rate, seed, counter }: DropoutMask, rows: number, columns: number): Mask {
  const values = tf.tidy(() => dropout(tf.ones([rows, columns]), rate, seed, counter).dataSync());
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, i) => (bytes[i >> 3] |= value === 0 ? 0 : 0x80 >> (i & 7)));
  return { rate, seed, counter, parts: 1, rows, columns, kept: Buffer.from(bytes).toString('hex') };
}
