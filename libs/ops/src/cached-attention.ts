// Attention of new tokens over the keys and values of all tokens so far, which lie in buffers with room for more, so
// that one more token writes one row and copies nothing; and the filling of those buffers. Leaves out whose they are,
// and gradients.
import { tf } from '@lilformer/engine';
import { attention, type AttentionOptions, type AttentionResult } from './attention.js';
import { MOST_HEAD_DIM } from './attention-native.js';
import { attentionReference } from './attention-reference.js';
import { differentiable } from './differentiable.js';
import { expOfNegative } from './functions.js';
import { allocate, compute, hasVisibleMemory, nativeKernels, visit, type Floats } from './memory.js';
import { expectShape, shapeText } from './shapes.js';

/** What `cachedAttention` takes besides tensors. */
export interface CachedAttentionOptions extends Pick<
  AttentionOptions,
  'heads' | 'scale' | 'paddingMask' | 'bias' | 'returnWeights'
> {
  /** Whether a token sees only those up to itself; true without. Not so where the buffers hold another sequence. */
  causal?: boolean;
}

/**
 * Attention of the last tokens of a sequence over all of it, or, not causal, of any tokens over a sequence that is kept.
 *
 * @param q queries of the new tokens [B, Tnew, C]; or [B, Tnew, 3C], the queries first, as one projection gives q, k
 *   and v side by side
 * @param keys [B, capacity, C], of which the first `length` places hold tokens, the new ones included
 * @param values as keys
 * @param length number of tokens; at least Tnew where the attention is causal
 * @param options.paddingMask [B, length]
 * @param options.bias [H, Tnew, length]
 * @returns [B, Tnew, C], and weights [B, H, Tnew, length] when asked for
 * @throws Error when shapes do not fit, the heads do not divide C, or a gradient is asked for
 */
export function cachedAttention(
  q: tf.Tensor,
  keys: tf.Tensor,
  values: tf.Tensor,
  length: number,
  options: CachedAttentionOptions,
): AttentionResult {
  check(q, keys, values, length, options);
  const [batch, capacity, width] = keys.shape as [number, number, number];
  const [, tokens, stride] = q.shape as [number, number, number];
  const {
    heads,
    scale = 1 / Math.sqrt(width / heads),
    causal = true,
    paddingMask,
    bias,
    returnWeights,
  } = options;
  const inputs = bias ? [q, keys, values, bias] : [q, keys, values];
  const [output, weights] = differentiable(
    'cachedAttention',
    inputs,
    () => {
      const visible = paddingMask && Float32Array.from(paddingMask.dataSync());
      const native = width / heads <= MOST_HEAD_DIM && !returnWeights ? nativeKernels() : undefined;
      if (native) {
        return compute(inputs, [[batch, tokens, width]], ([q, keys, values, bias]: Floats[], [output]) =>
          native.cachedAttention(
            q,
            keys,
            values,
            visible,
            bias,
            output,
            batch,
            heads,
            tokens,
            length,
            capacity,
            width / heads,
            causal,
            scale,
          ),
        );
      }
      if (tokens > 1 || returnWeights || !hasVisibleMemory()) {
        const queries = stride === width ? q : tf.slice(q, [0, 0, 0], [-1, -1, width]);
        const attended = attention(queries, head(keys, length), head(values, length), {
          ...options,
          causal,
        });
        return attended.weights ? [attended.output, attended.weights] : [attended.output];
      }
      const plan: OneToken = { batch, heads, width, stride, capacity, length, scale, visible };
      return compute(inputs, [[batch, 1, width]], ([q, keys, values, bias]: Floats[], [output]) =>
        attendWithOne(q, keys, values, bias, output, plan),
      );
    },
    () => {
      throw new Error('cachedAttention has no gradient: train without a key-value cache');
    },
  );
  return { output, weights };
}

/** The specification of `cachedAttention`. */
export function cachedAttentionReference(
  q: tf.Tensor,
  keys: tf.Tensor,
  values: tf.Tensor,
  length: number,
  options: CachedAttentionOptions,
): AttentionResult {
  check(q, keys, values, length, options);
  const queries = tf.slice(q, [0, 0, 0], [-1, -1, keys.shape[2]!]);
  return attentionReference(queries, head(keys, length), head(values, length), {
    ...options,
    causal: options.causal ?? true,
  });
}

/** Room for so many tokens at first; then always twice as many. */
const FIRST_CAPACITY = 32;

/**
 * Puts the keys or values of new tokens behind those that a buffer holds: in place where there is room and the engine
 * lets memory be written, else in a larger buffer.
 *
 * @param buffer [B, capacity, C], which this function made and nobody else uses; undefined for the first tokens
 * @param length number of tokens in it so far; what lies behind them is overwritten
 * @param rows [B, Tnew, C], or wider: then `width` columns from `column` on, such as the keys in [B, Tnew, 3C]
 * @returns the buffer to go on with; if that is another one, the old one is still the caller's to dispose
 * @throws Error when batch or width differ, or the buffer does not hold `length` tokens
 */
export function appendToCache(
  buffer: tf.Tensor | undefined,
  length: number,
  rows: tf.Tensor,
  column = 0,
  width = rows.shape[2]! - column,
): tf.Tensor {
  const [batch, tokens, stride] = rows.shape as [number, number, number];
  const before = buffer?.shape as [number, number, number] | undefined;
  if (
    column + width > stride ||
    (before ? before[0] !== batch || before[2] !== width || length > before[1] : length > 0)
  ) {
    throw new Error(
      `appendToCache: ${width} columns from ${column} of ${shapeText(rows.shape)} behind ${length} tokens in ` +
        `${before ? shapeText(before) : 'no buffer'}, expected the same batch and width, and that many tokens there`,
    );
  }
  if (!hasVisibleMemory()) {
    const added = tf.slice(rows, [0, 0, column], [-1, -1, width]);
    return buffer ? tf.concat([head(buffer, length), added], 1) : added;
  }
  const room =
    buffer && before![1] >= length + tokens
      ? buffer
      : largerBuffer(buffer, length, batch, length + tokens, width);
  const capacity = room.shape[1]!;
  visit([rows, room], (from, to) => {
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < tokens; t++) {
        const start = (b * tokens + t) * stride + column;
        to.set(from.subarray(start, start + width), (b * capacity + length + t) * width);
      }
    }
  });
  return room;
}

