// The model that `train --from` starts from: its config, weights and tokenizer.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, type NamedArray } from '@lilformer/checkpoints';
import { modelProgress, resolveSource, resolveUserPath, type Terminal } from '@lilformer/command-line';
import { LanguageModel, loadModel, type LoadedModel, type ModelConfig } from '@lilformer/models';
import { loadTokenizer, type Tokenizer } from '@lilformer/tokenizers';
import { checkMemory } from '@lilformer/training';
import type { TrainCommand } from '../command-line.js';
import { resolveFineTuning } from '../settings/fine-tuning.js';
import type { Settings } from '../settings/settings.js';

/** Where the initial weights of a run come from, as its config.json records it. */
export interface From {
  /** A path or a name on the Hugging Face Hub. */
  readonly source: string;
  /** SHA-256 of names, shapes and values of the weights. */
  readonly weightsHash: string;
}

/** A trained model to start from. */
export interface TrainedSource {
  readonly from: From;
  readonly settings: Settings;
  readonly config: ModelConfig;
  readonly weights: ReadonlyMap<string, NamedArray>;
  readonly tokenizer: Tokenizer;
}

/** Opens the source of `--from`. @throws Error when it cannot be loaded, or `train` cannot train it, or memory is too small */
export async function openTrainedSource(
  { from, typed }: Extract<TrainCommand, { kind: 'fine-tune' }>,
  terminal: Terminal,
): Promise<TrainedSource> {
  const source = await resolveSource(from, terminal);
  const loaded = await loadModel(source, { onProgress: modelProgress(terminal) });
  const { model } = loaded;
  try {
    if (!(model instanceof LanguageModel)) {
      throw new Error(
        `--from: ${from} is a ${model.constructor.name}, which train cannot train. Expected a decoder-only or recurrent model.`,
      );
    }
    const tokenizer = await tokenizerOf(from, loaded, typed.tokenizer);
    if (tokenizer.vocabSize > model.vocabSize) {
      throw new Error(
        `--tokenizer: has ${tokenizer.vocabSize} ids, the model of ${from} ${model.vocabSize}. Expected the tokenizer that it was trained with.`,
      );
    }
    const settings = resolveFineTuning(typed, {
      from,
      config: model.config,
      contextLength: model.contextLength,
      learningRate: await learningRateOf(loaded.source),
    });
    const { batchSize, contextLength: length } = settings;
    const train = { count: Infinity, length }; // the text is not tokenized yet
    checkMemory(model, { optimizer: { type: settings.optimizer }, batchSize, train });
    const weights = model.stateDict();
    terminal.note(`Fine-tuning ${from}: ${model.constructor.name}`);
    return {
      from: { source, weightsHash: hashOf(weights) },
      ...{ settings, config: model.config, weights, tokenizer },
    };
  } finally {
    model.dispose();
  }
}

async function tokenizerOf(
  from: string,
  { tokenizer }: LoadedModel,
  file: string | undefined,
): Promise<Tokenizer> {
  if (tokenizer && file !== undefined) {
    throw new Error(`--tokenizer: ${from} has a tokenizer. Expected no --tokenizer with it.`);
  }
  if (tokenizer) return tokenizer;
  if (file !== undefined) return loadTokenizer(resolveUserPath(file));
  throw new Error(
    `--tokenizer: missing, and ${from} has no tokenizer. Expected the tokenizer.json that the model was trained with.`,
  );
}

/** The learning rate of a run; undefined for other sources. */
async function learningRateOf({ kind, path }: LoadedModel['source']): Promise<number | undefined> {
  const file = join(path, 'config.json');
  if (kind !== 'run' || !existsSync(file)) return undefined;
  const { settings } = (await readJson(file)) as { settings?: { learningRate?: unknown } };
  return typeof settings?.learningRate === 'number' ? settings.learningRate : undefined;
}

function hashOf(weights: ReadonlyMap<string, NamedArray>): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of weights) {
    hash.update(`${name} ${shape.join()}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
