// A trained model from wherever it lies: a run folder, a PyTorch file, or safetensors. With it comes what its maker wrote
// down: the tokenizer, and the perplexity measured then. Leaves out measuring it again (compare.ts).
import {
  openSafetensors,
  readPyTorch,
  readSafetensors,
  RunFolder,
  type NamedArray,
  type PlainValue,
} from '@lilformer/checkpoints';
import { createModel, modelFromCheckpoint, type AnyModelConfig, type LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { loadTokenizer, tokenizerFromJSON, type Tokenizer } from '@lilformer/tokenizers';
import { modelFromRun } from '@lilformer/training';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A perplexity that somebody measured before, and wrote down. */
export interface RecordedPerplexity {
  readonly perplexity: number;
  /** Where it is written: `history.val_perplexity[-1]`, or the best evaluation of a run. Its protocol is the maker's. */
  readonly source: string;
}

/** A model with what is known about it. */
export interface OpenedCheckpoint {
  readonly path: string;
  /** In evaluation mode; the caller disposes it. */
  readonly model: LanguageModel;
  /** The one beside it, or else the one given; undefined when there is neither. */
  readonly tokenizer: Tokenizer | undefined;
  /** Undefined where nobody wrote it down. */
  readonly recorded: RecordedPerplexity | undefined;
}

/** What `openCheckpoint` takes besides the path. */
export interface OpenCheckpointOptions {
  /** For checkpoints that have none beside them. */
  readonly tokenizer?: Tokenizer;
  /** Sizes that a file does not tell, such as `{ nHeads: 4 }`; see `modelFromCheckpoint` of `@lilformer/models`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** There is nothing at a path. */
export class MissingCheckpointError extends Error {
  constructor(readonly path: string) {
    super(`${path}: there is no such file or folder; expected a run folder, a .pt or a .safetensors file`);
    this.name = 'MissingCheckpointError';
  }
}

/**
 * Opens a run folder (its best weights), a file of `torch.save`, or a safetensors file.
 *
 * The sizes of a safetensors file's model come from `config.json` beside it, if that holds those of a model (under `model`, or
 * as it is), and else from the shapes of its weights. A tokenizer is looked for beside a file, as `tokenizer.json` or
 * `tokenizer/tokenizer.json`.
 *
 * @throws MissingCheckpointError when there is nothing
 * @throws Error naming what is missing or does not fit
 */
export async function openCheckpoint(
  path: string,
  options: OpenCheckpointOptions = {},
): Promise<OpenedCheckpoint> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw new MissingCheckpointError(path);
    throw error;
  });
  if (found.isDirectory()) return openRun(path);
  const { model, recorded } = await (isSafetensors(path) ? fromSafetensors : fromPyTorch)(path, options);
  try {
    const tokenizer = (await tokenizerBeside(path)) ?? options.tokenizer;
    checkTokenizer(path, model, tokenizer);
    return { path, model: model.eval(), tokenizer, recorded };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function checkTokenizer(path: string, model: LanguageModel, tokenizer: Tokenizer | undefined): void {
  if (!tokenizer || tokenizer.vocabSize <= model.vocabSize) return;
  throw new Error(
    `${path}: its tokenizer has ${tokenizer.vocabSize} ids, the model knows ${model.vocabSize}; expected the tokenizer that ` +
      'it was trained with',
  );
}

interface Loaded {
  readonly model: LanguageModel;
  readonly recorded: RecordedPerplexity | undefined;
}

async function openRun(path: string): Promise<OpenedCheckpoint> {
  const folder = await RunFolder.open(path);
  try {
    const tokenizer = tokenizerFromJSON(folder.tokenizer);
    const recorded = await bestOf(join(path, 'model.safetensors'));
    return { path, model: await modelFromRun(folder), tokenizer, recorded };
  } finally {
    await folder.close();
  }
}

async function fromPyTorch(path: string, { settings }: OpenCheckpointOptions): Promise<Loaded> {
  const checkpoint = await readPyTorch(path);
  const { model, history } = named(path, () => modelFromCheckpoint(checkpoint, { settings }));
  const last = history.val_perplexity?.at(-1);
  return {
    model,
    recorded: last === undefined ? undefined : { perplexity: last, source: 'history.val_perplexity[-1]' },
  };
}

async function fromSafetensors(path: string, { settings }: OpenCheckpointOptions): Promise<Loaded> {
  const { tensors } = await readSafetensors(path);
  const config = await configBeside(path);
  return {
    model: named(path, () => (config ? fromConfig(config, tensors) : fromShapes(tensors, settings))),
    recorded: await bestOf(path),
  };
}

function fromConfig(config: AnyModelConfig, tensors: ReadonlyMap<string, NamedArray>): LanguageModel {
  // What is drawn here is replaced by what is loaded.
  const model = createModel(config, new Random(0));
  try {
    model.loadStateDict(new Map(tensors));
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function fromShapes(
  tensors: ReadonlyMap<string, NamedArray>,
  settings: OpenCheckpointOptions['settings'],
): LanguageModel {
  // As `readPyTorch` gives a state dict.
  const state: PlainValue = Object.assign(Object.create(null) as object, Object.fromEntries(tensors));
  return modelFromCheckpoint(state, { settings }).model;
}

/** The perplexity that a run wrote into its best weights. */
async function bestOf(path: string): Promise<RecordedPerplexity | undefined> {
  if (!(await exists(path))) return undefined;
  const file = await openSafetensors(path);
  await file.close();
  if (file.metadata.best === undefined) return undefined;
  const { perplexity, step } = JSON.parse(file.metadata.best) as { perplexity?: unknown; step?: unknown };
  if (typeof perplexity !== 'number') return undefined;
  return { perplexity, source: `best evaluation of the run, at step ${String(step)}` };
}

async function configBeside(path: string): Promise<AnyModelConfig | undefined> {
  const file = join(dirname(path), 'config.json');
  if (!(await exists(file))) return undefined;
  const json = JSON.parse(await readFile(file, 'utf8')) as {
    model?: { type?: unknown };
    type?: unknown;
  } | null;
  const config = json?.model ?? json;
  return typeof config?.type === 'string' ? (config as AnyModelConfig) : undefined;
}

async function tokenizerBeside(path: string): Promise<Tokenizer | undefined> {
  for (const name of ['tokenizer.json', 'tokenizer/tokenizer.json']) {
    const file = join(dirname(path), name);
    if (await exists(file)) return loadTokenizer(file);
  }
  return undefined;
}

function isSafetensors(path: string): boolean {
  return path.endsWith('.safetensors');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Runs `load`, whose errors do not know the file. */
function named<Result>(path: string, load: () => Result): Result {
  try {
    return load();
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
