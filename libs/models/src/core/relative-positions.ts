// T5's relative position biases (Raffel et al., arXiv:1910.10683, section 2.1): a learned value per head and distance, added to
// the attention scores. Distances share buckets of increasing size.
import { tf } from '@lilformer/engine';
import type { Embedding } from '@lilformer/layers';
import { embedding } from '@lilformer/ops';

/** How distances are assigned to buckets. */
interface RelativePositions {
  /** Whether half of the buckets are for keys after the query; otherwise those count as distance 0. */
  readonly bidirectional: boolean;
  /** Distances from here on share one bucket. */
  readonly maxDistance: number;
}

/**
 * The bucket of a key at distance `offset` from its query, negative before it. In each direction the first half of the buckets
 * hold one distance each; the others grow logarithmically up to `maxDistance`.
 *
 * @param buckets number of buckets
 * @returns 0 to `buckets` - 1
 */
export function relativeBucket(
  offset: number,
  buckets: number,
  { bidirectional, maxDistance }: RelativePositions,
): number {
  const perDirection = bidirectional ? Math.floor(buckets / 2) : buckets;
  const first = bidirectional && offset > 0 ? perDirection : 0;
  const distance = bidirectional ? Math.abs(offset) : Math.max(0, -offset);
  const exact = Math.floor(perDirection / 2);
  if (distance < exact) return first + distance;
  // Rounded to float32 as in transformers, which decides the bucket where the logarithm is close to an integer.
  const { fround, log } = Math;
  const share = fround(fround(log(fround(distance / exact))) / fround(log(maxDistance / exact)));
  return first + Math.min(perDirection - 1, exact + Math.trunc(fround(share * (perDirection - exact))));
}

/**
 * The biases of queries to keys, for `attend`; differentiable in the table.
 *
 * @param table `[buckets, H]`
 * @param queries number of queries; they are the last of the keys
 * @returns `[H, queries, keys]`
 */
export function relativeBias(
  table: Embedding,
  queries: number,
  keys: number,
  positions: RelativePositions,
): tf.Tensor3D {
  const [buckets] = table.weight.shape;
  // By offset, from the last query with the first key to the first query with the last key.
  const bucketOf = Int32Array.from({ length: queries + keys - 1 }, (_, i) =>
    relativeBucket(i + 1 - keys, buckets, positions),
  );
  const ids = new Int32Array(queries * keys);
  for (let i = 0; i < queries; i++) {
    const start = queries - 1 - i; // index of the first key's offset
    ids.set(bucketOf.subarray(start, start + keys), i * keys);
  }
  return tf.tidy(() => {
    const rows = embedding(tf.tensor2d(ids, [queries, keys], 'int32'), table.weight.operand); // [Tq, Tk, H]
    return tf.transpose(rows, [2, 0, 1]) as tf.Tensor3D;
  });
}
