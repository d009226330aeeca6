// Attention of new tokens over cached keys and values, and the buffers of that cache. No gradient.
import { differentiable, tf } from '@lilformer/engine';
import { allocate, compute, dispatch, memoryOf } from '../support/kernels.js';
import { expectShape, shapeText } from '../support/shapes.js';
import {
  attention,
  headSize,
  MAX_HEAD_DIM,
  type AttentionOptions,
  type AttentionResult,
} from './attention.js';

/** Options of `cachedAttention`. */
export interface CachedAttentionOptions extends Pick<
  AttentionOptions,
  'heads' | 'scale' | 'paddingMask' | 'bias' | 'returnWeights'
> {
  /** Whether a token attends only to positions up to its own; default true. False for cross-attention. */
  causal?: boolean;
}

/**
 * Attention of the last tokens of a sequence over all of it; without `causal`, over another sequence.
 *
 * @param q queries of the new tokens [B, Tnew, C]; or [B, Tnew, 3C] with the queries first
 * @param keys [B, capacity, C], of which the first `length` positions are in use, including the new tokens
 * @param values as keys
 * @param length number of positions; at least Tnew if causal
 * @param options.paddingMask [B, length]
 * @param options.bias [H, Tnew, length]
 * @returns [B, Tnew, C], and weights [B, H, Tnew, length] with `returnWeights`
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
  const tokens = q.shape[1]!;
  const { heads, causal = true, paddingMask, bias, returnWeights } = options;
  const headDim = width / heads;
  const scale = options.scale ?? 1 / Math.sqrt(headDim);
  const [output, weights] = differentiable(
    'cachedAttention',
    bias ? [q, keys, values, bias] : [q, keys, values],
    () =>
      dispatch<tf.Tensor[]>(
        (kernels) => {
          const visible = paddingMask && Float32Array.from(paddingMask.dataSync());
          const sizes = { batch, heads, tokens, length, capacity, headDim, causal, scale };
          return compute(
            [q, keys, values, bias],
            [[batch, tokens, width]],
            ([q, keys, values, bias], [output]) =>
              kernels.cachedAttention({ q, keys, values, visible, bias, output, ...sizes }),
          );
        },
        () => {
          const result = attention(...uncached(q, keys, values, length), { ...options, causal });
          return result.weights ? [result.output, result.weights] : [result.output];
        },
        headDim <= MAX_HEAD_DIM && !returnWeights,
      ),
    () => {
      throw new Error('cachedAttention has no gradient: train without a key-value cache');
    },
  );
  return { output: output as tf.Tensor3D, weights: weights as tf.Tensor4D | undefined };
}

/** Queries, keys and values of attention without a cache. */
function uncached(
  q: tf.Tensor,
  keys: tf.Tensor,
  values: tf.Tensor,
  length: number,
): [q: tf.Tensor, k: tf.Tensor, v: tf.Tensor] {
  const queries = tf.slice(q, [0, 0, 0], [-1, -1, keys.shape[2]!]);
  return [queries, firstPositions(keys, length), firstPositions(values, length)];
}

function firstPositions(x: tf.Tensor, length: number): tf.Tensor {
  return length === x.shape[1] ? x : tf.slice(x, [0, 0, 0], [-1, length, -1]);
}

/** Capacity of the first buffer; it doubles from there. */
const FIRST_CAPACITY = 32;

/**
 * Appends keys or values of new tokens to a buffer: with kernels in place while there is room.
 *
 * @param buffer [B, capacity, C] from an earlier call, used nowhere else; undefined for the first tokens
 * @param length number of tokens in the buffer; positions from there on are overwritten
 * @param rows [B, Tnew, C], or wider: then `width` columns from `column` on, such as the keys in [B, Tnew, 3C]
 * @returns the buffer to use from now on; if it is another one, the caller disposes the old one
 * @throws Error when batch or width differ, or the buffer has fewer than `length` positions
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
      `appendToCache: ${width} columns from ${column} of ${shapeText(rows.shape)} after ${length} tokens in ` +
        `${before ? shapeText(before) : 'no buffer'}, expected the same batch and width, and that many tokens there`,
    );
  }
  return dispatch(
    () => {
      let room = buffer;
      if (!room || room.shape[1]! < length + tokens) {
        const needed = 2 ** Math.ceil(Math.log2(length + tokens));
        room = allocate([batch, Math.max(FIRST_CAPACITY, needed), width]);
        if (buffer && length > 0 && buffer.size > 0)
          copySequences(buffer, room, length, [...Array(batch).keys()]);
      }
      if (rows.size === 0) return room;
      const capacity = room.shape[1]!;
      const [from, to] = [memoryOf(rows), memoryOf(room)];
      for (let b = 0; b < batch; b++) {
        for (let t = 0; t < tokens; t++) {
          const start = (b * tokens + t) * stride + column;
          to.set(from.subarray(start, start + width), (b * capacity + length + t) * width);
        }
      }
      return room;
    },
    () => {
      const added = tf.slice(rows, [0, 0, column], [-1, -1, width]);
      return buffer ? tf.concat([firstPositions(buffer, length), added], 1) : added;
    },
  );
}

/**
 * Selects sequences of a buffer of `appendToCache`.
 *
 * @param length number of tokens in it
 * @param rows indices into the batch
 * @returns a new buffer [rows, capacity, C]
 */
export function cacheOfRows(buffer: tf.Tensor, length: number, rows: readonly number[]): tf.Tensor {
  return dispatch(
    () => {
      const selected = allocate([rows.length, ...buffer.shape.slice(1)]);
      copySequences(buffer, selected, length, rows);
      return selected;
    },
    () => tf.tidy(() => tf.gather(buffer, tf.tensor1d([...rows], 'int32'))),
  );
}

/** Copies the first `length` positions of sequence rows[b] of `source` to sequence b of `target`. */
function copySequences(source: tf.Tensor, target: tf.Tensor, length: number, rows: readonly number[]): void {
  const width = source.shape[2]!;
  const [from, to] = [memoryOf(source), memoryOf(target)];
  rows.forEach((row, b) => {
    const start = row * source.shape[1]! * width;
    to.set(from.subarray(start, start + length * width), b * target.shape[1]! * width);
  });
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
  const [, tokens, stride] = q.shape as [number, number, number];
  const expected = [batch, null, stride === 3 * width ? stride : width];
  expectShape('cachedAttention: q', q, expected, ['B', 'Tnew', 'C']);
  expectShape('cachedAttention: values', values, keys.shape, []);
  const least = causal ? tokens : 1;
  if (!Number.isInteger(length) || length < least || length > capacity) {
    throw new Error(
      `cachedAttention: length ${length}, expected ${least} to ${capacity}, ` +
        `from ${causal ? 'the new tokens' : 'one token'} to the capacity`,
    );
  }
  headSize(heads, width);
  if (paddingMask) expectShape('cachedAttention: paddingMask', paddingMask, [batch, length], ['B', 'length']);
  if (bias) expectShape('cachedAttention: bias', bias, [heads, tokens, length], ['H', 'Tnew', 'length']);
}
