// Top-1 dispatch of a mixture of experts: each token is computed by one expert. The router is a layer.
import { differentiable, tf } from '@lilformer/engine';
import { compute, dispatch, integers } from '../support/kernels.js';
import { shapeText } from '../support/shapes.js';

/** One expert, [n, C] to [n, D]. */
export type Expert = (rows: tf.Tensor) => tf.Tensor;

/**
 * Applies to each row of x the expert that `route` names.
 *
 * An expert without rows runs on one row whose result is dropped, so that its weights get gradients of zero.
 *
 * @param x [N, C]
 * @param route int32 [N], 0 … experts-1; it gets no gradient
 * @returns [N, D], in the order of x
 * @throws Error naming the first route that is no expert.
 */
export function dispatchToExperts(x: tf.Tensor, route: tf.Tensor, experts: readonly Expert[]): tf.Tensor {
  if (x.rank !== 2 || route.rank !== 1 || route.shape[0] !== x.shape[0] || route.dtype !== 'int32') {
    throw new Error(
      `dispatchToExperts: x ${shapeText(x.shape)} and route ${route.dtype} ${shapeText(route.shape)}, ` +
        'expected [N, C] and int32 [N]',
    );
  }
  if (x.shape[0] === 0) throw new Error('dispatchToExperts: x has no rows, expected at least one');
  const plan = makePlan(integers(route), experts.length);
  const parts = takeRows(x, plan);
  return putRows(
    experts.map((expert, i) => expert(parts[i])),
    plan,
  );
}

/** Where rows go. Sorted rows are those of the first expert, then those of the second, and so on. */
interface Plan {
  /** Number of rows of each expert, at least 1. */
  counts: number[];
  /** The row of x of each sorted row; -1 for a row whose result is dropped. */
  order: Int32Array;
  /** The inverse: the sorted row of each row of x. */
  inverse: Int32Array;
}

function makePlan(route: Int32Array, experts: number): Plan {
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
  const inverse = new Int32Array(route.length);
  for (let row = 0; row < route.length; row++) {
    const sorted = next[route[row]]++;
    order[sorted] = row;
    inverse[row] = sorted;
  }
  return { counts, order, inverse };
}

/** The rows of each expert. */
function takeRows(x: tf.Tensor, { counts, order, inverse }: Plan): tf.Tensor[] {
  const width = x.shape[1]!;
  const shapes = counts.map((count) => [count, width]);
  const index = order.map((row) => Math.max(row, 0));
  return differentiable(
    'dispatchToExperts',
    [x],
    () => gatherRows([x], index, shapes),
    (dys) => {
      const parts = dys.map((dy, i) => dy ?? tf.zeros(shapes[i]));
      return gatherRows(parts, inverse, [x.shape]);
    },
  );
}

/** The results of the experts in the order of x. */
function putRows(parts: readonly tf.Tensor[], { counts, order, inverse }: Plan): tf.Tensor {
  const width = parts[0].shape[1]!;
  parts.forEach((part, i) => {
    if (part.rank === 2 && part.shape[0] === counts[i] && part.shape[1] === width) return;
    throw new Error(
      `dispatchToExperts: expert ${i} returned ${shapeText(part.shape)} for ${counts[i]} rows, ` +
        `expert 0 ${shapeText(parts[0].shape)}; expected one row for each, all of one width`,
    );
  });
  const shapes = parts.map(({ shape }) => shape);
  return differentiable(
    'dispatchToExperts',
    parts,
    () => gatherRows(parts, inverse, [[inverse.length, width]])[0],
    (dy) => gatherRows([dy], order, shapes),
  );
}

/** Matrices of these shapes from the rows `index` of all matrices `from`; zeros for a negative index. */
function gatherRows(from: readonly tf.Tensor[], index: Int32Array, shapes: readonly number[][]): tf.Tensor[] {
  const width = from[0].shape[1]!;
  return dispatch(
    (kernels) => compute(from, shapes, (from, to) => kernels.gatherRows({ from, index, to, width })),
    () => {
      const all = tf.concat([...from, tf.zeros([1, width])], 0); // the last row is zeros
      const rows = index.map((row) => (row < 0 ? all.shape[0]! - 1 : row));
      const counts = shapes.map(([count]) => count);
      return tf.split(tf.gather(all, tf.tensor1d(rows, 'int32')), counts);
    },
  );
}
