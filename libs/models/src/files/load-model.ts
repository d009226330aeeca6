// The one way to load a model: a run folder, a PyTorch or safetensors file, a folder in Hugging Face's format, or a name on the
// Hugging Face Hub.
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  openSafetensors,
  openWeights,
  readJson,
  readPyTorch,
  RunFolder,
  type NamedArray,
} from '@lilformer/checkpoints';
import { withoutWeights, type Module } from '@lilformer/layers';
import { Random } from '@lilformer/random';
import { checkOptionNames, loadTokenizer, type Tokenizer } from '@lilformer/tokenizers';
import type { BartForConditionalGeneration } from '../bart.js';
import type { BertForMaskedLM, BertModel } from '../bert.js';
import type { ModelConfig, ModelDefinition } from '../core/definition.js';
import { optionsFromHuggingFace, type HuggingFaceConfig } from '../core/hugging-face.js';
import type { LanguageModel } from '../core/language-model.js';
import { createChecked, modelDefinition, modelDefinitions } from '../core/registry.js';
import type { T5ForConditionalGeneration } from '../t5.js';
import { generationConfigOf } from './generation-config.js';
import { hubFolder, isHubName, type HubOptions } from './hub.js';
import { tokenizerAmong, weightsAmong } from './model-files.js';
import { readWeights, type Weights } from './read-weights.js';
import { openCheckpoint, recognizeModel, withoutWrappers } from './state-dict-file.js';

/** Any model that `loadModel` returns. */
export type AnyModel =
  LanguageModel | BertForMaskedLM | BertModel | BartForConditionalGeneration | T5ForConditionalGeneration;

/** What {@link loadModel} takes besides the source. */
export interface LoadModelOptions extends HubOptions {
  /**
   * Config fields that take precedence over those of the source: `{ nHeads: 4 }` for a state dict that does not determine
   * the number of heads, `{ dropout: 0.1 }` to fine-tune. With a `type` a file needs no config.json.
   */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Of a run folder: the weights of the best evaluation (`best`, the default) or those it would resume with (`last`). */
  readonly weights?: 'best' | 'last';
  /** The data type of matrices: `float32` (the default), or `bf16` in half the memory, which cannot be trained. */
  readonly dtype?: 'float32' | 'bf16';
  /** The architecture to load from Hugging Face's files, when config.json names another: `BertModel` of a `BertForMaskedLM`. */
  readonly architecture?: string;
  /** Used when the source has no tokenizer; `false` loads none. */
  readonly tokenizer?: Tokenizer | false;
}

const NAMES = Object.keys({
  config: true,
  weights: true,
  dtype: true,
  architecture: true,
  tokenizer: true,
  revision: true,
  onProgress: true,
} satisfies Record<keyof LoadModelOptions, true>);

/** A model with what belongs to it. */
export interface LoadedModel<Model extends Module = AnyModel> {
  /** In evaluation mode; the caller disposes it. */
  readonly model: Model;
  /** Undefined when the source has none. */
  readonly tokenizer: Tokenizer | undefined;
  /** Where the model came from: the kind of source, and the folder or file. */
  readonly source: { readonly kind: 'run' | 'state-dict' | 'hugging-face'; readonly path: string };
  /** Entries of generation_config.json, or those that config.json has instead; empty for other sources. */
  readonly generationConfig: Readonly<Record<string, unknown>>;
  /** The validation perplexity that the source records, and where. */
  readonly recorded: { readonly perplexity: number; readonly source: string } | undefined;
}

/** The source is neither a file, nor a folder, nor a name on the Hugging Face Hub. */
export class ModelNotFoundError extends Error {
  constructor(readonly source: string) {
    super(
      `${source}: not found. Expected a run folder, a .pt, .pth, .bin or .safetensors file, a folder in Hugging Face's ` +
        'format, or a name on the Hugging Face Hub.',
    );
    this.name = 'ModelNotFoundError';
  }
}

