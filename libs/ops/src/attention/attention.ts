// Multi-head attention (Vaswani et al., arXiv:1706.03762, section 3.2), without the projections around it.
import { differentiable, tf } from '@lilformer/engine';
import type { Kernels } from '@lilformer/kernels';
import { checkDropout, fillDropoutMask, type DropoutMask } from '../dropout/dropout.js';
import { compute, dispatch, type Floats } from '../support/kernels.js';
import { expectShape, shapeText } from '../support/shapes.js';

/** Options of `attention`. */
export interface AttentionOptions {
  /** Number of heads H; head h is the slice h · C/H … (h+1) · C/H of the width C. */
  heads: number;
  /** Query i attends to keys 0 … i + Tk - Tq: with fewer queries than keys, the queries are the last positions. */
  causal?: boolean;
  /** Factor on the scores; default 1 / √(C/H). */
  scale?: number;
  /** [B, Tk], 0 for a key that is padding, otherwise 1. */
  paddingMask?: tf.Tensor;
  /** [H, Tq, Tk], added to the scaled scores; it has a gradient. */
  bias?: tf.Tensor;
  /** Dropout of attention weights, with a mask [B, H, Tq, Tk]. */
  dropout?: DropoutMask;
  /** Also returns the attention weights; this runs the reference, which holds them in memory. */
  returnWeights?: boolean;
}

/** The result of attention. */
export interface AttentionResult {
  /** [B, Tq, C] */
  output: tf.Tensor3D;
  /** [B, H, Tq, Tk], before dropout; with `returnWeights`. */
  weights: tf.Tensor4D | undefined;
}

/** The largest size of a head that the kernels take. */
export const MAX_HEAD_DIM = 256;

/**
 * softmax(q kᵀ · scale + bias) v for each head. The output of a query without visible keys is zero.
 *
 * @param q [B, Tq, C]
 * @param k [B, Tk, C]
 * @param v [B, Tk, C]
 * @throws Error when shapes do not fit, or the heads do not divide C.
 */
export function attention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  options: AttentionOptions,
): AttentionResult {
  const plan = makePlan(q, k, v, options);
  return dispatch<AttentionResult>(
    (kernels) => ({ output: attend(kernels, [q, k, v], plan), weights: undefined }),
    () => attentionReference(q, k, v, options),
    isSupported(plan, options),
  );
}

/**
 * Self-attention from queries, keys and values side by side, as one projection returns them.
 *
 * @param qkv [B, T, 3C]: q, k and v, each [B, T, C]
 */
export function attentionPacked(qkv: tf.Tensor, options: AttentionOptions): AttentionResult {
  if (qkv.rank !== 3 || qkv.shape[2]! % 3 !== 0) {
    throw new Error(`attention: qkv ${shapeText(qkv.shape)}, expected [B, T, 3C]`);
  }
  const one = { rank: 3, shape: [qkv.shape[0]!, qkv.shape[1]!, qkv.shape[2]! / 3] };
  const plan = makePlan(one, one, one, options);
  return dispatch<AttentionResult>(
    (kernels) => ({ output: attend(kernels, [qkv], plan), weights: undefined }),
    () => {
      const [q, k, v] = tf.split(qkv, 3, 2);
      return attentionReference(q, k, v, options);
    },
    isSupported(plan, options),
  );
}

/** Whether the kernels compute this. */
function isSupported({ headDim }: Plan, { returnWeights = false }: AttentionOptions): boolean {
  return !returnWeights && headDim <= MAX_HEAD_DIM;
}

/** Checked options and sizes. */
interface Plan {
  batch: number;
  heads: number;
  queries: number;
  keys: number;
  headDim: number;
  causal: boolean;
  scale: number;
  /** [B, Tk], 0 for padding. */
  visible: Floats | undefined;
  bias: tf.Tensor | undefined;
  dropout: DropoutMask;
}

/** Attention of q, k and v, or of all three in one tensor. */
function attend(kernels: Kernels, sources: readonly tf.Tensor[], plan: Plan): tf.Tensor3D {
  const { batch, heads, queries, keys, headDim, causal, scale, visible, bias, dropout } = plan;
  const common = { visible, batch, heads, headDim, causal, scale, ...dropout };
  const packed = sources.length === 1;
  const inputs = bias ? [...sources, bias] : sources;
  return differentiable(
    'attention',
    inputs,
    (save) => {
      const shapes = [[batch, queries, heads * headDim], save && [batch, heads, queries]] as const;
      const [output, logSums] = compute([bias, ...sources], shapes, ([bias, q, k, v], [output, logSums]) => {
        // One spread at the end of an object: others take longer than the kernel of a few rows.
        if (packed)
          kernels.attentionPackedForward({ qkv: q, bias, output, logSums, length: queries, ...common });
        else kernels.attentionForward({ q, k, v, bias, output, logSums, queries, keys, ...common });
      });
      save?.(output, logSums!, ...inputs);
      return output;
    },
    (dy, [output, logSums, ...inputs], wanted) => {
      const sources = packed ? inputs.slice(0, 1) : inputs.slice(0, 3);
      const biasShape = bias && wanted(sources.length) ? bias.shape : undefined;
      const shapes = [biasShape, ...sources.map(({ shape }) => shape)] as const;
      const tensors = [output, logSums, dy, bias && inputs.at(-1), ...sources] as const;
      const [dBias, ...gradients] = compute(tensors, shapes, (arrays, [dBias, dq, dk, dv]) => {
        const [output, logSums, dOutput, bias, q, k, v] = arrays;
        const length = queries;
        if (packed)
          // prettier-ignore
          kernels.attentionPackedBackward({
            qkv: q, bias, output, logSums, dOutput, dQkv: dq, dBias, length, ...common,
          });
        else
          // prettier-ignore
          kernels.attentionBackward({
            q, k, v, bias, output, logSums, dOutput, dq, dk, dv, dBias, queries, keys, ...common,
          });
      });
      return bias ? [...gradients, dBias] : gradients;
    },
  ) as tf.Tensor3D;
}

