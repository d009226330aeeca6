// A case of the golden set: its model, recognized by its weights and the arguments of the original, and its tensors.
import { readSafetensors, toFloat32, type NamedArray } from '@lilformer/checkpoints';
import { tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { golden, goldenJson } from '@lilformer/testing';
import { recognizeModel } from '../files/state-dict-file.js';
import { createModel, type LanguageModel } from '../index.js';

/** Folders of the cases, and the class here where the original's has another name. */
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
];

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

/** An untrained model of the case's type and sizes. */
export async function caseModel(folder: string): Promise<LanguageModel> {
  const weights = await tensors(folder, 'weights.safetensors');
  const { config } = recognizeModel({ weights, recorded: caseConfig(folder).arguments, history: {} });
  return createModel(config, new Random(folder));
}

/** The tensors of one of the case's files. */
export async function tensors(folder: string, file: string): Promise<Map<string, NamedArray>> {
  return (await readSafetensors(golden(`${folder}/${file}`))).tensors;
}

/** Whole numbers of a file, int64 or int32 there. */
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
