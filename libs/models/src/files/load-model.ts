// The one way to load a model: a run folder, a PyTorch or safetensors file, a folder in Hugging Face's format, a name on the
// Hugging Face Hub, or such files in memory.
import { locate } from '#model-source';
import { openSafetensors, openWeights, readJson, readPyTorch, type NamedArray } from '@lilformer/checkpoints';
import { withoutWeights, type Module } from '@lilformer/layers';
import { Random } from '@lilformer/random';
import { checkOptionNames, type Tokenizer } from '@lilformer/tokenizers';
import type { BartForConditionalGeneration } from '../bart.js';
import type { BertForMaskedLM, BertModel } from '../bert.js';
import type { ModelConfig, ModelDefinition } from '../core/definition.js';
import { optionsFromHuggingFace, type HuggingFaceConfig } from '../core/hugging-face.js';
import type { LanguageModel } from '../core/language-model.js';
import { createChecked, modelDefinition, modelDefinitions } from '../core/registry.js';
import type { T5ForConditionalGeneration } from '../t5.js';
import { generationConfigOf } from './generation-config.js';
import { filesInMemory, type ModelFiles, type ModelFolder } from './model-folder.js';
import { tokenizerAmong, weightsAmong } from './model-files.js';
import type { HubOptions } from './hub-options.js';
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

/**
 * Loads a model with its weights and, where there is one, its tokenizer.
 *
 * The kind of source is found out from its contents:
 * - a run folder of `@lilformer/training` (or a file in one);
 * - a `.pt`, `.pth` or `.bin` file of `torch.save`, or a safetensors file: a state dict, which the names of its weights
 *   identify, with sizes from shapes, from the file or from `options.config`; a tokenizer.json beside it is loaded;
 * - a folder in Hugging Face's format, or a file in one;
 * - a name on the Hugging Face Hub, such as `gpt2`, downloaded once;
 * - the files of one of these in memory, by name, such as those dropped on a page. Pages have no other source.
 *
 * @throws ModelNotFoundError when there is nothing
 * @throws Error naming the file and what is wrong: an unknown architecture, every weight that is missing, surplus or
 *   misshapen, a field that is missing or out of range
 */
export async function loadModel<Model extends Module = AnyModel>(
  source: string | ModelFiles,
  options: LoadModelOptions = {},
): Promise<LoadedModel<Model>> {
  checkOptionNames(options, NAMES);
  const { folder, file } =
    typeof source === 'string' ? await locate(source, options) : await filesInMemory(source);
  const json = await readConfig(folder, 'config.json');
  const given = options.config ?? {};
  if (isRunConfig(json) && (file === undefined || file === BEST)) {
    return (await fromRun(folder, json, options)) as LoadedModel<Model>;
  }
  const fromHub = json !== undefined && ('model_type' in json || 'architectures' in json);
  const weights = file ?? weightsAmong(await folder.names(), folder.path);
  if (fromHub || typeof given.type === 'string' || typeof json?.type === 'string') {
    return (await fromConfig(folder, weights, json ?? {}, options)) as LoadedModel<Model>;
  }
  return (await fromStateDict(folder, weights, options)) as LoadedModel<Model>;
}

/** Weights of a run: those of the best evaluation, and those with which it would resume. */
const [BEST, LAST] = ['model.safetensors', 'state.safetensors'];

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
  folder: ModelFolder,
  { model: config, imports = [] }: RunConfig,
  options: LoadModelOptions,
): Promise<LoadedModel<Module>> {
  const { path } = folder;
  if (imports.length > 0 && !modelDefinitions().has(config.type)) {
    throw new Error(
      `${path}: model type ${config.type} is not defined. Expected an import of ${imports.join(', ')} (--import in the apps).`,
    );
  }
  const names = await folder.names();
  const file = [BEST, LAST].find(
    (name) => names.includes(name) && (name === LAST || options.weights !== 'last'),
  );
  if (file === undefined) {
    throw new Error(`${path}: has no weights yet. Expected a run that has reached its first checkpoint.`);
  }
  const tokenizer = options.tokenizer === false ? undefined : await folder.tokenizer('tokenizer.json');
  const definition = named(path, () => modelDefinition(config.type));
  const opened = await openSafetensors(folder.file(file)!, folder.pathOf(file));
  try {
    const weights = file === LAST ? withoutPrefix(opened, STATE_PREFIX) : opened;
    const model = await build(definition, { ...config, ...options.config }, weights, path, options);
    return finish(model, tokenizer, {
      source: { kind: 'run', path },
      recorded: await recordedBest(folder, BEST),
    });
  } finally {
    await opened.close();
  }
}

