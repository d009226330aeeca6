// Pretrained models as Hugging Face's libraries save them: a folder, a file of weights, or a name on the Hub. The weights
// go into the model one by one, straight from their places in the files. Which architectures there are is pretrained.ts.
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openWeights, toFloat32, type NamedArray, type WeightsFile } from '@lilformer/checkpoints';
import {
  fromFileOrder,
  keepAsBf16,
  Parameter,
  storedShape,
  withoutWeights,
  type ConstantBuffer,
} from '@lilformer/layers';
import { Random } from '@lilformer/random';
import { loadTokenizer, type Tokenizer } from '@lilformer/tokenizers';
import { hubFolder, isHubName, type HubOptions } from './hub.js';
import type { HuggingFaceConfig } from './hugging-face-config.js';
import { tokenizerAmong, weightsAmong } from './model-files.js';
import { architectureOf, generationConfigOf, type Architecture, type PretrainedModel } from './pretrained.js';

/** What {@link fromPretrained} takes besides the name. */
export interface FromPretrainedOptions extends HubOptions {
  /** Take this architecture of the same family, whatever the config says: `'BertModel'` of a `BertForMaskedLM`. */
  readonly architecture?: string;
  /** Instead of the config.json beside a file of weights; of a folder, entries that count before those of its own. */
  readonly config?: HuggingFaceConfig;
  /** Whether to load the tokenizer as well, where there is one; true without. */
  readonly tokenizer?: boolean;
  /**
   * How matrices of weights are kept: float32 (the default), or as bf16 numbers in half the memory, with which a token at a
   * time is written in about half the time. What is in bf16 is not trained.
   */
  readonly weights?: 'float32' | 'bf16';
}

/** A model with what belongs to it. */
export interface Pretrained<Model extends PretrainedModel = PretrainedModel> {
  /** With its weights, evaluating: `train()` makes dropout act. */
  readonly model: Model;
  /** Absent where there is none beside the weights. */
  readonly tokenizer?: Tokenizer;
  readonly config: HuggingFaceConfig;
  /** How the model is meant to write: generation_config.json, or what config.json says of it. */
  readonly generationConfig: Readonly<Record<string, unknown>>;
}

/**
 * Loads a model with its weights, tokenizer and settings.
 *
 * Memory is that of the weights and of one or two more arrays; nothing is read twice.
 *
 * @param source a folder, a file of weights (safetensors, of torch.save, or the index of several) with a config.json beside
 *   it, or a name on the Hub such as `'gpt2'`
 * @throws Error naming an unknown architecture and those that are known; every weight that is missing, surplus or of another
 *   shape or type; what is damaged; or why the Hub cannot be used
 */
export async function fromPretrained<Model extends PretrainedModel = PretrainedModel>(
  source: string,
  options: FromPretrainedOptions = {},
): Promise<Pretrained<Model>> {
  const { folder, weights } = await locate(source, options);
  const own = await readConfig(join(folder, 'config.json'));
  if (own === undefined && options.config === undefined) {
    throw new Error(
      `${folder}: no config.json, which says what model it is; put it there, or give { config: … }`,
    );
  }
  const config: HuggingFaceConfig = { ...own, ...options.config };
  if (
    typeof config.model === 'object' &&
    config.model_type === undefined &&
    config.architectures === undefined
  ) {
    throw new Error(
      `${source}: a run folder of training, not one of Hugging Face's; modelFromRun of @lilformer/training opens it, ` +
        'and savePretrained makes a folder of Hugging Face of its model',
    );
  }
  const architecture = withSource(source, () => architectureOf(config, options.architecture));
  const model = withSource(source, () => withoutWeights(() => architecture.build(config, new Random(0))));
  if (options.weights === 'bf16') keepAsBf16(model);
  try {
    await loadWeights(model, architecture, weights);
    const names = options.tokenizer === false ? [] : await readdir(folder);
    const tokenizer = tokenizerAmong(names).length > 0 ? await loadTokenizer(folder) : undefined;
    const generation = await readConfig(join(folder, 'generation_config.json'));
    return {
      model: model.eval() as Model,
      ...(tokenizer && { tokenizer }),
      config,
      generationConfig: generation ?? generationConfigOf(config),
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The folder of a model, and the file in it with the weights. */
async function locate(source: string, options: HubOptions): Promise<{ folder: string; weights: string }> {
  const here = await stat(source).catch(() => undefined);
  if (here?.isFile()) return { folder: dirname(source), weights: source };
  if (!here && !isHubName(source)) {
    throw new Error(`${source}: there is no such folder or file, and it is no name on the Hugging Face Hub`);
  }
  const folder = here ? source : await hubFolder(source, options);
  return { folder, weights: join(folder, weightsAmong(await readdir(folder), folder)) };
}

async function readConfig(path: string): Promise<HuggingFaceConfig | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`${path}: expected a JSON object`);
  }
  return json as HuggingFaceConfig;
}