/** A buffer for at least `needed` tokens that begins with the first `length` of another. */
function largerBuffer(
  before: tf.Tensor | undefined,
  length: number,
  batch: number,
  needed: number,
  width: number,
): tf.Tensor {
  const capacity = Math.max(FIRST_CAPACITY, 2 ** Math.ceil(Math.log2(needed)));
  const buffer = allocate([batch, capacity, width]);
  if (before) copySequences(before, buffer, length, [...Array(batch).keys()]);
  return buffer;
}

/**
 * Some of the sequences of a buffer of `appendToCache`, in the order of `rows`, as a buffer of their own.
 *
 * @param length number of tokens in it
 * @param rows places in the batch
 */
export function cacheOfRows(buffer: tf.Tensor, length: number, rows: readonly number[]): tf.Tensor {
  if (!hasVisibleMemory()) return tf.tidy(() => tf.gather(buffer, tf.tensor1d([...rows], 'int32')));
  const [, capacity, width] = buffer.shape as [number, number, number];
  const kept = allocate([rows.length, capacity, width]);
  copySequences(buffer, kept, length, rows);
  return kept;
}

/** Sequence b of `target` becomes sequence rows[b] of `source`, as far as its first `length` tokens go. */
function copySequences(source: tf.Tensor, target: tf.Tensor, length: number, rows: readonly number[]): void {
  const width = source.shape[2]!;
  visit([source, target], (from, to) => {
    rows.forEach((row, b) => {
      const start = row * source.shape[1]! * width;
      to.set(from.subarray(start, start + length * width), b * target.shape[1]! * width);
    });
  });
}

interface OneToken {
  batch: number;
  heads: number;
  width: number;
  /** From one sequence's query to the next. */
  stride: number;
  capacity: number;
  length: number;
  scale: number;
  /** [B · length], 0 where a key is padding. */
  visible: Floats | undefined;
}

/** softmax(q kᵀ · scale + bias) v for one query a sequence, which sees all keys; one that sees none gives zeros. */
function attendWithOne(
  q: Floats,
  keys: Floats,
  values: Floats,
  bias: Floats | undefined,
  output: Floats,
  plan: OneToken,
): void {
  const { batch, heads, width, stride, capacity, length, scale, visible } = plan;
  const headDim = width / heads;
  const weights = new Float32Array(length);
  output.fill(0);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const query = b * stride + h * headDim;
      const first = b * capacity * width + h * headDim;
      let largest = -Infinity;
      for (let t = 0; t < length; t++) {
        const key = first + t * width;
        let score = 0;
        for (let j = 0; j < headDim; j++) score += q[query + j] * keys[key + j];
        weights[t] = score * scale + (bias ? bias[h * length + t] : 0);
        if (visible && visible[b * length + t] === 0) weights[t] = -Infinity;
        if (weights[t] > largest) largest = weights[t];
      }
      let sum = 0;
      for (let t = 0; t < length; t++) {
        weights[t] = weights[t] === -Infinity ? 0 : expOfNegative(weights[t] - largest);
        sum += weights[t];
      }
      const factor = sum === 0 ? 0 : 1 / sum;
      const to = b * width + h * headDim;
      for (let t = 0; t < length; t++) {
        const weight = weights[t] * factor;
        const value = first + t * width;
        for (let j = 0; j < headDim; j++) output[to + j] += weight * values[value + j];
      }
    }
  }
}

/** The first `length` places of [B, T, C]. */
function head(x: tf.Tensor, length: number): tf.Tensor {
  return length === x.shape[1] ? x : tf.slice(x, [0, 0, 0], [-1, length, -1]);
}

function check(
  q: tf.Tensor,
  keys: tf.Tensor,
  values: tf.Tensor,
  length: number,
  { heads, causal = true, paddingMask, bias }: CachedAttentionOptions,
): void {
  if (q.rank !== 3 || keys.rank !== 3) {
    throw new Error(
      `cachedAttention: q ${shapeText(q.shape)} and keys ${shapeText(keys.shape)}, expected [B, Tnew, C] and [B, capacity, C]`,
    );
  }
  const [batch, capacity, width] = keys.shape as [number, number, number];
  const [, tokens, given] = q.shape as [number, number, number];
  expectShape(
    'cachedAttention: q',
    q,
    [batch, null, given === 3 * width ? given : width],
    ['B', 'Tnew', 'C'],
  );
  expectShape('cachedAttention: values', values, keys.shape, []);
  const least = causal ? tokens : 1;
  if (!Number.isInteger(length) || length < least || length > capacity) {
    throw new Error(
      `cachedAttention: length ${length}, expected ${least} to ${capacity}, ` +
        `from ${causal ? 'the new tokens' : 'one token'} to the capacity`,
    );
  }
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new Error(`attention: ${heads} heads, expected a whole number that divides the width ${width}`);
  }
  if (paddingMask) expectShape('cachedAttention: paddingMask', paddingMask, [batch, length], ['B', 'length']);
  if (bias) expectShape('cachedAttention: bias', bias, [heads, tokens, length], ['H', 'Tnew', 'length']);
}
