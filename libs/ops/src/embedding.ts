// Rows of a table by number, with a gradient that adds into the rows that were taken. Leaves out padding indices.
import { tf } from '@lilformer/engine';
import { compute, integers } from './memory.js';
import { oneHotRows, shapeText } from './shapes.js';

/**
 * Takes rows of `weight`: `nn.Embedding` of PyTorch.
 *
 * The gradient is a scatter-add of its own, as tfjs's wasm engine has none.
 *
 * @param ids int32, any shape such as [B, T]
 * @param weight [V, D]
 * @returns [..., D]
 * @throws Error naming the first id outside 0 … V-1.
 */
export function embedding(ids: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  if (weight.rank !== 2) {
    throw new Error(`embedding: weight ${shapeText(weight.shape)}, expected [V, D]`);
  }
  const [vocabSize, width] = weight.shape as [number, number];
  const rows = checkedIds(ids, vocabSize);
  return tf.customGrad((table) => ({
    value: compute([table as tf.Tensor], [[...ids.shape, width]], ([from], [to]) => {
      for (let i = 0; i < rows.length; i++) {
        to.set(from.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
      }
    })[0],
    gradFunc: (dy: tf.Tensor) =>
      compute([dy], [[vocabSize, width]], ([from], [to]) => {
        to.fill(0);
        for (let i = 0; i < rows.length; i++) {
          const offset = rows[i] * width;
          for (let j = 0; j < width; j++) to[offset + j] += from[i * width + j];
        }
      })[0],
  }))(weight);
}

/** The specification of `embedding`: a product with one-hot rows. */
export function embeddingReference(ids: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const [vocabSize, width] = weight.shape as [number, number];
  const rows = oneHotRows(checkedIds(ids, vocabSize), vocabSize);
  return tf.reshape(tf.matMul(rows, weight as tf.Tensor2D), [...ids.shape, width]);
}

/** A copy of the ids (the tensor may be gone when the gradient is asked for), all of them in range. */
function checkedIds(ids: tf.Tensor, vocabSize: number): Int32Array {
  if (ids.dtype !== 'int32') throw new Error(`embedding: ids of type ${ids.dtype}, expected int32`);
  const rows = integers(ids).slice();
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] < 0 || rows[i] >= vocabSize) {
      throw new Error(
        `embedding: id ${rows[i]} at position ${i}, expected 0 to ${vocabSize - 1} (a vocabulary of ${vocabSize}); ` +
          'is the tokenizer the one that the model was made for?',
      );
    }
  }
  return rows;
}