/** Errors about a config say whose. */
function withSource<T>(source: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`, { cause: error });
  }
}

async function loadWeights(model: PretrainedModel, architecture: Architecture, path: string): Promise<void> {
  const file = await openWeights(path);
  try {
    const plan = planned(model, architecture, file, path);
    await fill(model, plan, file, path);
  } finally {
    await file.close();
  }
}

/** What goes where: names of the file to those of the model, with what these stand for. */
type Plan = readonly {
  readonly from: string;
  readonly to: string;
  readonly entry: Parameter | ConstantBuffer;
}[];

const FLOATS = ['F32', 'F16', 'BF16', 'F64'];

/** Compares names, shapes and types, before a single weight is read. */
function planned(model: PretrainedModel, architecture: Architecture, file: WeightsFile, path: string): Plan {
  const places = new Map(model.stateEntries());
  const plan: { from: string; to: string; entry: Parameter | ConstantBuffer }[] = [];
  const surplus: string[] = [];
  const unfit: string[] = [];
  for (const [from, { dtype, shape }] of file.entries) {
    const to = architecture.key(from);
    if (to === undefined) continue;
    const entry = places.get(to);
    if (entry === undefined) {
      surplus.push(from);
      continue;
    }
    const expected = storedShape(entry);
    if (shape.join() !== expected.join()) {
      unfit.push(`${from} has shape [${shape.join(', ')}], expected [${expected.join(', ')}]`);
    } else if (entry instanceof Parameter && !FLOATS.includes(dtype)) {
      unfit.push(`${from} has type ${dtype}, expected one of ${FLOATS.join(', ')}`);
    }
    const twin = plan.find((one) => one.to === to);
    if (twin) unfit.push(`${from} and ${twin.from} are the same weight`);
    plan.push({ from, to, entry });
  }
  const filled = new Set(plan.map(({ entry }) => entry));
  const missing = [...places].flatMap(([name, entry]) =>
    entry instanceof Parameter && !filled.has(entry) ? [name] : [],
  );
  const problems = [
    ...missing.map((name) => `${name} is missing`),
    ...surplus.map((name) => `${name} is surplus: ${architecture.name} has no such weight`),
    ...unfit,
  ];
  if (problems.length > 0) {
    throw new Error(
      `${path}: the weights do not fit ${architecture.name} with this config.json; nothing was loaded:\n  ` +
        problems.join('\n  '),
    );
  }
  return plan;
}

/** A matrix kept in bf16 is read some rows at a time from so many values on. */
const MANY = 2 ** 22;

/** Reads the weights one after the other, each while the one before is put in its place. */
async function fill(model: PretrainedModel, plan: Plan, file: WeightsFile, path: string): Promise<void> {
  const constants = new Map<string, NamedArray>();
  const from = new Map<Parameter, string>();
  const byRows = (i: number): Parameter | undefined => {
    const { entry } = plan[i];
    const large = entry instanceof Parameter && entry.isBf16 && !entry.transposed && entry.size >= MANY;
    return large && !from.has(entry) ? entry : undefined;
  };
  const read = (i: number): Promise<NamedArray> | undefined => {
    const reading = i < plan.length && !byRows(i) ? file.read(plan[i].from) : undefined;
    // If another fails first, this one's failure is nobody's any more.
    reading?.catch(() => undefined);
    return reading;
  };
  let next = read(0);
  for (let i = 0; i < plan.length; i++) {
    const large = byRows(i);
    if (large) {
      from.set(large, plan[i].from);
      await large.assignRows(async (first, count) => floats(await file.read(plan[i].from, { first, count })));
      next = read(i + 1);
      continue;
    }
    const array = await next!;
    next = read(i + 1);
    const { to, entry } = plan[i];
    if (!(entry instanceof Parameter)) {
      constants.set(to, array);
      continue;
    }
    const values = fromFileOrder(entry, floats(array));
    const twin = from.get(entry);
    if (twin === undefined) {
      from.set(entry, plan[i].from);
      entry.assign(values);
      continue;
    }
    if (!entry.holds(values)) {
      throw new Error(
        `${path}: ${plan[i].from} and ${twin} are one weight in this model, but have different values; ` +
          'set "tie_word_embeddings" to false if they are two',
      );
    }
  }
  model.loadStateDict(constants, { strict: false });
}

/** An array that is one's own, as float32. */
function floats(array: NamedArray): Float32Array {
  return array.dtype === 'F32' ? (array.data as Float32Array) : toFloat32(array);
}
