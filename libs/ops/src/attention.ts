// Attention of several heads (Vaswani et al., arXiv:1706.03762, section 3.2). Leaves out the projections around it.
import { tf } from '@lilformer/engine';
import { attentionReference } from './attention-reference.js';
import { MOST_HEAD_DIM, nativeBackward, nativeForward, type Inputs } from './attention-native.js';
import { attentionBackward, attentionForward, type Places, type Plan } from './attention-slices.js';
import { differentiable } from './differentiable.js';
import { checkDropout, type DropoutMask } from './dropout.js';
import { allocate, hasVisibleMemory, nativeKernels } from './memory.js';
import { expectShape, shapeText } from './shapes.js';

/** What `attention` takes besides q, k and v. */
export interface AttentionOptions {
  /** Number of heads H; head h is the slice h · C/H … (h+1) · C/H of the width C. */
  heads: number;
  /** Query i sees keys 0 … i + Tk - Tq only: with fewer queries than keys, the queries are the last ones. */
  causal?: boolean;
  /** Factor on the scores; default 1 / √(C/H). */
  scale?: number;
  /** [B, Tk], 1 where a key may be seen, 0 where it is padding. */
  paddingMask?: tf.Tensor;
  /** [H, Tq, Tk], added to the scaled scores of every sequence; it has a gradient. */
  bias?: tf.Tensor;
  /** Drops weights, over a mask [B, H, Tq, Tk]. */
  dropout?: DropoutMask;
  /** Give the weights as well: then everything is kept in memory and no shortcut is taken. */
  returnWeights?: boolean;
}

/** What attention gives. */
export interface AttentionResult {
  /** [B, Tq, C] */
  output: tf.Tensor;
  /** [B, H, Tq, Tk], before dropout, when asked for. */
  weights: tf.Tensor | undefined;
}

/**
 * softmax(q kᵀ · scale + bias) v, each head on its own slice of the width.
 *
 * A query that sees no key at all gets zeros.
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
  if (options.returnWeights || !hasVisibleMemory()) return attentionReference(q, k, v, options);
  const width = q.shape[2]!;
  const output = attend([q, k, v], options.bias, plan, ([q, k, v]) => ({
    q: { tensor: q, stride: width, offset: 0 },
    k: { tensor: k, stride: width, offset: 0 },
    v: { tensor: v, stride: width, offset: 0 },
  }));
  return { output, weights: undefined };
}

/**
 * Attention of a sequence to itself, from queries, keys and values side by side as one projection gives them.
 *
 * @param qkv [B, T, 3C]: q, k, v, each [B, T, C] with its heads as contiguous slices
 */
export function attentionPacked(qkv: tf.Tensor, options: AttentionOptions): AttentionResult {
  if (qkv.rank !== 3 || qkv.shape[2]! % 3 !== 0) {
    throw new Error(`attention: qkv ${shapeText(qkv.shape)}, expected [B, T, 3C]`);
  }
  if (options.returnWeights || !hasVisibleMemory()) {
    const [q, k, v] = tf.split(qkv, 3, 2);
    return attention(q, k, v, options);
  }
  const width = qkv.shape[2]! / 3;
  const one = { rank: 3, shape: [qkv.shape[0]!, qkv.shape[1]!, width] };
  const plan = makePlan(one, one, one, options);
  const output = attend([qkv], options.bias, plan, ([tensor]) => ({
    q: { tensor, stride: 3 * width, offset: 0 },
    k: { tensor, stride: 3 * width, offset: width },
    v: { tensor, stride: 3 * width, offset: 2 * width },
  }));
  return { output, weights: undefined };
}

/** Attention of checked inputs, natively or slice by slice: `places` says where in the inputs q, k and v are. */
function attend(
  sources: Inputs,
  bias: tf.Tensor | undefined,
  plan: Plan,
  places: (inputs: Inputs) => Places,
): tf.Tensor {
  const inputs = bias ? [...sources, bias] : sources;
  const native = plan.headDim <= MOST_HEAD_DIM ? nativeKernels() : undefined;
  return differentiable(
    'attention',
    inputs,
    (save) => {
      if (!native) {
        save?.(...inputs);
        return attentionForward(places(inputs), bias, plan);
      }
      const results = nativeForward(native, inputs, plan, save !== undefined);
      save?.(...inputs, ...results);
      return results[0];
    },
    (dy, saved, wanted) => {
      const ofBias = bias !== undefined && wanted(sources.length);
      const given = saved.slice(0, inputs.length);
      const gradients = native
        ? nativeBackward(native, given, saved.slice(inputs.length), dy, plan, ofBias)
        : backwardBySlices(given, dy, plan, places, ofBias);
      return bias && !ofBias ? [...gradients, unwanted] : gradients;
    },
  );
}

function unwanted(): never {
  throw new Error('attention: a gradient that nobody was said to want was asked for');
}

/** The gradients of the inputs; that of the bias, which comes last, only where `ofBias`. */
function backwardBySlices(
  inputs: Inputs,
  dy: tf.Tensor,
  plan: Plan,
  places: (inputs: Inputs) => Places,
  ofBias: boolean,
): tf.Tensor[] {
  const bias = plan.biased ? inputs.at(-1) : undefined;
  const gradients = (bias ? inputs.slice(0, -1) : inputs).map(({ shape }) => allocate(shape));
  const dBias = bias && ofBias ? tf.zerosLike(bias) : undefined;
  attentionBackward(places(inputs), bias, dy, places(gradients), dBias, plan);
  return dBias ? [...gradients, dBias] : gradients;
}

/** What `expectShape` needs of a tensor. */
type Shaped = Pick<tf.Tensor, 'rank' | 'shape'>;

/** Checks everything that can be wrong with the arguments. */
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
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new Error(`attention: ${heads} heads, expected a whole number that divides the width ${width}`);
  }
  if (causal && queries > keys) {
    throw new Error(`attention: ${queries} causal queries for ${keys} keys, expected at most as many`);
  }
  if (paddingMask) expectShape('attention: paddingMask', paddingMask, [batch, keys], ['B', 'Tk']);
  if (bias) expectShape('attention: bias', bias, [heads, queries, keys], ['H', 'Tq', 'Tk']);
  if (dropout) checkDropout(dropout);
  const headDim = width / heads;
  return {
    batch,
    heads,
    queries,
    keys,
    headDim,
    causal,
    scale: scale ?? 1 / Math.sqrt(headDim),
    visible: paddingMask && Float32Array.from(paddingMask.dataSync()),
    biased: bias !== undefined,
    dropout: dropout && dropout.rate > 0 ? dropout : undefined,
  };
}
