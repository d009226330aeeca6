// Matrices on top of each other, so that several maps of one input are one product.
import { tf } from '@lilformer/engine';
import { differentiable } from './differentiable.js';
import { compute, hasVisibleMemory } from './memory.js';
import { shapeText } from './shapes.js';

/**
 * The rows of the first matrix, then those of the second, and so on.
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
  if (!hasVisibleMemory()) return stackRowsReference(matrices);
  const rows = matrices.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const starts = matrices.map((_, i) => matrices.slice(0, i).reduce((sum, { size }) => sum + size, 0));
  return differentiable(
    'stackRows',
    matrices,
    () =>
      compute(matrices, [[rows, columns!]], (parts, [stacked]) => {
        parts.forEach((part, i) => stacked.set(part, starts[i]));
      })[0],
    (dy) =>
      matrices.map(
        ({ shape, size }, i) =>
          (): tf.Tensor =>
            compute([dy], [shape], ([dy], [part]) => part.set(dy.subarray(starts[i], starts[i] + size)))[0],
      ),
  );
}

/** The specification of `stackRows`. */
export function stackRowsReference(matrices: readonly tf.Tensor[]): tf.Tensor {
  return tf.concat([...matrices], 0);
}
