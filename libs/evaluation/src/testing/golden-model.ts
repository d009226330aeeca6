// A model of the golden set with its weights, and the arithmetic that a test needs to check what is measured on it.
import { readSafetensors, toFloat32, type NamedArray } from '@lilformer/checkpoints';
import { createModel, type ModelConfig, type LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { golden, goldenJson } from '@lilformer/testing';

const SIZES: Record<string, string> = {
  vocab_size: 'vocabSize',
  d_model: 'dModel',
  n_embd: 'dModel',
  d_ff: 'dFf',
  n_layer: 'nLayers',
  n_layers: 'nLayers',
  num_layers: 'nLayers',
  n_head: 'nHeads',
  n_heads: 'nHeads',
  n_experts: 'nExperts',
  max_seq_len: 'contextLength',
  block_size: 'contextLength',
  embed_size: 'embedSize',
  hidden_size: 'hiddenSize',
};

/** The model of a case, `evolution/10_moe` say, in the sizes of its config.json. */
export async function goldenModel(folder: string, type: string): Promise<LanguageModel> {
  const { arguments: given } = goldenJson<{ arguments: Record<string, number> }>(`${folder}/config.json`);
  const sizes = Object.entries(given).flatMap(([name, value]) => (SIZES[name] ? [[SIZES[name], value]] : []));
  const config = { type, ...Object.fromEntries(sizes) } as ModelConfig;
  const model = createModel(config, new Random(0));
  model.loadStateDict(await goldenTensors(folder, 'weights.safetensors'));
  return model.eval();
}

/** The tensors of one of a case's files. */
export async function goldenTensors(folder: string, file: string): Promise<Map<string, NamedArray>> {
  return (await readSafetensors(golden(`${folder}/${file}`))).tensors;
}

/** The rows [B][T] of ids. */
export function idRows({ data, shape }: NamedArray): number[][] {
  const ids = Array.from(data as ArrayLike<number | bigint>, Number);
  const [rows, length] = shape;
  return Array.from({ length: rows }, (_, row) => ids.slice(row * length, (row + 1) * length));
}

/** -log softmax(logits)[target] in double precision, the logits being row `row` of an array [..., V]. */
export function lossAt(logits: ArrayLike<number>, row: number, classes: number, target: number): number {
  let largest = -Infinity;
  for (let i = 0; i < classes; i++) largest = Math.max(largest, logits[row * classes + i]);
  let sum = 0;
  for (let i = 0; i < classes; i++) sum += Math.exp(logits[row * classes + i] - largest);
  return Math.log(sum) + largest - logits[row * classes + target];
}

/** Numbers of a file's array. */
export function floats(array: NamedArray | undefined): Float32Array {
  return toFloat32(array!);
}

/** The mean of numbers. */
export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}
