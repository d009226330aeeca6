// Top-1 dispatch of a mixture of experts: each token is computed once, by the expert it was routed to. Leaves out
// the router: how a token gets its number is the layer's business.
import { tf } from '@lilformer/engine';
import { differentiable } from './differentiable.js';
import { compute, integers, nativeKernels, type Floats } from './memory.js';
import { shapeText } from './shapes.js';

/** One expert: rows in, rows out, [n, D] to [n, E]. Its own weights are reached through the closure. */
export type Expert = (rows: tf.Tensor) => tf.Tensor;

/**
 * Sends each row of x through the expert that `route` names, and puts the results back in the rows' order.
 *
 * An expert that no row was routed to runs on one row that counts for nothing, so that its weights get a gradient
 * of zeros rather than none.
 *
 * @param x [N, D]
 * @param route int32 [N], 0 … experts-1; no gradient goes through it
 * @returns [N, E]
 * @throws Error naming the first route that is no expert.
 */
export function dispatchToExperts(x: tf.Tensor, route: tf.Tensor, experts: readonly Expert[]): tf.Tensor {
  if (x.rank !== 2 || route.rank !== 1 || route.shape[0] !== x.shape[0] || route.dtype !== 'int32') {
    throw new Error(
      `dispatchToExperts: x ${shapeText(x.shape)} and route ${route.dtype} ${shapeText(route.shape)}, ` +
        'expected [N, D] and int32 [N]',
    );
  }
  if (x.shape[0] === 0) throw new Error('dispatchToExperts: no rows at all');
  const plan = planOf(integers(route), experts.length);
  const parts = takeRows(x, plan);
  const results = experts.map((expert, i) => expert(parts[i]));
  return placeRows(results, plan);
}

/** Which row goes where. Rows in the experts' order are all rows of the first expert, then those of the second … */
interface Plan {
  /** Rows that each expert gets: at least one. */
  counts: number[];
  /** For each row in the experts' order the row of x; -1 for one that counts for nothing. */
  order: Int32Array;
  /** For each row of x its place in the experts' order. */
  places: Int32Array;
}

function planOf(route: Int32Array, experts: number): Plan {
  const counts = new Array<number>(experts).fill(0);
  for (let row = 0; row < route.length; row++) {
    const expert = route[row];
    if (!(expert >= 0 && expert < experts)) {
      throw new Error(`dispatchToExperts: row ${row} goes to expert ${expert}, expected 0 to ${experts - 1}`);
    }
    counts[expert]++;
  }
  for (let expert = 0; expert < experts; expert++) counts[expert] ||= 1;
  let end = 0;
  const next = counts.map((count) => (end += count) - count);
  const order = new Int32Array(end).fill(-1);
  const places = new Int32Array(route.length);
  for (let row = 0; row < route.length; row++) {
    const place = next[route[row]]++;
    order[place] = row;
    places[row] = place;
  }
  return { counts, order, places };
}

/** The rows that each expert gets; the gradient goes back to where they came from. */
function takeRows(x: tf.Tensor, { counts, order, places }: Plan): tf.Tensor[] {
  const width = x.shape[1]!;
  const shapes = counts.map((count) => [count, width]);
  const taken = order.map((row) => Math.max(row, 0)); // what counts for nothing is computed on the first row
  return differentiable(
    'dispatchToExperts',
    [x],
    () => gather([x], taken, shapes, width),
    (dys) => {
      const parts = dys.map((dy, i) => dy ?? tf.zeros(shapes[i]));
      return [gather(parts, places, [x.shape], width)[0]];
    },
  );
}

/** The inverse: all rows back in the order of x, without those that count for nothing. */
function placeRows(parts: readonly tf.Tensor[], { counts, order, places }: Plan): tf.Tensor {
  const width = parts[0].shape[1]!;
  parts.forEach((part, i) => {
    if (part.rank === 2 && part.shape[0] === counts[i] && part.shape[1] === width) return;
    throw new Error(
      `dispatchToExperts: expert ${i} gave ${shapeText(part.shape)} for ${counts[i]} rows, ` +
        `expert 0 ${shapeText(parts[0].shape)}; expected a row for each, all of one width`,
    );
  });
  return differentiable(
    'dispatchToExperts',
    parts,
    () => gather(parts, places, [[places.length, width]], width)[0],
    (dy) =>
      gather(
        [dy],
        order,
        parts.map(({ shape }) => shape),
        width,
      ),
  );
}

/**
 * Matrices of these shapes whose rows, counted through, are the rows `index` of the matrices `from`, counted likewise;
 * zeros where that is negative.
 */
function gather(
  from: readonly tf.Tensor[],
  index: Int32Array,
  shapes: readonly number[][],
  width: number,
): tf.Tensor[] {
  const native = nativeKernels();
  return compute(from, shapes, (from, to) => {
    if (native) native.gatherRows(from, index, to, width);
    else gatherRows(from, index, to, width);
  });
}

function gatherRows(from: readonly Floats[], index: Int32Array, to: readonly Floats[], width: number): void {
  const rows = from.flatMap((matrix) =>
    Array.from({ length: matrix.length / width }, (_, row) =>
      matrix.subarray(row * width, (row + 1) * width),
    ),
  );
  let place = 0;
  for (const matrix of to) {
    for (let start = 0; start < matrix.length; start += width) {
      const row = index[place++];
      if (row < 0) matrix.fill(0, start, start + width);
      else matrix.set(rows[row], start);
    }
  }
}

/** The specification of `dispatchToExperts`: every expert on every row, and a sum weighted by one-hot routes. */
export function dispatchToExpertsReference(
  x: tf.Tensor,
  route: tf.Tensor,
  experts: readonly Expert[],
): tf.Tensor {
  const outputs = experts.map((expert, i) => {
    const chosen = tf.cast(tf.equal(route, tf.scalar(i, 'int32')), 'float32');
    return tf.mul(expert(x), tf.expandDims(chosen, 1));
  });
  return outputs.reduce((sum, output) => tf.add(sum, output));
}
