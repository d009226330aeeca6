// Models from PyTorch checkpoints: bare state dicts, or `model_state_dict` beside the sizes (or with the sizes in a
// `config`), as notebooks save them. Which model it is shows in the names of its weights, its sizes in their shapes.
// Leaves out optimizer states.
import { stateDictOf, type NamedArray, type PlainValue } from '@lilformer/checkpoints';
import { withoutWeights } from '@lilformer/layers';
import { Random } from '@lilformer/random';
import type { LanguageModel } from './language-model.js';
import { createModel, type AnyModelConfig, type ModelType } from './registry.js';

/** A model with its weights, and what its checkpoint tells about how they came about. */
export interface LoadedModel {
  readonly model: LanguageModel;
  /** Lists of numbers by name, such as `val_perplexity`, one number an epoch; empty where there are none. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** How to know each model: a weight that it has and those above it in the list do not, and its settings. */
const KINDS: readonly { type: ModelType; weight: string; sizes: readonly SizeName[] }[] = [
  {
    type: 'char-gpt',
    weight: 'blocks.0.sa.heads.0.key.weight',
    sizes: ['vocabSize', 'dModel', 'nHeads', 'nLayers', 'contextLength'],
  },
  {
    type: 'nano-gpt',
    weight: 'transformer.blocks.0.attn.c_attn.weight',
    sizes: ['vocabSize', 'dModel', 'nHeads', 'nLayers', 'contextLength'],
  },
  { type: 'gru', weight: 'gru_cell.W_xr.weight', sizes: ['vocabSize', 'embedSize', 'hiddenSize'] },
  {
    type: 'multi-layer-rnn',
    weight: 'W_ih.0.weight',
    sizes: ['vocabSize', 'embedSize', 'hiddenSize', 'nLayers'],
  },
  { type: 'simple-rnn', weight: 'W_ih.weight', sizes: ['vocabSize', 'embedSize', 'hiddenSize'] },
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
    type: 'multi-head-transformer', // with one head: stacked-transformer, whose weights have the same names
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

/** Where a size is in a checkpoint: what it is called there, and which weight shows it where it is not said. */
const SIZES = {
  vocabSize: { names: ['vocab_size'], shape: /(^|\.)(token_)?embedding(_table)?\.weight$/, dimension: 0 },
  dModel: {
    names: ['d_model', 'n_embed', 'n_embd'],
    shape: /(^|\.)(token_)?embedding(_table)?\.weight$/,
    dimension: 1,
  },
  embedSize: { names: ['embed_size'], shape: /^embedding\.weight$/, dimension: 1 },
  hiddenSize: { names: ['hidden_size'], shape: /^fc\.weight$/, dimension: 1 },
  dFf: { names: ['d_ff'], shape: /(^|\.)(linear1|ff\.0)\.weight$/, dimension: 0 },
  nLayers: {
    names: ['n_layers', 'n_layer', 'num_layers'],
    members: /^(?:transformer\.)?(?:blocks|layers|W_ih)\.(\d+)\./,
  },
  // Only where each head has weights of its own; else no weight knows how many share it.
  nHeads: { names: ['n_heads', 'n_head'], members: /^blocks\.0\.sa\.heads\.(\d+)\./ },
  nExperts: { names: ['n_experts'], members: /^blocks\.0\.moe\.experts\.(\d+)\./ },
  contextLength: {
    // [T, C], [1, T, C], [T, T]
    names: ['max_seq_len', 'block_size'],
    shape: /(^|\.)(position_embedding(_table)?\.weight|pos_encoding|mask|causal_mask)$/,
    dimension: -2,
  },
} as const satisfies Record<string, SizeSource>;
type SizeName = keyof typeof SIZES;
type SizeSource = { readonly names: readonly string[] } & (
  { readonly shape: RegExp; readonly dimension: number } | { readonly members: RegExp }
);

/** What `modelFromCheckpoint` takes besides the checkpoint. */
export interface FromCheckpointOptions {
  /**
   * Settings that the checkpoint does not hold, such as `{ nHeads: 4 }` for a bare state dict whose heads share their
   * weights, or `{ dropout: 0.2 }` to go on training; they come before what it does hold.
   */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * Builds the model that a checkpoint was saved from, with its weights: from a bare state dict, or one with sizes
 * beside it, as notebooks save them. Where a size is not said, the shapes of the weights say it.
 *
 * Weights of the char-gpt layout are taken to be trained with `attentionScale: 'width'`, as those of the code that
 * this layout comes from are; `settings` can say otherwise.
 *
 * @param checkpoint what `readPyTorch` of `@lilformer/checkpoints` gives for the file
 * @throws Error naming what is missing or does not fit
 */
export function modelFromCheckpoint(
  checkpoint: PlainValue,
  { settings = {} }: FromCheckpointOptions = {},
): LoadedModel {
  const state = stateDictOf(checkpoint);
  const said = isDict(checkpoint) ? (checkpoint.config ?? checkpoint) : undefined;
  let kind = KINDS.find(({ weight }) => state.has(weight));
  if (!kind) {
    const some = [...state.keys()].slice(0, 5).join(', ');
    throw new Error(`no model here has weights of these names: ${some}, … (${state.size} in all)`);
  }
  // Of the same names; one whose checkpoint says other sizes and no number of heads has one.
  const heads = settings.nHeads ?? sizeOf('nHeads', said, state);
  const bare = entry(said, 'vocab_size') === undefined;
  if (kind.type === 'multi-head-transformer' && heads === undefined && !bare) {
    kind = { ...kind, type: 'stacked-transformer', sizes: kind.sizes.filter((name) => name !== 'nHeads') };
  }

  const config: Record<string, unknown> = { type: kind.type };
  if (kind.type === 'char-gpt') {
    config.dropout = entry(said, 'dropout') ?? 0;
    config.attentionScale = 'width';
  }
  for (const name of kind.sizes) {
    const value = settings[name] ?? sizeOf(name, said, state);
    if (value === undefined) {
      throw new Error(
        `the checkpoint looks like a ${kind.type} model, but has no ${SIZES[name].names.join(' or ')}; give it as settings: { ${name}: … }`,
      );
    }
    config[name] = value;
  }
  const sizes = { ...config, ...settings } as unknown as AnyModelConfig;
  const model = withoutWeights(() => createModel(sizes, new Random(0)));
  try {
    model.loadStateDict(state);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { model, history: historyOf(entry(checkpoint, 'history')) };
}

/** A size as the checkpoint says it or its weights show it. */
function sizeOf(
  name: SizeName,
  said: PlainValue | undefined,
  state: ReadonlyMap<string, NamedArray>,
): unknown {
  const source: SizeSource = SIZES[name];
  for (const key of source.names) {
    const value = entry(said, key);
    if (value !== undefined) return value;
  }
  if ('members' in source) {
    const places = [...state.keys()].flatMap((key) => source.members.exec(key)?.[1] ?? []);
    return places.length > 0 ? Math.max(...places.map(Number)) + 1 : undefined;
  }
  for (const [key, { shape }] of state) if (source.shape.test(key)) return shape.at(source.dimension);
  return undefined;
}

/** What a dictionary of the file has under `name`. */
function entry(value: PlainValue | undefined, name: string): PlainValue | undefined {
  return isDict(value) ? value[name] : undefined;
}

function isDict(value: PlainValue | undefined): value is { [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

/** The lists of numbers of a notebook's `history`. */
function historyOf(value: PlainValue | undefined): Record<string, number[]> {
  const history: Record<string, number[]> = {};
  for (const [name, list] of Object.entries(isDict(value) ? value : {})) {
    if (Array.isArray(list) && list.every((number) => typeof number === 'number')) history[name] = list;
  }
  return history;
}