type Shaped = Pick<tf.Tensor, 'rank' | 'shape'>;

/** @throws Error when an argument is wrong */
function makePlan(q: Shaped, k: Shaped, v: Shaped, options: AttentionOptions): Plan {
  const { heads, causal = false, scale, paddingMask, bias, dropout } = options;
  if (q.rank !== 3 || k.rank !== 3) {
    throw new Error(
      `attention: q ${shapeText(q.shape)} and k ${shapeText(k.shape)}, expected [B, Tq, C] and [B, Tk, C]`,
    );
  }
  const [batch, queries, width] = q.shape as [number, number, number];
  const keys = k.shape[1]!;
  expectShape('attention: k', k, [batch, null, width], ['B', 'Tk', 'C']);
  expectShape('attention: v', v, [batch, keys, width], ['B', 'Tk', 'C']);
  const headDim = headSize(heads, width);
  if (causal && queries > keys) {
    throw new Error(`attention: ${queries} causal queries for ${keys} keys, expected at most as many`);
  }
  if (paddingMask) expectShape('attention: paddingMask', paddingMask, [batch, keys], ['B', 'Tk']);
  if (bias) expectShape('attention: bias', bias, [heads, queries, keys], ['H', 'Tq', 'Tk']);
  if (dropout) checkDropout(dropout);
  return {
    ...{ batch, heads, queries, keys, headDim, causal, bias },
    scale: scale ?? 1 / Math.sqrt(headDim),
    visible: paddingMask && Float32Array.from(paddingMask.dataSync()),
    dropout: dropout ?? { rate: 0, seed: 0, counter: 0 },
  };
}

/** Size of a head. @throws Error when the heads do not divide the width */
export function headSize(heads: number, width: number): number {
  if (Number.isInteger(heads) && heads >= 1 && width % heads === 0) return width / heads;
  throw new Error(`attention: ${heads} heads, expected an integer that divides the width ${width}`);
}

/** The reference of `attention`: all scores in memory; differentiable in q, k, v and the bias, and in the weights. */
export function attentionReference(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  { heads, causal = false, scale, paddingMask, bias, dropout, returnWeights = false }: AttentionOptions,
): AttentionResult {
  const [batch, queries, width] = q.shape as [number, number, number];
  const keys = k.shape[1]!;
  const headDim = width / heads;
  const split = (x: tf.Tensor): tf.Tensor =>
    tf.transpose(tf.reshape(x, [batch, x.shape[1]!, heads, headDim]), [0, 2, 1, 3]); // [B, H, T, C/H]
  const factor = scale ?? 1 / Math.sqrt(headDim);
  let scores = tf.mul(tf.matMul(split(q), split(k), false, true), factor); // [B, H, Tq, Tk]
  if (bias) scores = tf.add(scores, bias);
  const visible = visibility(batch, queries, keys, causal, paddingMask);
  // The product makes the weights exactly zero where the softmax has nothing else to choose from.
  const weights = visible
    ? tf.mul(tf.softmax(tf.add(scores, tf.mul(tf.sub(visible, 1), 1e9))), visible)
    : tf.softmax(scores);
  let dropped = weights;
  if (dropout) {
    checkDropout(dropout);
    const mask = new Float32Array(weights.size);
    const headRows = 8 * Math.ceil(queries / 8); // each head starts at a new tile of the mask
    for (let i = 0; i < batch * heads; i++) {
      const part = mask.subarray(i * queries * keys, (i + 1) * queries * keys);
      fillDropoutMask(part, dropout, keys, i * headRows);
    }
    dropped = tf.mul(weights, tf.tensor(mask, weights.shape));
  }
  const merged = tf.transpose(tf.matMul(dropped, split(v)), [0, 2, 1, 3]); // [B, Tq, H, C/H]
  return {
    output: tf.reshape(merged, [batch, queries, width]),
    weights: returnWeights ? (weights as tf.Tensor4D) : undefined,
  };
}

/** 1 where a query may attend to a key, else 0: [B or 1, 1, Tq or 1, Tk]; undefined without any mask. */
function visibility(
  batch: number,
  queries: number,
  keys: number,
  causal: boolean,
  paddingMask: tf.Tensor | undefined,
): tf.Tensor | undefined {
  let visible: tf.Tensor | undefined;
  if (causal) {
    const triangle = new Float32Array(queries * keys);
    for (let i = 0; i < queries; i++) triangle.fill(1, i * keys, i * keys + i + 1 + keys - queries);
    visible = tf.tensor(triangle, [1, 1, queries, keys]);
  }
  if (paddingMask) {
    const present = tf.cast(tf.reshape(paddingMask, [batch, 1, 1, keys]), 'float32');
    visible = visible ? tf.mul(visible, present) : present;
  }
  return visible;
}
