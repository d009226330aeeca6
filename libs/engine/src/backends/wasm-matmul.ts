// Transposed and batched matrix products for TensorFlow.js's wasm backend. Its own kernel uses XNNPACK (20 to 30 GFLOP/s
// on one core) for one plain matrix only, and a loop of 1 GFLOP/s for all else.
import { tf } from '../tf.js';

interface WasmBackend extends tf.KernelBackend {
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
}

/** Up to this many rows of a, one pass over b in place beats transposing and packing it. */
const FEW_ROWS = 8;

/** Replaces the backend's BatchMatMul kernel. Call it once the backend is set. */
export function replaceMatMul(): void {
  const original = tf.getKernel('BatchMatMul', 'wasm');
  if (original.kernelFunc === batchMatMul) return;
  xnnpack = original.kernelFunc;
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({ ...original, kernelFunc: batchMatMul });
}

let xnnpack: tf.KernelFunc;

function batchMatMul(params: Parameters<tf.KernelFunc>[0]): tf.TensorInfo {
  const { a, b } = params.inputs as Record<'a' | 'b', tf.TensorInfo>;
  const { transposeA, transposeB } = params.attrs as unknown as Record<'transposeA' | 'transposeB', boolean>;
  const backend = params.backend as WasmBackend;
  const batchShape = a.shape.slice(0, -2);
  const batch = tf.util.sizeFromShape(batchShape);
  const [m, k] = orient(a.shape, transposeA);
  const [, n] = orient(b.shape, transposeB);
  if (batch * m * n * k === 0) return zeros(backend, [...batchShape, m, n]); // XNNPACK rejects empty matrices
  const plain = !transposeA && (!transposeB || m <= FEW_ROWS);
  if (!tf.util.arraysEqual(batchShape, b.shape.slice(0, -2)) || (batch === 1 && plain)) {
    return xnnpack(params) as tf.TensorInfo;
  }
  // XNNPACK packs its right side, several times as slowly as a transpose: Aᵀ B = (Bᵀ A)ᵀ lets it pack the smaller one.
  const swap = transposeA && k * n > k * m + (m * n) / 3;
  const c = backend.makeOutput([...batchShape, m, n], 'float32');
  for (let i = 0; i < batch; i++) {
    // Copies, because the packed form lives as long as the tensor does, whatever shape the next product reads it in.
    const inputs = swap
      ? { a: matrix(backend, b, i, !transposeB), b: matrix(backend, a, i, false) }
      : { a: matrix(backend, a, i, transposeA), b: matrix(backend, b, i, transposeB) };
    const attrs = { transposeA: false, transposeB: false };
    const product = xnnpack({ inputs, attrs, backend }) as tf.TensorInfo;
    const from = backend.typedArrayFromHeap(product);
    const to = backend.typedArrayFromHeap(c).subarray(i * m * n, (i + 1) * m * n);
    if (swap) transpose(from, to, n, m);
    else to.set(from);
    for (const { dataId } of [inputs.a, inputs.b, product]) backend.disposeData(dataId);
  }
  return c;
}

function zeros(backend: WasmBackend, shape: number[]): tf.TensorInfo {
  const info = backend.makeOutput(shape, 'float32');
  backend.typedArrayFromHeap(info).fill(0);
  return info;
}

function orient(shape: number[], transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

/** Matrix i of a batch as a tensor of its own, transposed if asked. */
function matrix(backend: WasmBackend, x: tf.TensorInfo, i: number, transposed: boolean): tf.TensorInfo {
  const [rows, columns] = x.shape.slice(-2);
  const copy = backend.makeOutput(transposed ? [columns, rows] : [rows, columns], 'float32');
  const size = rows * columns;
  const from = backend.typedArrayFromHeap(x).subarray(i * size, (i + 1) * size);
  const to = backend.typedArrayFromHeap(copy);
  if (transposed) transpose(from, to, rows, columns);
  else to.set(from);
  return copy;
}

/** Eight columns of a row at a time, so that both sides stay in the first-level cache. */
function transpose(from: Float32Array, to: Float32Array, rows: number, columns: number): void {
  for (let row0 = 0; row0 < rows; row0 += 8) {
    const row1 = Math.min(rows, row0 + 8);
    for (let column = 0; column < columns; column++) {
      for (let row = row0; row < row1; row++) to[column * rows + row] = from[row * columns + column];
    }
  }
}
