// Top-1 dispatch of a mixture of experts: each token is computed once, by the expert it was routed to. Leaves out
// the router: how a token gets its number is the layer's business.
import { tf } from '@lilformer/engine';
import { compute, integers } from './memory.js';
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
  const rowsOf: number[][] = experts.map(() => []);
  integers(route).forEach((expert, row) => {
    if (!rowsOf[expert]) {
      throw new Error(
        `dispatchToExperts: row ${row} goes to expert ${expert}, expected 0 to ${experts.length - 1}`,
      );
    }
    rowsOf[expert].push(row);
  });
  if (x.shape[0] === 0) throw new Error('dispatchToExperts: no rows at all');
  const results = experts.map((expert, i) => expert(takeRows(x, rowsOf[i].length > 0 ? rowsOf[i] : [0])));
  return placeRows(results, rowsOf, x.shape[0]!);
}

/** Rows of x by number; the gradient goes back to where they came from. */
function takeRows(x: tf.Tensor, rows: readonly number[]): tf.Tensor {
  const width = x.shape[1]!;
  return tf.customGrad((input) => ({
    value: compute([input as tf.Tensor], [[rows.length, width]], ([from], [to]) => {
      rows.forEach((row, i) => to.set(from.subarray(row * width, (row + 1) * width), i * width));
    })[0],
    gradFunc: (dy: tf.Tensor) =>
      compute([dy], [x.shape], ([from], [to]) => {
        to.fill(0);
        rows.forEach((row, i) => {
          for (let j = 0; j < width; j++) to[row * width + j] += from[i * width + j];
        });
      })[0],
  }))(x);
}

/** The inverse: row i of part p becomes row rows[p][i] of [count, width]; surplus rows of a part are left out. */
function placeRows(
  parts: readonly tf.Tensor[],
  rows: readonly (readonly number[])[],
  count: number,
): tf.Tensor {
  const width = parts[0].shape[1]!;
  for (const part of parts) {
    if (part.rank !== 2 || part.shape[1] !== width) {
      throw new Error(
        `dispatchToExperts: an expert gave ${shapeText(part.shape)}, another ${shapeText(parts[0].shape)}`,
      );
    }
  }
  return tf.customGrad((...args) => {
    const inputs = args.slice(0, -1) as tf.Tensor[];
    return {
      value: compute(inputs, [[count, width]], (from, [to]) => {
        rows.forEach((list, part) =>
          list.forEach((row, i) => to.set(from[part].subarray(i * width, (i + 1) * width), row * width)),
        );
      })[0],
      gradFunc: (dy: tf.Tensor) =>
        compute([dy], parts.map((part) => part.shape) as [number[]], ([from], to: Float32Array[]) => {
          rows.forEach((list, part) => {
            to[part].fill(0);
            list.forEach((row, i) => to[part].set(from.subarray(row * width, (row + 1) * width), i * width));
          });
        }) as tf.Tensor[],
    };
  })(...parts);
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