/**
 * Loads a model with its weights and, where there is one, its tokenizer.
 *
 * The kind of source is found out from its contents:
 * - a run folder of `@lilformer/training` (or a file in one);
 * - a `.pt`, `.pth` or `.bin` file of `torch.save`, or a safetensors file: a state dict, which the names of its weights
 *   identify, with sizes from shapes, from the file or from `options.config`; a tokenizer.json beside it is loaded;
 * - a folder in Hugging Face's format, or a file in one;
 * - a name on the Hugging Face Hub, such as `gpt2`, downloaded once.
 *
 * @throws ModelNotFoundError when there is nothing
 * @throws Error naming the file and what is wrong: an unknown architecture, every weight that is missing, surplus or
 *   misshapen, a field that is missing or out of range
 */
export async function loadModel<Model extends Module = AnyModel>(
  source: string,
  options: LoadModelOptions = {},
): Promise<LoadedModel<Model>> {
  checkOptionNames(options, NAMES);
  const { folder, file } = await locate(source, options);
  const json = await readConfig(join(folder, 'config.json'));
  const given = options.config ?? {};
  if (
    isRunConfig(json) &&
    (file === undefined || /^model\.safetensors$/.test(file.slice(folder.length + 1)))
  ) {
    return (await fromRun(folder, json, options)) as LoadedModel<Model>;
  }
  const fromHub = json !== undefined && ('model_type' in json || 'architectures' in json);
  if (fromHub || typeof given.type === 'string' || typeof json?.type === 'string') {
    const weights = file ?? join(folder, weightsAmong(await readdir(folder), folder));
    return (await fromConfig(folder, weights, json ?? {}, options)) as LoadedModel<Model>;
  }
  const weights = file ?? join(folder, weightsAmong(await readdir(folder), folder));
  return (await fromStateDict(weights, options)) as LoadedModel<Model>;
}

/** The folder of a source, and the file when the source is one. */
async function locate(
  source: string,
  options: HubOptions,
): Promise<{ readonly folder: string; readonly file?: string }> {
  const found = await stat(source).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (found?.isFile()) return { folder: dirname(source), file: source };
  if (found?.isDirectory()) return { folder: source };
  if (found) throw new Error(`${source}: is a device or a pipe. Expected a file or folder.`);
  if (!isHubName(source)) throw new ModelNotFoundError(source);
  return { folder: await hubFolder(source, options) };
}

type RunConfig = HuggingFaceConfig & {
  readonly model: ModelConfig;
  /** Modules that defined the model. */
  readonly imports?: readonly string[];
};

function isRunConfig(json: HuggingFaceConfig | undefined): json is RunConfig {
  return typeof json?.model === 'object' && json.model !== null && json.model_type === undefined;
}

/** Names of a run's model weights in its training state begin so. */
const STATE_PREFIX = 'model.';

async function fromRun(
  path: string,
  { model: config, imports = [] }: RunConfig,
  options: LoadModelOptions,
): Promise<LoadedModel<Module>> {
  if (imports.length > 0 && !modelDefinitions().has(config.type)) {
    throw new Error(
      `${path}: model type ${config.type} is not defined. Expected an import of ${imports.join(', ')} (--import in the apps).`,
    );
  }
  const run = await RunFolder.open(path);
  try {
    const best = options.weights === 'last' ? undefined : await run.loadBest();
    const weights = best?.tensors ?? lastWeights(await run.loadState());
    if (!weights) {
      throw new Error(`${path}: has no weights yet. Expected a run that has reached its first checkpoint.`);
    }
    const tokenizer =
      options.tokenizer === false ? undefined : await loadTokenizer(join(path, 'tokenizer.json'));
    const definition = named(path, () => modelDefinition(config.type));
    const model = await build(definition, { ...config, ...options.config }, inMemory(weights), path, options);
    return finish(model, tokenizer, {
      source: { kind: 'run', path },
      recorded: await recordedBest(join(path, 'model.safetensors')),
    });
  } finally {
    await run.close();
  }
}

function lastWeights(
  state: Awaited<ReturnType<RunFolder['loadState']>>,
): Map<string, NamedArray> | undefined {
  if (!state) return undefined;
  const weights = new Map<string, NamedArray>();
  for (const [name, array] of state.tensors) {
    if (name.startsWith(STATE_PREFIX)) weights.set(name.slice(STATE_PREFIX.length), array);
  }
  return weights;
}

