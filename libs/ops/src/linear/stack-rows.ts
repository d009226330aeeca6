// Stacked matrices, so that several projections of one input are one product.
import { differentiable, tf } from '@lilformer/engine';
import { compute, dispatch } from '../support/kernels.js';
import { shapeText } from '../support/shapes.js';

/**
 * Concatenates matrices along the rows.
 *
 * @param matrices at least one, each [rows, columns] with the same columns
 * @returns [sum of the rows, columns]
 * @throws Error when the columns differ
 */
export function stackRows(matrices: readonly tf.Tensor[]): tf.Tensor {
  const columns = matrices[0]?.shape.at(-1);
  if (matrices.length === 0 || matrices.some(({ rank, shape }) => rank !== 2 || shape[1] !== columns)) {
    const given = matrices.map(({ shape }) => shapeText(shape)).join(', ');
    throw new Error(`stackRows: shapes ${given || 'none'}, expected matrices of equally many columns`);
  }
  const rows = matrices.reduce((sum, { shape }) => sum + shape[0]!, 0);
  return dispatch(
    () =>
      differentiable(
        'stackRows',
        matrices,
        () =>
          compute(matrices, [[rows, columns!]], (parts, [stacked]) => {
            let start = 0;
            for (const part of parts) {
              stacked.set(part, start);
              start += part.length;
            }
          })[0],
        (dy) =>
          compute(
            [dy],
            matrices.map(({ shape }) => shape),
            ([dy], parts) => {
              let start = 0;
              for (const part of parts) part.set(dy.subarray(start, (start += part.length)));
            },
          ),
      ),
    () => tf.concat([...matrices], 0),
  );
}
