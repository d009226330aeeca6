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

/** Prefixes that `torch.compile` and `DataParallel` put before every name. */
const WRAPPERS = ['_orig_mod.', 'module.'];

/** Takes a value that `readPyTorch` returned apart. @throws Error when it has no weights */
export function openCheckpoint(value: PlainValue): Checkpoint {
  const dict = isDict(value) ? value : {};
  // nanoGPT keeps the weights under `model` and the sizes under `model_args`.
  const weights = stateDictOf(isDict(dict.model) ? dict.model : value);
  const recorded = [dict.model_args, dict.config].find(isDict) ?? dict;
  const history: Record<string, number[]> = {};
  for (const [name, list] of Object.entries(isDict(dict.history) ? dict.history : {})) {
    if (Array.isArray(list) && list.every((number) => typeof number === 'number')) history[name] = list;
  }
  return { weights: unwrapped(weights), recorded, history };
}

function unwrapped(weights: Map<string, NamedArray>): Map<string, NamedArray> {
  const prefix = WRAPPERS.find((one) => [...weights.keys()].every((name) => name.startsWith(one)));
  if (prefix === undefined) return weights;
  return unwrapped(new Map([...weights].map(([name, array]) => [name.slice(prefix.length), array])));
}

function isDict(value: PlainValue | undefined): value is { [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

/**
 * Which model a state dict is of, and its config: from the shapes of the weights, then from what the file records.
 *
 * @param given config fields of the caller, which come first
 * @throws Error naming some of the weights when no model recognizes them, or the fields that nothing determines
 */
export function recognizeModel(
  { weights, recorded }: Checkpoint,
  given: Readonly<Record<string, unknown>> = {},
): { definition: ModelDefinition; config: ModelConfig } {
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
  const some = [...weights.keys()].slice(0, 5).join(', ');
  throw new Error(`no defined model has weights with these names: ${some}, … (${weights.size} in all)`);
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