/** A folder or file with a config: Hugging Face's, or one of ours with a `type`. */
async function fromConfig(
  folder: string,
  weightsPath: string,
  json: HuggingFaceConfig,
  options: LoadModelOptions,
): Promise<LoadedModel<Module>> {
  const type = options.config?.type ?? json.type;
  const definition = named(folder, () =>
    typeof type === 'string' ? modelDefinition(type) : architectureOf(json, options.architecture),
  );
  const { huggingFace } = definition;
  const opened = await openWeights(weightsPath);
  let model: Module;
  try {
    const file = unwrapped(opened, weightsPath);
    const own =
      typeof json.type === 'string' || !huggingFace
        ? json
        : named(folder, () => optionsFromHuggingFace(huggingFace, definition.config, json, file.entries));
    const nameOf = huggingFace && ((name: string) => huggingFace.weightName(name));
    model = await build(definition, { ...own, ...options.config }, file, weightsPath, options, nameOf);
  } finally {
    await opened.close();
  }
  return finish(model, await tokenizerIn(folder, options), {
    source: { kind: 'hugging-face', path: folder },
    generationConfig: (await readConfig(join(folder, 'generation_config.json'))) ?? generationConfigOf(json),
  });
}

async function fromStateDict(path: string, options: LoadModelOptions): Promise<LoadedModel<Module>> {
  const safetensors = path.endsWith('.safetensors');
  const checkpoint = safetensors
    ? { weights: new Map(await allArrays(path)), recorded: {}, history: {} }
    : await readPyTorch(path).then((value) => named(path, () => openCheckpoint(value)));
  const { definition, config, weights, removed } = named(path, () =>
    recognizeModel(checkpoint, options.config),
  );
  warnOfPrefixes(path, removed);
  const rename = definition.stateDict!.rename?.bind(definition.stateDict);
  const model = await build(definition, config, inMemory(weights), path, options, rename);
  const perplexity = checkpoint.history.val_perplexity?.at(-1);
  return finish(model, await tokenizerIn(dirname(path), options), {
    source: { kind: 'state-dict', path },
    recorded:
      perplexity !== undefined
        ? { perplexity, source: 'history.val_perplexity[-1]' }
        : safetensors
          ? await recordedBest(path)
          : undefined,
  });
}

/** Weights that a file may lack for the error to list them. */
const MOST_MISSING = 2 ** 12;

function warnOfPrefixes(path: string, removed: readonly string[]): void {
  if (removed.length === 0) return;
  const prefixes = removed.map((prefix) => JSON.stringify(prefix)).join(' and ');
  console.warn(`${path}: removed ${prefixes} from the names of the weights.`);
}

/** A file of weights without the prefixes of wrappers in its names. */
function unwrapped(file: Weights, path: string): Weights {
  const names = new Map([...file.entries.keys()].map((name) => [name, name]));
  const parallel =
    names.size > 0 && [...names.keys()].every((name) => name.startsWith('module.')) ? 'module.' : '';
  const { arrays, removed } = withoutWrappers(names, parallel);
  if (removed.length === 0) return file;
  warnOfPrefixes(path, removed);
  return {
    entries: new Map([...arrays].map(([name, given]) => [name, file.entries.get(given)!])),
    read: (name, rows) => file.read(arrays.get(name)!, rows),
  };
}