/** The arrays whose names begin with a prefix, without it. */
function withoutPrefix(file: Weights, prefix: string): Weights {
  const entries = [...file.entries].filter(([name]) => name.startsWith(prefix));
  return {
    entries: new Map(entries.map(([name, entry]) => [name.slice(prefix.length), entry])),
    read: (name, rows) => file.read(prefix + name, rows),
  };
}

/** A folder or file with a config: Hugging Face's, or one of ours with a `type`. */
async function fromConfig(
  folder: ModelFolder,
  weightsName: string,
  json: HuggingFaceConfig,
  options: LoadModelOptions,
): Promise<LoadedModel<Module>> {
  const type = options.config?.type ?? json.type;
  const { path } = folder;
  const definition = named(path, () =>
    typeof type === 'string' ? modelDefinition(type) : architectureOf(json, options.architecture),
  );
  const { huggingFace } = definition;
  const weightsPath = folder.pathOf(weightsName);
  const opened = await openWeights(folder.file(weightsName)!, {
    name: weightsPath,
    shard: (name) => folder.file(name),
  });
  let model: Module;
  try {
    const file = unwrapped(opened, weightsPath);
    const own =
      typeof json.type === 'string' || !huggingFace
        ? json
        : named(path, () => optionsFromHuggingFace(huggingFace, definition.config, json, file.entries));
    const nameOf = huggingFace && ((name: string) => huggingFace.weightName(name));
    model = await build(definition, { ...own, ...options.config }, file, weightsPath, options, nameOf);
  } finally {
    await opened.close();
  }
  return finish(model, await tokenizerIn(folder, options), {
    source: { kind: 'hugging-face', path },
    generationConfig: (await readConfig(folder, 'generation_config.json')) ?? generationConfigOf(json),
  });
}

async function fromStateDict(
  folder: ModelFolder,
  file: string,
  options: LoadModelOptions,
): Promise<LoadedModel<Module>> {
  const path = folder.pathOf(file);
  const safetensors = path.endsWith('.safetensors');
  const checkpoint = safetensors
    ? { weights: new Map(await allArrays(folder, file)), recorded: {}, history: {} }
    : await readPyTorch(folder.file(file)!, path).then((value) => named(path, () => openCheckpoint(value)));
  const { definition, config, weights, removed } = named(path, () =>
    recognizeModel(checkpoint, options.config),
  );
  warnOfPrefixes(path, removed);
  const rename = definition.stateDict!.rename?.bind(definition.stateDict);
  const model = await build(definition, config, inMemory(weights), path, options, rename);
  const perplexity = checkpoint.history.val_perplexity?.at(-1);
  return finish(model, await tokenizerIn(folder, options), {
    source: { kind: 'state-dict', path },
    recorded:
      perplexity !== undefined
        ? { perplexity, source: 'history.val_perplexity[-1]' }
        : safetensors
          ? await recordedBest(folder, file)
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

async function tokenizerIn(
  folder: ModelFolder,
  { tokenizer }: LoadModelOptions,
): Promise<Tokenizer | undefined> {
  if (tokenizer === false) return undefined;
  if (tokenizerAmong(await folder.names()).length > 0) return folder.tokenizer();
  const nested = 'tokenizer/tokenizer.json';
  return (await folder.has(nested)) ? folder.tokenizer(nested) : tokenizer;
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
async function recordedBest(folder: ModelFolder, name: string): Promise<LoadedModel['recorded']> {
  if (!(await folder.has(name))) return undefined;
  const file = await openSafetensors(folder.file(name)!, folder.pathOf(name));
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

async function allArrays(folder: ModelFolder, name: string): Promise<[string, NamedArray][]> {
  const file = await openWeights(folder.file(name)!, { name: folder.pathOf(name) });
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

/** A parsed config file; undefined if it is missing. */
async function readConfig(folder: ModelFolder, name: string): Promise<HuggingFaceConfig | undefined> {
  const [file, path] = [folder.file(name), folder.pathOf(name)];
  if (file === undefined) return undefined;
  let json: unknown;
  try {
    json = await readJson(file, path);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as HuggingFaceConfig;
  throw new Error(`${path}: not a JSON object. Expected a model's config.`);
}

/** Runs `load`, whose errors do not name the source. */
function named<Result>(source: string, load: () => Result): Result {
  try {
    return load();
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`, { cause: error });
  }
}
