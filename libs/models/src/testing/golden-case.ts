// Golden cases: the model, recognized from its weights and the constructor arguments of the reference, and its tensors.
import { readSafetensors, toFloat32, type NamedArray } from '@lilformer/checkpoints';
import { tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { golden, goldenJson } from '@lilformer/testing';
import { recognizeModel } from '../files/state-dict-file.js';
import { createModel, type LanguageModel } from '../index.js';

/** Folders of the cases, and our class name where the reference's differs. */
export const CASES: readonly (readonly [folder: string, ownName?: string])[] = [
  ['evolution/03_bigram'],
  ['evolution/04_attention'],
  ['evolution/05_positional'],
  ['evolution/06_ffn'],
  ['evolution/07_transformer_block'],
  ['evolution/08_stacked'],
  ['evolution/09_multihead'],
  ['evolution/10_moe'],
  ['tiny_transformer'],
  ['recurrent/simple_rnn'],
  ['recurrent/multi_layer_rnn'],
  ['recurrent/gru_lm'],
  ['nano_gpt', 'TiedTransformerLM'],
  ['char_gpt', 'CharGPT'],
  ['nanogpt/with_bias', 'NanoGPT'],
  ['nanogpt/without_bias', 'NanoGPT'],
];

/** The parts of a case's config.json that the tests use. */
export interface CaseConfig {
  model: string;
  arguments: Record<string, number | boolean>;
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

/** An untrained model of the case's type and sizes. */
export async function caseModel(folder: string): Promise<LanguageModel> {
  const weights = await tensors(folder, 'weights.safetensors');
  const { config } = recognizeModel({ weights, recorded: caseConfig(folder).arguments });
  return createModel(config, new Random(folder));
}

/** The tensors of a file of the case. */
export async function tensors(folder: string, file: string): Promise<Map<string, NamedArray>> {
  return (await readSafetensors(golden(`${folder}/${file}`))).tensors;
}

/** The values of an int64 or int32 array. */
export function integers(array: NamedArray | undefined): number[] {
  return Array.from(array!.data as BigInt64Array | Int32Array, Number);
}

/** The values of a floating-point array. */
export function floats(array: NamedArray | undefined): Float32Array {
  return toFloat32(array!);
}

/** Token ids as a tensor `[B, T]`. */
export function idTensor(array: NamedArray | undefined): tf.Tensor2D {
  return tf.tensor2d(integers(array), array!.shape as [number, number], 'int32');
}
