// Rows of a table by number, with those of a second table by place, and gradients that add into the rows that were
// taken. Leaves out padding indices.
import { tf, tidy } from '@lilformer/engine';
import { Bf16Matrix, type Weight } from './bf16-matrix.js';
import { differentiable } from './differentiable.js';
import { compute, integers, nativeKernels, type Floats } from './memory.js';
import { oneHotRows, shapeText } from './shapes.js';

/**
 * Takes rows of `weight`: `nn.Embedding` of PyTorch.
 *
 * The gradient is a scatter-add of its own, as tfjs's wasm engine has none.
 *
 * @param ids int32, any shape such as [B, T]
 * @param weight [V, D]; one in bf16 gets no gradient
 * @returns [..., D]
 * @throws Error naming the first id outside 0 … V-1.
 */
export function embedding(ids: tf.Tensor, weight: Weight): tf.Tensor {
  check(ids, weight);
  if (weight instanceof Bf16Matrix) {
    const rows = integers(ids).slice();
    checkIds(rows, weight.shape[0]);
    return compute([], [[...ids.shape, weight.shape[1]]], (_, [y]) => weight.copyRows(rows, y))[0];
  }
  return differentiable(
    'embedding',
    [weight],
    (save) => {
      save?.(ids);
      return takeRows(ids, weight);
    },
    (dy, [ids]) => [scatter(ids, dy, weight.shape[0]!)[0]],
  );
}

/** The specification of `embedding`: a product with one-hot rows. */
export function embeddingReference(ids: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  check(ids, weight);
  const [vocabSize, width] = weight.shape as [number, number];
  const numbers = integers(ids);
  checkIds(numbers, vocabSize);
  const rows = oneHotRows(numbers, vocabSize);
  return tf.reshape(tf.matMul(rows, weight as tf.Tensor2D), [...ids.shape, width]);
}

/**
 * Takes rows of `weight` and adds to each the row of its place: token t of a sequence gets row `first` + t of
 * `positions`.
 *
 * @param ids int32 [B, T]
 * @param weight [V, D]; one in bf16 gets no gradient
 * @param positions [L, D], L ≥ first + T; one in bf16 gets no gradient
 * @param first place of the first token
 * @returns [B, T, D]
 * @throws Error naming the first id outside 0 … V-1, or when there are more tokens than positions.
 */
export function embeddingWithPositions(
  ids: tf.Tensor,
  weight: Weight,
  positions: Weight,
  first = 0,
): tf.Tensor {
  checkPositions(ids, weight, positions, first);
  if (weight instanceof Bf16Matrix || positions instanceof Bf16Matrix) {
    const places = Array.from({ length: ids.shape[1]! }, (_, i) => first + i);
    return tidy(() => tf.add(embedding(ids, weight), embedding(tf.tensor1d(places, 'int32'), positions)));
  }
  return differentiable(
    'embeddingWithPositions',
    [weight, positions],
    (save) => {
      save?.(ids);
      return takeRows(ids, weight, { positions, first });
    },
    (dy, [ids]) => scatter(ids, dy, weight.shape[0]!, { length: positions.shape[0]!, first }),
  );
}

/** The specification of `embeddingWithPositions`. */
export function embeddingWithPositionsReference(
  ids: tf.Tensor,
  weight: tf.Tensor,
  positions: tf.Tensor,
  first = 0,
): tf.Tensor {
  checkPositions(ids, weight, positions, first);
  return tf.add(embeddingReference(ids, weight), tf.slice(positions, [first, 0], [ids.shape[1]!, -1]));
}

function takeRows(
  ids: tf.Tensor,
  weight: tf.Tensor,
  places?: { positions: tf.Tensor; first: number },
): tf.Tensor {
  const [vocabSize, width] = weight.shape as [number, number];
  const native = nativeKernels();
  if (!native) checkIds(integers(ids), vocabSize);
  const tokens = ids.size;
  const period = places ? ids.shape[1]! : 0;
  const start = (places?.first ?? 0) * width;
  const [y] = compute(
    places ? [weight, places.positions] : [weight],
    [[...ids.shape, width]],
    ([table, positions]: (Floats | undefined)[], [to]) => {
      const rows = integers(ids); // here, since an engine's arrays may move when a tensor is made
      const added = positions?.subarray(start, start + period * width);
      if (native) {
        if (native.embeddingForward(rows, table!, added, to, tokens, vocabSize, period, width) >= 0) {
          checkIds(rows, vocabSize);
        }
        return;
      }
      for (let i = 0; i < tokens; i++) {
        to.set(table!.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
        if (!added) continue;
        const place = (i % period) * width;
        for (let j = 0; j < width; j++) to[i * width + j] += added[place + j];
      }
    },
  );
  return y;
}

/** Gradients: of the table, and of the positions where there are some. */
function scatter(
  ids: tf.Tensor,
  dy: tf.Tensor,
  vocabSize: number,
  places?: { length: number; first: number },
): tf.Tensor[] {
  const width = dy.shape.at(-1)!;
  const period = places ? ids.shape[1]! : 0;
  const start = (places?.first ?? 0) * width;
  const native = nativeKernels();
  const shapes = [[vocabSize, width], ...(places ? [[places.length, width]] : [])];
  return compute([dy], shapes, ([from], [table, positions]: (Floats | undefined)[]) => {
    const rows = integers(ids);
    const end = start + period * width;
    const added = period > 0 ? positions?.subarray(start, end) : undefined;
    positions?.fill(0, 0, start).fill(0, end);
    if (native) {
      native.embeddingBackward(rows, from, table!, added, rows.length, vocabSize, period, width);
      return;
    }
    table!.fill(0);
    added?.fill(0);
    for (let i = 0; i < rows.length; i++) {
      const offset = rows[i] * width;
      for (let j = 0; j < width; j++) table![offset + j] += from[i * width + j];
      if (!added) continue;
      const place = (i % period) * width;
      for (let j = 0; j < width; j++) added[place + j] += from[i * width + j];
    }
  });
}

function check(ids: tf.Tensor, weight: Weight): void {
  if (weight.rank !== 2) {
    throw new Error(`embedding: weight ${shapeText(weight.shape)}, expected [V, D]`);
  }
  if (ids.dtype !== 'int32') throw new Error(`embedding: ids of type ${ids.dtype}, expected int32`);
}

function checkPositions(ids: tf.Tensor, weight: Weight, positions: Weight, first: number): void {
  check(ids, weight);
  const fits = ids.rank === 2 && positions.rank === 2 && positions.shape[1] === weight.shape[1];
  if (!fits || !Number.isInteger(first) || first < 0 || first + ids.shape[1]! > positions.shape[0]!) {
    throw new Error(
      `embeddingWithPositions: ids ${shapeText(ids.shape)} from place ${first} on and positions ` +
        `${shapeText(positions.shape)}, expected [B, T] and [L, D = ${weight.shape[1]}] with room for all places`,
    );
  }
}

function checkIds(ids: Int32Array, vocabSize: number): void {
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] >= 0 && ids[i] < vocabSize) continue;
    throw new Error(
      `embedding: id ${ids[i]} at position ${i}, expected 0 to ${vocabSize - 1} (a vocabulary of ${vocabSize}); ` +
        'is the tokenizer the one that the model was made for?',
    );
  }
}