/** A model in evaluation mode with the weights of a file. */
async function build(
  definition: ModelDefinition,
  config: Readonly<Record<string, unknown>>,
  weights: Weights,
  path: string,
  { dtype }: LoadModelOptions,
  nameOf?: (name: string) => string | undefined,
): Promise<Module> {
  // Weights that the file lacks are listed, unless there are very many.
  const most = weights.entries.size + MOST_MISSING;
  const model = named(path, () =>
    withoutWeights(() => definition.create(config as never, new Random(0)), most),
  );
  if (dtype === 'bf16') model.toBf16();
  try {
    await readWeights(model, weights, path, nameOf);
    return model.eval();
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function finish(
  model: Module,
  tokenizer: Tokenizer | undefined,
  rest: Partial<LoadedModel> & Pick<LoadedModel, 'source'>,
): LoadedModel<Module> {
  const { vocabSize } = model as { vocabSize?: number };
  if (
    tokenizer &&
    vocabSize !== undefined &&
    rest.source.kind !== 'hugging-face' &&
    tokenizer.vocabSize > vocabSize
  ) {
    model.dispose();
    throw new Error(
      `${rest.source.path}: the tokenizer has ${tokenizer.vocabSize} ids, the model ${vocabSize}. ` +
        'Expected the tokenizer that the model was trained with.',
    );
  }
  return { generationConfig: {}, recorded: undefined, ...rest, model, tokenizer };
}

async function tokenizerIn(folder: string, { tokenizer }: LoadModelOptions): Promise<Tokenizer | undefined> {
  if (tokenizer === false) return undefined;
  const names = await readdir(folder).catch(() => []);
  if (tokenizerAmong(names).length > 0) return loadTokenizer(folder);
  const nested = join(folder, 'tokenizer', 'tokenizer.json');
  return (await isFile(nested)) ? loadTokenizer(nested) : tokenizer;
}

/**
 * The definition of the architecture that a config.json names.
 *
 * @param name an architecture of the same model type to take instead
 * @throws Error naming an architecture that is not defined here, and those that are
 */
export function architectureOf(json: HuggingFaceConfig, name?: string): ModelDefinition {
  const { architectures, model_type: modelType } = json;
  const first: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  if (first !== undefined && typeof first !== 'string')
    throw new Error(`config.json: architectures is ${JSON.stringify(architectures)}. Expected class names.`);
  const wanted = name ?? first;
  const known = [...modelDefinitions().values()].filter(({ huggingFace }) => huggingFace);
  const found = known.find(({ huggingFace: format }) =>
    wanted === undefined
      ? format!.modelType === modelType
      : format!.architecture === wanted || format!.compatible?.includes(wanted),
  );
  if (found && (modelType === undefined || found.huggingFace!.modelType === modelType)) return found;
  throw new Error(
    `config.json: architecture ${wanted ?? '(none named)'} of model type ${JSON.stringify(modelType) ?? '(none named)'} is not supported. ` +
      `Expected one of ${known.map(({ huggingFace }) => huggingFace!.architecture).join(', ')}.`,
  );
}

/**
 * Builds an untrained model from Hugging Face's config.json.
 *
 * @param architecture an architecture of the same model type to take instead of the one that the config names
 * @throws Error naming what is not supported; RangeError naming each field that is out of range
 */
export function modelFromConfig(json: HuggingFaceConfig, random: Random, architecture?: string): AnyModel {
  const definition = architectureOf(json, architecture);
  const options = optionsFromHuggingFace(definition.huggingFace!, definition.config, json);
  return createChecked(definition, options, random) as AnyModel;
}

/** The perplexity that a run recorded in its best weights. */
async function recordedBest(path: string): Promise<LoadedModel['recorded']> {
  if (!(await isFile(path))) return undefined;
  const file = await openSafetensors(path);
  await file.close();
  if (file.metadata.best === undefined) return undefined;
  let best: unknown;
  try {
    best = JSON.parse(file.metadata.best);
  } catch {
    return undefined; // written by another program
  }
  const { perplexity, step } = (best ?? {}) as { perplexity?: unknown; step?: unknown };
  if (typeof perplexity !== 'number' || typeof step !== 'number') return undefined;
  return { perplexity, source: `best evaluation of the run, at step ${String(step)}` };
}

async function allArrays(path: string): Promise<[string, NamedArray][]> {
  const file = await openWeights(path);
  try {
    const arrays: [string, NamedArray][] = [];
    for (const name of file.entries.keys()) arrays.push([name, await file.read(name)]);
    return arrays;
  } finally {
    await file.close();
  }
}

function inMemory(arrays: ReadonlyMap<string, NamedArray>): Weights {
  return {
    entries: arrays,
    read: (name) => Promise.resolve({ ...arrays.get(name)!, data: arrays.get(name)!.data.slice() }),
  };
}

/** The parsed config.json; undefined if the file is missing. */
async function readConfig(path: string): Promise<HuggingFaceConfig | undefined> {
  let json: unknown;
  try {
    json = await readJson(path);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as HuggingFaceConfig;
  throw new Error(`${path}: not a JSON object. Expected a model's config.`);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Runs `load`, whose errors do not name the source. */
function named<Result>(source: string, load: () => Result): Result {
  try {
    return load();
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`, { cause: error });
  }
}
