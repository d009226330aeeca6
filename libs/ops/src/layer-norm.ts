// Layer normalisation over the last dimension (Ba, Kiros and Hinton, arXiv:1607.06450), alone and after a residual
// connection.
import { isRecording, tf } from '@lilformer/engine';
import { differentiable } from './differentiable.js';
import type { Again } from './kept.js';
import { compute, hasVisibleMemory, nativeKernels, type Floats } from './memory.js';
import { residual, residualReference } from './residual.js';
import { expectShape, rowCount } from './shapes.js';

/**
 * (x - mean) / √(variance + eps) · weight + bias, over the last dimension; `nn.LayerNorm` of PyTorch.
 *
 * @param x [..., D]
 * @param weight [D]
 * @param bias [D]
 * @returns [..., D]
 */
export function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, eps = 1e-5): tf.Tensor {
  check('layerNorm', x, weight, bias);
  if (!hasVisibleMemory()) return layerNormReference(x, weight, bias, eps);
  if (!isRecording()) return forward([x, weight, bias], eps, false)[0];
  return differentiable(
    'layerNorm',
    [x, weight, bias],
    (save) => {
      const [y, statistics] = forward([x, weight, bias], eps, true);
      save!(x, weight, statistics, bias);
      return y;
    },
    (dy, [x, weight, statistics]) => backward(dy, x, weight, statistics),
    again(0, eps),
  );
}

/** The specification of `layerNorm`. */
export function layerNormReference(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, eps = 1e-5): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.div(centred, tf.sqrt(tf.add(variance, eps))), weight), bias);
}

/**
 * The sum x + y and its layer norm, in one pass: a residual connection and what reads it next.
 *
 * @param x [..., D]
 * @param y the shape of x
 * @param weight [D]
 * @param bias [D]
 * @returns the sum [..., D], and `layerNorm` of it
 */
export function addLayerNorm(
  x: tf.Tensor,
  y: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor,
  eps = 1e-5,
): [sum: tf.Tensor, normed: tf.Tensor] {
  expectShape('addLayerNorm: y', y, x.shape, []);
  check('addLayerNorm', x, weight, bias);
  if (!nativeKernels()) {
    const sum = residual(x, y);
    return [sum, layerNorm(sum, weight, bias, eps)];
  }
  if (!isRecording()) {
    const [normed, sum] = forward([x, weight, bias, y], eps, false);
    return [sum, normed];
  }
  const outputs = differentiable(
    'addLayerNorm',
    [x, y, weight, bias],
    (save) => {
      const [normed, sum, statistics] = forward([x, weight, bias, y], eps, true);
      save!(sum, weight, statistics, bias);
      return [sum, normed];
    },
    ([dSum, dNormed], [sum, weight, statistics]) => {
      if (!dNormed) return [dSum!, dSum!, () => tf.zerosLike(weight), () => tf.zerosLike(weight)];
      const [dx, dWeight, dBias] = backward(dNormed, sum, weight, statistics, dSum);
      return [dx, dx, dWeight, dBias];
    },
    again(1, eps),
  );
  return outputs as [tf.Tensor, tf.Tensor];
}

/** The specification of `addLayerNorm`. */
export function addLayerNormReference(
  x: tf.Tensor,
  y: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor,
  eps = 1e-5,
): [sum: tf.Tensor, normed: tf.Tensor] {
  const sum = residualReference(x, y);
  return [sum, layerNormReference(sum, weight, bias, eps)];
}

function check(name: string, x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): void {
  const width = x.shape.at(-1)!;
  expectShape(`${name}: weight`, weight, [width], ['D']);
  expectShape(`${name}: bias`, bias, [width], ['D']);
}

/** A pass over memory makes the normed rows again; those of a large batch are worth it. */
function again(output: number, eps: number): Again | undefined {
  if (!nativeKernels()) return undefined;
  return {
    output,
    from: 2 ** 25,
    needs: [0, 1, 3],
    compute: (x, weight, bias) => forward([x, weight, bias], eps, false)[0],
  };
}

/**
 * The norm of x, or of x + y; then that sum, if there is a y; then, if they are to be kept, the mean and the reciprocal
 * deviation of each row, [rows, 2].
 */
function forward([x, weight, bias, y]: tf.Tensor[], eps: number, keep: boolean): tf.Tensor[] {
  const rows = rowCount(x);
  const width = x.shape.at(-1)!;
  const native = nativeKernels();
  const shapes = [x.shape, ...(y ? [x.shape] : []), ...(keep ? [[rows, 2]] : [])];
  return compute(y ? [x, weight, bias, y] : [x, weight, bias], shapes, ([x, w, b, y], outputs) => {
    const [normed, sum] = outputs;
    const statistics = keep ? outputs.at(-1) : undefined;
    if (native) native.layerNormForward(x, y, w, b, y && sum, normed, statistics, rows, width, eps);
    else normalise(x, w, b, normed, statistics, eps);
  });
}

function normalise(x: Floats, w: Floats, b: Floats, y: Floats, s: Floats | undefined, eps: number): void {
  const width = w.length;
  for (let row = 0; row * width < x.length; row++) {
    const start = row * width;
    let mean = 0;
    for (let i = start; i < start + width; i++) mean += x[i];
    mean /= width;
    let variance = 0;
    for (let i = start; i < start + width; i++) variance += (x[i] - mean) * (x[i] - mean);
    const scale = 1 / Math.sqrt(variance / width + eps);
    for (let j = 0; j < width; j++) y[start + j] = (x[start + j] - mean) * scale * w[j] + b[j];
    if (s) {
      s[2 * row] = mean;
      s[2 * row + 1] = scale;
    }
  }
}

/** Gradients of x, weight and bias; `base`, if any, is added to that of x. */
function backward(
  dy: tf.Tensor,
  x: tf.Tensor,
  weight: tf.Tensor,
  statistics: tf.Tensor,
  base?: tf.Tensor,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const rows = rowCount(x);
  const width = x.shape.at(-1)!;
  const native = nativeKernels();
  return compute(
    base ? [dy, x, weight, statistics, base] : [dy, x, weight, statistics],
    [x.shape, [width], [width]],
    ([dy, x, w, s, base], [dx, dWeight, dBias]) => {
      if (native) native.layerNormBackward(dy, x, w, s, base, dx, dWeight, dBias, rows, width);
      else pullBack(dy, x, w, s, dx, dWeight, dBias);
    },
  );
}

function pullBack(
  dy: Floats,
  x: Floats,
  w: Floats,
  s: Floats,
  dx: Floats,
  dWeight: Floats,
  dBias: Floats,
): void {
  const width = w.length;
  const weightSums = new Float64Array(width);
  const biasSums = new Float64Array(width);
  for (let row = 0; 2 * row < s.length; row++) {
    const start = row * width;
    const mean = s[2 * row];
    const scale = s[2 * row + 1];
    let sum = 0; // of dy · w
    let product = 0; // of dy · w · normalised x
    for (let j = 0; j < width; j++) {
      const normal = (x[start + j] - mean) * scale;
      const above = dy[start + j];
      weightSums[j] += above * normal;
      biasSums[j] += above;
      sum += above * w[j];
      product += above * w[j] * normal;
    }
    sum /= width;
    product /= width;
    for (let j = 0; j < width; j++) {
      const normal = (x[start + j] - mean) * scale;
      dx[start + j] = scale * (dy[start + j] * w[j] - sum - normal * product);
    }
  }
  dWeight.set(weightSums);
  dBias.set(biasSums);
}
