// What PyTorch code saves: a bare state dict, or a dict with the weights, sizes and training history side by side.
import { stateDictOf, type NamedArray, type PlainValue } from '@lilformer/checkpoints';
import { fieldInfo, fields } from '../core/config.js';
import { StateShapes, type ModelConfig, type ModelDefinition } from '../core/definition.js';
import { modelDefinitions } from '../core/registry.js';

/** The parts of a checkpoint file. */
export interface Checkpoint {
  readonly weights: Map<string, NamedArray>;
  /** What the file records beside the weights, such as sizes; empty for a bare state dict. */
  readonly recorded: Readonly<Record<string, PlainValue>>;
  /** Lists of numbers by name, such as `val_perplexity`, one number per epoch. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** Names under which checkpoints keep the weights: nanoGPT's, DeepSpeed's and others. */
const PLACES = ['model', 'module', 'net', 'weights'];

/** Parts of names that `torch.compile`, FSDP and activation checkpointing insert anywhere. */
const WRAPPERS = /(?<=^|\.)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\./g;

/** Takes a value that `readPyTorch` returned apart. @throws Error when it has no weights */
export function openCheckpoint(value: PlainValue): Checkpoint {
  const dict = isDict(value) ? value : {};
  const place = PLACES.find((name) => isDict(dict[name]));
  const weights = stateDictOf(place === undefined ? value : dict[place]);
  // nanoGPT keeps the sizes under `model_args`.
  const recorded = [dict.model_args, dict.config].find(isDict) ?? dict;
  const history: Record<string, number[]> = {};
  for (const [name, list] of Object.entries(isDict(dict.history) ? dict.history : {})) {
    if (Array.isArray(list) && list.every((number) => typeof number === 'number')) history[name] = list;
  }
  return { weights, recorded, history };
}

/**
 * Arrays without the prefixes that wrappers of PyTorch put before their names.
 *
 * @param prefix a prefix that all names have, to be removed too
 * @returns the arrays by their own names, and the prefixes that were removed
 */
export function withoutWrappers<T>(
  arrays: ReadonlyMap<string, T>,
  prefix = '',
): { arrays: ReadonlyMap<string, T>; removed: readonly string[] } {
  const removed = new Set<string>(prefix ? [prefix] : []);
  const renamed = new Map<string, T>();
  for (const [name, array] of arrays) {
    const inner = name.slice(prefix.length).replace(WRAPPERS, (wrapper) => {
      removed.add(wrapper);
      return '';
    });
    renamed.set(inner, array);
  }
  // Two arrays with one name are two arrays.
  return renamed.size === arrays.size ? { arrays: renamed, removed: [...removed] } : { arrays, removed: [] };
}

/** The first part of the names, when all have the same: `module.`, as DataParallel writes it, or `model.`. */
function commonPrefix(names: readonly string[]): string | undefined {
  const prefix = /^\w+\./.exec(names[0] ?? '')?.[0];
  return prefix !== undefined && names.every((name) => name.startsWith(prefix)) ? prefix : undefined;
}

function isDict(value: PlainValue | undefined): value is { [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

/** A model that {@link recognizeModel} found. */
interface Recognized {
  readonly definition: ModelDefinition;
  readonly config: ModelConfig;
  /** The weights by the names of the model. */
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** Prefixes that were removed from their names. */
  readonly removed: readonly string[];
}

/**
 * Which model a state dict is of, and its config: from the shapes of the weights, then from what the file records.
 *
 * Prefixes of wrappers are removed from the names; so are prefixes that all names have, when that makes the model known.
 *
 * @param given config fields of the caller, which come first
 * @throws Error naming some of the weights when no model recognizes them, or the fields that nothing determines
 */
export function recognizeModel(
  { weights, recorded }: Pick<Checkpoint, 'weights' | 'recorded'>,
  given: Readonly<Record<string, unknown>> = {},
): Recognized {
  let { arrays, removed } = withoutWrappers(weights);
  for (;;) {
    const found = recognize(arrays, recorded, given);
    if (found) return { ...found, weights: arrays, removed };
    const prefix = commonPrefix([...arrays.keys()]);
    if (prefix === undefined) break;
    const inner = withoutWrappers(arrays, prefix);
    removed = [...removed, ...inner.removed];
    arrays = inner.arrays;
  }
  const some = [...weights.keys()].slice(0, 5).join(', ');
  throw new Error(`no defined model has weights with these names: ${some}, … (${weights.size} in all)`);
}

function recognize(
  weights: ReadonlyMap<string, NamedArray>,
  recorded: Checkpoint['recorded'],
  given: Readonly<Record<string, unknown>>,
): Pick<Recognized, 'definition' | 'config'> | undefined {
  const shapes = new StateShapes(weights);
  for (const definition of modelDefinitions().values()) {
    const { stateDict, config: schema } = definition;
    const known = recordedFields({ ...fields, ...schema.shape }, recorded);
    if (!stateDict?.recognize(shapes, { ...known, ...given })) continue;
    const config: Record<string, unknown> = { type: definition.type };
    const missing: string[] = [];
    const sizes = stateDict.sizesFromWeights(shapes);
    for (const name of Object.keys(schema.shape)) {
      const value = given[name] ?? sizes[name] ?? known[name];
      if (value !== undefined) config[name] = value;
      else if (name in sizes) missing.push(name);
    }
    if (missing.length > 0) {
      throw new Error(
        `these weights are of a ${definition.type} model, but do not determine ${missing.join(', ')}. ` +
          `Expected ${missing.map((name) => `config: { ${name}: … }`).join(', ')}.`,
      );
    }
    return { definition, config: { ...config, ...given } as ModelConfig };
  }
  return undefined;
}

/** The config fields that a file records, under any of their names. */
function recordedFields(
  shape: object,
  recorded: Readonly<Record<string, PlainValue>>,
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(shape)) {
    const { aliases = [] } = fieldInfo(field);
    for (const alias of [name, ...aliases]) {
      if (['number', 'string', 'boolean'].includes(typeof recorded[alias])) found[name] ??= recorded[alias];
    }
  }
  return found;
}
