// T5's positions (Raffel et al., arXiv:1910.10683, section 2.1): tokens carry none, but each head adds to a score a number
// that depends on how far the key is from the query. Near distances have a number each, far ones share: buckets. Leaves
// out which layers use one table (in T5 the first layer's serves all).
import { tf } from '@lilformer/engine';
import { embedding } from '@lilformer/ops';
import type { Embedding } from './embedding.js';

/** How distances share numbers. */
export interface RelativePositions {
  /** Keys after the query are told apart from those before it, in the second half of the buckets; else they count as here. */
  readonly bidirectional: boolean;
  /** From here on all distances share one bucket. */
  readonly maxDistance: number;
}

/**
 * The bucket of a key that is `offset` places after its query, or before it where that is negative.
 *
 * Of the buckets of one direction the first half hold one distance each, the others as far as `maxDistance` ever more of
 * them, in equal steps of the logarithm.
 *
 * @param buckets how many there are
 * @returns 0 to `buckets` - 1
 */
export function relativeBucket(
  offset: number,
  buckets: number,
  { bidirectional, maxDistance }: RelativePositions,
): number {
  const own = bidirectional ? Math.floor(buckets / 2) : buckets; // of one direction
  const first = bidirectional && offset > 0 ? own : 0;
  const distance = bidirectional ? Math.abs(offset) : Math.max(0, -offset);
  const exact = Math.floor(own / 2);
  if (distance < exact) return first + distance;
  // In the precision of the original, which decides where a logarithm is nearly whole.
  const { fround, log } = Math;
  const share = fround(fround(log(fround(distance / exact))) / fround(log(maxDistance / exact)));
  return first + Math.min(own - 1, exact + Math.trunc(fround(share * (own - exact))));
}

/**
 * What each head adds to the scores of queries with keys, for `attention`'s `bias`; differentiable in the table.
 *
 * @param table a row a bucket, a column a head: `[buckets, H]`
 * @param queries how many; they are the last of the keys, as new tokens are among all of a cache
 * @returns `[H, queries, keys]`
 */
export function relativeBias(
  table: Embedding,
  queries: number,
  keys: number,
  positions: RelativePositions,
): tf.Tensor3D {
  const [buckets] = table.weight.shape;
  // By offset: the first query with the last key is the farthest after, the last query with the first key before.
  const of = Int32Array.from({ length: queries + keys - 1 }, (_, i) =>
    relativeBucket(i + 1 - keys, buckets, positions),
  );
  const ids = new Int32Array(queries * keys);
  for (let i = 0; i < queries; i++) {
    const start = queries - 1 - i; // where offset -(keys - queries + i), of the first key, is
    ids.set(of.subarray(start, start + keys), i * keys);
  }
  return tf.tidy(() => {
    const rows = embedding(tf.tensor2d(ids, [queries, keys], 'int32'), table.weight.operand); // [Tq, Tk, H]
    return tf.transpose(rows, [2, 0, 1]) as tf.Tensor3D;
  });
}
