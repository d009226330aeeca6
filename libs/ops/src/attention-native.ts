// Attention by the native engine's kernels, from q, k and v or from all three side by side. Leaves out engines
// without it: attention-slices.ts.
import type { NativeKernels } from '@lilformer/native';
import type { tf } from '@lilformer/engine';
import type { Plan } from './attention-slices.js';
import { compute, type Floats } from './memory.js';

/** Largest size of a head that the kernels take. */
export const MOST_HEAD_DIM = 256;

/** q [B, Tq, C], k and v [B, Tk, C]; or one tensor [B, T, 3C]. With a bias it comes last. */
export type Inputs = readonly tf.Tensor[];

/**
 * The output [B, Tq, C] and, for a gradient, the logarithms of the sums of exponentials [B, H, Tq], of which the
 * weights can be made again.
 */
export function nativeForward(
  kernels: NativeKernels,
  inputs: Inputs,
  plan: Plan,
  gradient: boolean,
): tf.Tensor[] {
  const { batch, heads, queries, headDim, visible, biased } = plan;
  const shapes = [[batch, queries, heads * headDim], ...(gradient ? [[batch, heads, queries]] : [])];
  return compute(inputs, shapes, (given: Floats[], [output, logSums]) => {
    const bias = biased ? given.at(-1) : undefined;
    if (given.length < 3) {
      kernels.attentionPackedForward(given[0], visible, bias, output, logSums, ...packedSizes(plan));
    } else {
      const [q, k, v] = given;
      kernels.attentionForward(q, k, v, visible, bias, output, logSums, ...sizes(plan));
    }
  });
}

/** The gradients of the inputs, given what `nativeForward` gave; that of the bias only where `ofBias`. */
export function nativeBackward(
  kernels: NativeKernels,
  inputs: Inputs,
  [output, logSums]: readonly tf.Tensor[],
  dy: tf.Tensor,
  plan: Plan,
  ofBias: boolean,
): tf.Tensor[] {
  const { visible, biased } = plan;
  const wanted = biased && !ofBias ? inputs.slice(0, -1) : inputs;
  const shapes = wanted.map(({ shape }) => shape);
  return compute([output, logSums, dy, ...inputs], shapes, (arrays: Floats[], gradients: Floats[]) => {
    const [output, logSums, dy, ...given] = arrays;
    const bias = biased ? given.at(-1) : undefined;
    const dBias = ofBias ? gradients.at(-1) : undefined;
    const kept = [visible, bias, output, logSums, dy] as const;
    if (given.length < 3) {
      kernels.attentionPackedBackward(given[0], ...kept, gradients[0], dBias, ...packedSizes(plan));
    } else {
      const [[q, k, v], [dq, dk, dv]] = [given, gradients];
      kernels.attentionBackward(q, k, v, ...kept, dq, dk, dv, dBias, ...sizes(plan));
    }
  });
}

type Settings = [
  headDim: number,
  causal: boolean,
  scale: number,
  rate: number,
  seed: number,
  counter: number,
];

function sizes(plan: Plan): [batch: number, heads: number, queries: number, keys: number, ...Settings] {
  return [plan.batch, plan.heads, plan.queries, plan.keys, ...settings(plan)];
}

function packedSizes(plan: Plan): [batch: number, heads: number, length: number, ...Settings] {
  return [plan.batch, plan.heads, plan.queries, ...settings(plan)];
}

function settings({ headDim, causal, scale, dropout }: Plan): Settings {
  return [headDim, causal, scale, dropout?.rate ?? 0, dropout?.seed ?? 0, dropout?.counter ?? 0];
}
