// Which range of distances two tokens of a T5 are in (Raffel et al., arXiv:1910.10683, section 2.1): near distances have a
// range each, farther ones share wider and wider ranges, up to a distance from which on all are in the last one.

/** How distances are shared out. */
export interface Buckets {
  /** Number of ranges. */
  readonly count: number;
  /** Distances from here on are in the last range. */
  readonly maxDistance: number;
  /** Whether tokens ahead have ranges of their own, half of them all; else they are all in the first. */
  readonly bidirectional: boolean;
}

/**
 * The ranges of `queries` tokens, `before` of which came earlier, with all tokens up to the last of them.
 * @returns `[queries, before + queries]`, row after row
 */
export function relativeBuckets(queries: number, before: number, buckets: Buckets): Int32Array {
  const keys = before + queries;
  // Distances repeat along diagonals: each is looked up once, from the last query to the first key on.
  const ranges = Int32Array.from({ length: keys + queries - 1 }, (_, i) => bucketOf(i - (keys - 1), buckets));
  const out = new Int32Array(queries * keys);
  for (let query = 0; query < queries; query++) {
    const first = keys - 1 - (before + query);
    out.set(ranges.subarray(first, first + keys), query * keys);
  }
  return out;
}

/**
 * The range of one distance.
 * @param offset place of the key less that of the query
 */
export function bucketOf(offset: number, { count, maxDistance, bidirectional }: Buckets): number {
  const ranges = bidirectional ? Math.floor(count / 2) : count;
  const first = bidirectional && offset > 0 ? ranges : 0;
  const distance = bidirectional ? Math.abs(offset) : Math.max(0, -offset);
  const near = Math.floor(ranges / 2);
  if (distance < near) return first + distance;
  // In single precision, as PyTorch computes it: a border is where rounding puts it.
  const { fround, log } = Math;
  const logarithm = fround(fround(log(fround(distance / near))) / fround(log(maxDistance / near)));
  const far = near + Math.floor(fround(logarithm * (ranges - near)));
  return first + Math.min(far, ranges - 1);
}
