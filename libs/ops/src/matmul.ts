// Products of two matrices, arranged for engines whose transposed products are slow. Leaves out batches.
import { tf } from '@lilformer/engine';
import { compute, hasVisibleMemory, type Floats } from './memory.js';

/** Multiplications below which a loop here is done before XNNPACK has packed its operands. */
const SMALL = 16_384;

/** Rows of a up to which reading b once, where it is, beats transposing and packing it: a token, or a few. */
const FEW_ROWS = 8;

/** What a product is followed by. */
export interface Epilogue {
  bias?: tf.Tensor;
  relu?: boolean;
}

/**
 * a · b of two matrices, either one transposed first, with a bias row and relu on the way out.
 *
 * tfjs's wasm engine multiplies plain matrices with XNNPACK at 20 to 30 GFLOP/s on one core, but runs a naive loop
 * at 1 GFLOP/s as soon as a transpose flag is set. So transposes are made explicitly. XNNPACK also packs b, several
 * times as slowly as a transpose runs: where aᵀ b = (bᵀ a)ᵀ leaves the choice, the smaller side is packed.
 */
export function matMul(
  a: tf.Tensor,
  b: tf.Tensor,
  transposeA = false,
  transposeB = false,
  epilogue: Epilogue = {},
): tf.Tensor {
  if (tf.getBackend() !== 'wasm') return plain(a, b, transposeA, transposeB, epilogue);
  if (transposeB && !transposeA && a.shape[0]! <= FEW_ROWS) return fewRows(a, b, epilogue);
  const right = transposeB ? transpose(b) : b;
  if (!transposeA) return plain(a, right, false, false, epilogue);
  const resultSize = a.shape[1]! * right.shape[1]!;
  const turned = !epilogue.bias && right.size > a.size + resultSize / 3;
  return turned
    ? transpose(plain(transpose(right), copy(a), false, false, epilogue))
    : plain(transpose(a), transposeB ? right : copy(right), false, false, epilogue);
}

/**
 * A matrix to be packed and forgotten. XNNPACK's packed form lives as long as the memory of b does and is found
 * again by it, whatever the shape: good for weights, but activations would stay twice in memory, and one seen in two
 * shapes would give wrong products.
 */
function copy(x: tf.Tensor): tf.Tensor {
  return compute([x], [x.shape], ([from], [to]) => to.set(from))[0];
}

/** a · bᵀ by the engine's naive loop. It gives wrong sums when it has to add the bias too, so that comes after. */
function fewRows(a: tf.Tensor, b: tf.Tensor, { bias, relu }: Epilogue): tf.Tensor {
  const product = plain(a, b, false, true, {});
  const sum = bias ? tf.add(product, bias) : product;
  return relu ? tf.relu(sum) : sum;
}

function plain(
  a: tf.Tensor,
  b: tf.Tensor,
  transposeA: boolean,
  transposeB: boolean,
  { bias, relu }: Epilogue,
): tf.Tensor {
  const rows = a.shape[transposeA ? 1 : 0]!;
  const columns = b.shape[transposeB ? 0 : 1]!;
  if (rows * columns * a.size === 0) return tf.zeros([rows, columns]); // XNNPACK refuses empty matrices
  if (columns * a.size < SMALL && !transposeA && !transposeB && !bias && !relu) return smallProduct(a, b);
  return tf.fused.matMul({
    a: a as tf.Tensor2D,
    b: b as tf.Tensor2D,
    transposeA,
    transposeB,
    bias,
    activation: relu ? 'relu' : 'linear',
  });
}

function smallProduct(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [rows, inner] = a.shape as [number, number];
  const columns = b.shape[1]!;
  return compute([a, b], [[rows, columns]], ([a, b], [product]) => {
    const sums = new Float64Array(columns);
    for (let row = 0; row < rows; row++) {
      sums.fill(0);
      for (let k = 0; k < inner; k++) {
        const factor = a[row * inner + k];
        for (let column = 0; column < columns; column++) sums[column] += factor * b[k * columns + column];
      }
      product.set(sums, row * columns);
    }
  })[0];
}

/** The transpose of a matrix. */
export function transpose(x: tf.Tensor): tf.Tensor {
  if (!hasVisibleMemory()) return tf.transpose(x);
  const [rows, columns] = x.shape as [number, number];
  return compute([x], [[columns, rows]], ([from], [to]) => transposeLoop(from, to, rows, columns))[0];
}

/** Eight by eight at a time, so that both sides stay in the first cache. */
function transposeLoop(from: Floats, to: Floats, rows: number, columns: number): void {
  const tile = 8;
  for (let row0 = 0; row0 < rows; row0 += tile) {
    const row1 = Math.min(rows, row0 + tile);
    for (let column0 = 0; column0 < columns; column0 += tile) {
      const column1 = Math.min(columns, column0 + tile);
      for (let column = column0; column < column1; column++) {
        for (let row = row0; row < row1; row++) to[column * rows + row] = from[row * columns + column];
      }
    }
  }
}
