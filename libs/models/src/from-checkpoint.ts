// Models from PyTorch checkpoints that hold `model_state_dict` beside the sizes (or with the sizes in a
// `config`), as notebooks save them. Which model it is shows in the names of its weights, the length of
// its context in the shape of its mask or table of positions. Leaves out optimizer states.
import { stateDictOf, type NamedArray, type PlainValue } from '@lilformer/checkpoints';
import { Random } from '@lilformer/random';
import type { LanguageModel } from './language-model.js';
import { createModel, type AnyModelConfig, type ModelType } from './registry.js';

/** A model with its weights, and what its checkpoint tells about how they came about. */
export interface LoadedModel {
  readonly model: LanguageModel;
  /** Lists of numbers by name, such as `val_perplexity`, one number an epoch; empty where there are none. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** How to know each model: a weight that it has and those above it in the list do not, and its sizes. */
const KINDS: readonly { type: ModelType; weight: string; sizes: readonly SizeName[] }[] = [
  {
    type: 'tiny-transformer',
    weight: 'layers.0.attn.qkv_proj.weight',
    sizes: ['vocabSize', 'dModel', 'nHeads', 'dFf', 'nLayers', 'contextLength'],
  },
  {
    type: 'moe-transformer',
    weight: 'blocks.0.moe.router.weight',
    sizes: ['vocabSize', 'dModel', 'dFf', 'nLayers', 'nHeads', 'nExperts', 'contextLength'],
  },
  {
    type: 'multi-head-transformer', // without `n_heads`: stacked-transformer, whose weights have the same names
    weight: 'blocks.0.attention.W_q.weight',
    sizes: ['vocabSize', 'dModel', 'dFf', 'nLayers', 'nHeads', 'contextLength'],
  },
  { type: 'transformer', weight: 'block.ln1.weight', sizes: ['vocabSize', 'dModel', 'dFf', 'contextLength'] },
  {
    type: 'attention-ffn',
    weight: 'ffn.linear1.weight',
    sizes: ['vocabSize', 'dModel', 'dFf', 'contextLength'],
  },
  {
    type: 'positional-attention',
    weight: 'position_embedding.weight',
    sizes: ['vocabSize', 'dModel', 'contextLength'],
  },
  { type: 'attention', weight: 'attention.W_q.weight', sizes: ['vocabSize', 'dModel', 'contextLength'] },
  { type: 'bigram', weight: 'embedding.weight', sizes: ['vocabSize', 'dModel'] },
];

/** Our names of the sizes, and those in checkpoints. */
const SIZE_NAMES = {
  vocabSize: 'vocab_size',
  dModel: 'd_model',
  dFf: 'd_ff',
  nLayers: 'n_layers',
  nHeads: 'n_heads',
  nExperts: 'n_experts',
  contextLength: 'max_seq_len',
} as const;
type SizeName = keyof typeof SIZE_NAMES;

/**
 * Builds the model that a checkpoint was saved from, with its weights.
 *
 * @param checkpoint what `readPyTorch` of `@lilformer/checkpoints` gives for the file
 * @throws Error naming what is missing or does not fit
 */
export function modelFromCheckpoint(checkpoint: PlainValue): LoadedModel {
  const state = stateDictOf(checkpoint);
  const sizes = entry(checkpoint, 'config') ?? checkpoint;
  let kind = KINDS.find(({ weight }) => state.has(weight));
  if (!kind) {
    const some = [...state.keys()].slice(0, 5).join(', ');
    throw new Error(`no model here has weights of these names: ${some}, … (${state.size} in all)`);
  }
  if (kind.type === 'multi-head-transformer' && entry(sizes, SIZE_NAMES.nHeads) === undefined) {
    kind = { ...kind, type: 'stacked-transformer', sizes: kind.sizes.filter((name) => name !== 'nHeads') };
  }

  const config: Record<string, unknown> = { type: kind.type };
  for (const name of kind.sizes) {
    const value = name === 'contextLength' ? contextLengthOf(state) : entry(sizes, SIZE_NAMES[name]);
    if (value === undefined) {
      throw new Error(`the checkpoint looks like a ${kind.type} model, but has no ${SIZE_NAMES[name]}`);
    }
    config[name] = value;
  }
  // The weights drawn here are replaced at once.
  const model = createModel(config as unknown as AnyModelConfig, new Random(0));
  try {
    model.loadStateDict(state);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { model, history: historyOf(entry(checkpoint, 'history')) };
}

/** What a dictionary of the file has under `name`. */
function entry(value: PlainValue | undefined, name: string): PlainValue | undefined {
  return isDict(value) ? value[name] : undefined;
}

function isDict(value: PlainValue | undefined): value is { [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

/** The longest text, from the shape of what depends on it; undefined when nothing does. */
function contextLengthOf(state: ReadonlyMap<string, NamedArray>): number | undefined {
  for (const [name, { shape }] of state) {
    // position_embedding.weight [T, C], pos_encoding [1, T, C], the masks [T, T]
    if (/(^|\.)(position_embedding\.weight|pos_encoding|mask|causal_mask)$/.test(name)) return shape.at(-2);
  }
  return undefined;
}

/** The lists of numbers of a notebook's `history`. */
function historyOf(value: PlainValue | undefined): Record<string, number[]> {
  const history: Record<string, number[]> = {};
  for (const [name, list] of Object.entries(isDict(value) ? value : {})) {
    if (Array.isArray(list) && list.every((number) => typeof number === 'number')) history[name] = list;
  }
  return history;
}
