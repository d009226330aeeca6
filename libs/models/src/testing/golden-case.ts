// Reads one case of the golden set: its model, built from the sizes in config.json, and its tensors.
import { readSafetensors, toFloat32, type NamedArray } from '@lilformer/checkpoints';
import { tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { golden, goldenJson } from '@lilformer/testing';
import { createModel, type AnyModelConfig, type LanguageModel, type ModelType } from '../index.js';

/** The cases by the names of their folders, and what they are called here. */
export const CASES: readonly [folder: string, type: ModelType][] = [
  ['evolution/03_bigram', 'bigram'],
  ['evolution/04_attention', 'attention'],
  ['evolution/05_positional', 'positional-attention'],
  ['evolution/06_ffn', 'attention-ffn'],
  ['evolution/07_transformer_block', 'transformer'],
  ['evolution/08_stacked', 'stacked-transformer'],
  ['evolution/09_multihead', 'multi-head-transformer'],
  ['evolution/10_moe', 'moe-transformer'],
  ['tiny_transformer', 'tiny-transformer'],
  ['recurrent/simple_rnn', 'simple-rnn'],
  ['recurrent/multi_layer_rnn', 'multi-layer-rnn'],
  ['recurrent/gru_lm', 'gru'],
  ['nano_gpt', 'nano-gpt'],
  ['char_gpt', 'char-gpt'],
];

/** What the originals call a model that has a name of its own here. */
export const OWN_NAMES: Partial<Record<ModelType, string>> = { 'nano-gpt': 'NanoGPT', 'char-gpt': 'CharGPT' };

const SIZES: Record<string, string> = {
  vocab_size: 'vocabSize',
  d_model: 'dModel',
  n_embd: 'dModel',
  n_embed: 'dModel',
  embed_size: 'embedSize',
  hidden_size: 'hiddenSize',
  d_ff: 'dFf',
  n_layers: 'nLayers',
  n_layer: 'nLayers',
  num_layers: 'nLayers',
  n_heads: 'nHeads',
  n_head: 'nHeads',
  n_experts: 'nExperts',
  max_seq_len: 'contextLength',
  block_size: 'contextLength',
  dropout: 'dropout',
};

/** The settings of a model in our names, from those of the golden set. */
export function configOf(type: ModelType, settings: Record<string, number>): AnyModelConfig {
  const sizes = Object.entries(settings).map(([name, value]) => [SIZES[name], value]);
  const scale = type === 'char-gpt' ? { attentionScale: 'width' } : {};
  return { type, ...Object.fromEntries(sizes), ...scale } as AnyModelConfig;
}

/** What config.json of a case says that the tests use. */
export interface CaseConfig {
  model: string;
  arguments: Record<string, number>;
  parameters: number;
  without_gradient: string[];
  tied: string[][];
  training: {
    lr: number;
    betas: [number, number];
    eps: number;
    weight_decay: number;
    grad_clip_norm: number | null;
  };
  generation: { window?: number };
  loss_scale?: number;
}

/** The config.json of a case. */
export function caseConfig(folder: string): CaseConfig {
  return goldenJson<CaseConfig>(`${folder}/config.json`);
}

/** An untrained model of the case's kind and sizes. */
export function caseModel(folder: string, type: ModelType): LanguageModel {
  return createModel(configOf(type, caseConfig(folder).arguments), new Random(folder));
}

/** The tensors of one of the case's files. */
export async function tensors(folder: string, file: string): Promise<Map<string, NamedArray>> {
  return (await readSafetensors(golden(`${folder}/${file}`))).tensors;
}

/** Whole numbers of a file, int64 or int32 there, as plain ones. */
export function integers(array: NamedArray | undefined): number[] {
  return Array.from(array!.data as BigInt64Array | Int32Array, Number);
}

/** Numbers of a file. */
export function floats(array: NamedArray | undefined): Float32Array {
  return toFloat32(array!);
}

/** Token ids of a file as a tensor `[B, T]`. */
export function idTensor(array: NamedArray | undefined): tf.Tensor2D {
  return tf.tensor2d(integers(array), array!.shape as [number, number], 'int32');
}
