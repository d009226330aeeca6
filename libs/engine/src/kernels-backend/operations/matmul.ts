// Matrix products of float32 tensors, with fused bias and activation. Other types, and biases that are not a row, are left
// to cpu's kernels.
import { tf } from '../../tf.js';
import { floats, sizeOf, type Call, type Operations } from './operation.js';

/** The kernels' numbers for fused activations. */
const ACTIVATION = { linear: 0, relu: 1, sigmoid: 2 } as const;

/** tfjs's kernels for activations that are not fused. */
const SEPARATE: Readonly<Record<string, string>> = {
  elu: 'Elu',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
  relu6: 'Relu6',
};

interface Product {
  readonly aOf: Int32Array;
  readonly bOf: Int32Array;
  readonly aCount: number;
  readonly bCount: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/**
 * The shape of the result, and how it is computed unless it is empty.
 *
 * @throws tfjs's error if the shapes do not match
 */
function plan(
  a: number[],
  b: number[],
  transposeA: boolean,
  transposeB: boolean,
): { shape: number[]; product?: Product } {
  const [aRows, aColumns] = a.slice(-2);
  const [bRows, bColumns] = b.slice(-2);
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  tf.util.assert(
    k === inner,
    () =>
      `Error in matMul: inner shapes (${k}) and (${inner}) of Tensors with shapes ${a} and ${b} and ` +
      `transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
  const aBatch = a.slice(0, -2);
  const bBatch = b.slice(0, -2);
  const batch = tf.backend_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const shape = [...batch, m, n];
  if (sizeOf(shape) === 0) return { shape };
  const aCount = sizeOf(aBatch);
  const bCount = sizeOf(bBatch);
  if (bCount === 1 && !transposeA) {
    // One product over the rows of all matrices of a.
    const one = new Int32Array(1);
    return { shape, product: { aOf: one, bOf: one, aCount: 1, bCount: 1, m: aCount * m, n, k } };
  }
  const [aOf, bOf] = [numbers(aBatch, batch), numbers(bBatch, batch)];
  return { shape, product: { aOf, bOf, aCount, bCount, m, n, k } };
}

/** Index of the matrix of a batch of this shape for each matrix of the broadcast batch. */
function numbers(shape: number[], batch: number[]): Int32Array {
  const of = new Int32Array(sizeOf(batch));
  if (sizeOf(shape) === of.length) return of.map((_, i) => i);
  const missing = batch.length - shape.length;
  const strides = batch.map((_, d) =>
    d < missing || shape[d - missing] === 1 ? 0 : sizeOf(shape.slice(d - missing + 1)),
  );
  for (let i = 0; i < of.length; i++) {
    let rest = i;
    for (let d = batch.length - 1; d >= 0; d--) {
      of[i] += (rest % batch[d]) * strides[d];
      rest = Math.floor(rest / batch[d]);
    }
  }
  return of;
}

function multiply(
  { inputs: { a, b, bias }, attrs, backend }: Call,
  activation: number,
): tf.TensorInfo | undefined {
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const transposeA = Boolean(attrs?.transposeA);
  const transposeB = Boolean(attrs?.transposeB);
  const { shape, product } = plan(a.shape, b.shape, transposeA, transposeB);
  if (!product) return backend.output(shape, 'float32');
  const { aOf, bOf, aCount, bCount, m, n, k } = product;
  if (bias && (bias.dtype !== 'float32' || sizeOf(bias.shape) !== n || bias.shape.at(-1) !== n))
    return undefined;
  const c = backend.output(shape, 'float32');
  backend.kernels.matmul({
    a: floats(backend, a),
    b: floats(backend, b),
    bias: bias && floats(backend, bias),
    c: floats(backend, c),
    aOf,
    bOf,
    aCount,
    bCount,
    m,
    n,
    k,
    aTransposed: transposeA,
    bTransposed: transposeB,
    activation,
  });
  return c;
}

export const products: Operations = {
  BatchMatMul: (call) => multiply(call, ACTIVATION.linear),
  _FusedMatMul: (call) => {
    const { activation = 'linear', leakyreluAlpha } = call.attrs as {
      activation?: string;
      leakyreluAlpha: number;
    };
    if (activation in ACTIVATION) return multiply(call, ACTIVATION[activation as keyof typeof ACTIVATION]);
    const kernel = tf.getKernel(SEPARATE[activation], call.backend.name);
    const x = kernel && multiply(call, ACTIVATION.linear);
    if (!x) return undefined;
    const y = kernel.kernelFunc({
      inputs: { x, alpha: call.inputs.preluActivationWeights },
      attrs: { alpha: leakyreluAlpha },
      backend: call.backend,
    });
    call.backend.disposeData(x.dataId);
    return y;
  },
};
