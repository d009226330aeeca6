// Lookup of embedding rows, and of position embeddings added to them. Has no padding index.
import { differentiable, tf, tidy } from '@lilformer/engine';
import { Bf16Matrix, type Weight } from '../linear/bf16-matrix.js';
import { compute, dispatch, integers } from '../support/kernels.js';
import { shapeText } from '../support/shapes.js';

/**
 * Looks up rows of `weight`; `F.embedding` of PyTorch.
 *
 * @param ids int32, any shape such as [B, T]
 * @param weight [V, C]; a Bf16Matrix gets no gradient
 * @returns [..., C]
 * @throws Error naming the first id outside 0 … V-1.
 */
export function embedding(ids: tf.Tensor1D, weight: Weight): tf.Tensor2D;
export function embedding(ids: tf.Tensor2D, weight: Weight): tf.Tensor3D;
export function embedding(ids: tf.Tensor, weight: Weight): tf.Tensor;
export function embedding(ids: tf.Tensor, weight: Weight): tf.Tensor {
  check(ids, weight);
  if (weight instanceof Bf16Matrix) {
    const rows = integers(ids).slice();
    checkIds(rows, weight.shape[0]);
    const values = new Float32Array(rows.length * weight.shape[1]);
    weight.copyRows(rows, values);
    return tf.tensor(values, [...ids.shape, weight.shape[1]]);
  }
  return lookup(ids, weight);
}

/**
 * Looks up rows of `weight` and adds position embeddings: token t of a sequence gets row `first` + t of `positions`.
 *
 * @param ids int32 [B, T]
 * @param weight [V, C]; a Bf16Matrix gets no gradient
 * @param positions [L, C], L ≥ first + T; a Bf16Matrix gets no gradient
 * @param first position of the first token
 * @returns [B, T, C]
 * @throws Error naming the first id outside 0 … V-1, or when there are more tokens than positions.
 */
export function embeddingWithPositions(
  ids: tf.Tensor,
  weight: Weight,
  positions: Weight,
  first = 0,
): tf.Tensor3D {
  check(ids, weight);
  checkPositions(ids, weight, positions, first);
  if (weight instanceof Bf16Matrix || positions instanceof Bf16Matrix) {
    const range = Array.from({ length: ids.shape[1]! }, (_, i) => first + i);
    return tidy(() =>
      tf.add(embedding(ids, weight), embedding(tf.tensor1d(range, 'int32'), positions)),
    ) as tf.Tensor3D;
  }
  return dispatch(
    () => lookup(ids, weight, positions, first),
    () => tf.add(lookup(ids, weight), tf.slice(positions, [first, 0], [ids.shape[1]!, -1])),
  ) as tf.Tensor3D;
}

function lookup(ids: tf.Tensor, weight: tf.Tensor, positions?: tf.Tensor, first = 0): tf.Tensor {
  const [vocabSize, width] = weight.shape as [number, number];
  const period = positions ? ids.shape[1]! : 0;
  const sizes = { tokens: ids.size, rows: vocabSize, period, width };
  const range = [first * width, (first + period) * width] as const; // of the positions in use
  return differentiable(
    'embedding',
    positions ? [weight, positions] : [weight],
    (save) => {
      save?.(ids);
      const rows = integers(ids);
      return dispatch(
        (kernels) =>
          compute([weight, positions], [[...ids.shape, width]], ([table, positions], [y]) => {
            const places = positions?.subarray(...range);
            const invalid = kernels.embeddingForward({ ids: rows, table, places, y, ...sizes });
            if (invalid >= 0) checkIds(rows, vocabSize);
          })[0],
        () => {
          checkIds(rows, vocabSize);
          return tf.reshape(tf.gather(weight, tf.reshape(ids, [ids.size])), [...ids.shape, width]);
        },
      );
    },
    (dy, [ids]) => {
      const rows = integers(ids);
      return dispatch<tf.Tensor[]>(
        (kernels) => {
          const [dTable, dPositions] = compute(
            [dy],
            [weight.shape, positions?.shape],
            ([dy], [table, positions]) => {
              positions?.fill(0, 0, range[0]).fill(0, range[1]);
              const dPlaces = period > 0 ? positions?.subarray(...range) : undefined;
              kernels.embeddingBackward({ ids: rows, dy, dTable: table, dPlaces, ...sizes });
            },
          );
          return dPositions ? [dTable, dPositions] : [dTable];
        },
        () => [scatterAdd(rows, dy, vocabSize)],
      );
    },
  );
}

/** The sum of the rows of dy [..., C] that belong to each id, [V, C]. */
function scatterAdd(ids: Int32Array, dy: tf.Tensor, vocabSize: number): tf.Tensor {
  const width = dy.shape.at(-1)!;
  const rows = dy.dataSync();
  const sums = new Float32Array(vocabSize * width);
  for (let i = 0; i < ids.length; i++) {
    for (let j = 0; j < width; j++) sums[ids[i] * width + j] += rows[i * width + j];
  }
  return tf.tensor(sums, [vocabSize, width]);
}

function check(ids: tf.Tensor, weight: Weight): void {
  if (weight.rank !== 2) {
    throw new Error(`embedding: weight ${shapeText(weight.shape)}, expected [V, C]`);
  }
  if (ids.dtype !== 'int32') throw new Error(`embedding: ids of type ${ids.dtype}, expected int32`);
}

function checkPositions(ids: tf.Tensor, weight: Weight, positions: Weight, first: number): void {
  const fits = ids.rank === 2 && positions.rank === 2 && positions.shape[1] === weight.shape[1];
  if (!fits || !Number.isInteger(first) || first < 0 || first + ids.shape[1]! > positions.shape[0]!) {
    throw new Error(
      `embeddingWithPositions: ids ${shapeText(ids.shape)} from position ${first} and positions ` +
        `${shapeText(positions.shape)}, expected [B, T] and [L, C = ${weight.shape[1]}] with L of at least ` +
        'the first position + T',
    );
  }
}

function checkIds(ids: Int32Array, vocabSize: number): void {
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] >= 0 && ids[i] < vocabSize) continue;
    throw new Error(
      `embedding: id ${ids[i]} at position ${i}, expected 0 to ${vocabSize - 1} (a vocabulary of ${vocabSize}). ` +
        'Check that the tokenizer belongs to the model.',
    );
  }
}
