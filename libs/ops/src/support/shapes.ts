// Checks of shapes, and one-hot rows for the references.
import { tf } from '@lilformer/engine';

/** `[2, 3]` */
export function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.join(', ')}]`;
}

/** Throws unless `tensor` has this shape; `null` stands for any size. */
export function expectShape(
  where: string,
  tensor: { readonly shape: readonly number[] },
  expected: readonly (number | null)[],
  names: readonly string[],
): void {
  const fits =
    tensor.shape.length === expected.length &&
    expected.every((size, i) => size === null || size === tensor.shape[i]);
  if (fits) return;
  const wanted = expected.map((size, i) =>
    size === null ? names[i] : names[i] ? `${names[i]} = ${size}` : size,
  );
  throw new Error(`${where}: shape ${shapeText(tensor.shape)}, expected ${shapeText(wanted)}`);
}

/** The number of rows of length `tensor.shape.at(-1)`. */
export function rowCount(tensor: tf.Tensor): number {
  return tf.util.sizeFromShape(tensor.shape.slice(0, -1));
}

/** One-hot rows [n, classes], zeros for an id that is no class. Unlike tf.oneHot it takes a single class. */
export function oneHotRows(ids: Int32Array, classes: number): tf.Tensor2D {
  const rows = new Float32Array(ids.length * classes);
  ids.forEach((id, row) => {
    if (id >= 0 && id < classes) rows[row * classes + id] = 1;
  });
  return tf.tensor2d(rows, [ids.length, classes]);
}
