// Normalisation by the root mean square (Zhang and Sennrich, arXiv:1910.07467), alone and after a residual connection.
import { isRecording, tf } from '@lilformer/engine';
import { differentiable } from './differentiable.js';
import type { Again } from './kept.js';
import { compute, hasVisibleMemory, nativeKernels, type Floats } from './memory.js';
import { residual, residualReference } from './residual.js';
import { expectShape, rowCount } from './shapes.js';

/**
 * x / √(mean(x²) + eps) · weight, over the last dimension.
 *
 * @param x [..., D]
 * @param weight [D]
 * @returns [..., D]
 */
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, eps = 1e-8): tf.Tensor {
  expectShape('rmsNorm: weight', weight, [x.shape.at(-1)!], ['D']);
  if (!hasVisibleMemory()) return rmsNormReference(x, weight, eps);
  if (!isRecording()) return forward([x, weight], eps, false)[0];
  return differentiable(
    'rmsNorm',
    [x, weight],
    (save) => {
      const [y, scales] = forward([x, weight], eps, true);
      save!(x, weight, scales);
      return y;
    },
    (dy, [x, weight, scales]) => backward(dy, x, weight, scales),
    again(0, eps),
  );
}

/** The specification of `rmsNorm`. */
export function rmsNormReference(x: tf.Tensor, weight: tf.Tensor, eps = 1e-8): tf.Tensor {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, eps))), weight);
}

/**
 * The sum x + y and its RMS norm, in one pass: a residual connection and what reads it next.
 *
 * @param x [..., D]
 * @param y the shape of x
 * @param weight [D]
 * @returns the sum [..., D], and `rmsNorm` of it
 */
export function addRmsNorm(
  x: tf.Tensor,
  y: tf.Tensor,
  weight: tf.Tensor,
  eps = 1e-8,
): [sum: tf.Tensor, normed: tf.Tensor] {
  expectShape('addRmsNorm: y', y, x.shape, []);
  expectShape('addRmsNorm: weight', weight, [x.shape.at(-1)!], ['D']);
  if (!nativeKernels()) {
    const sum = residual(x, y);
    return [sum, rmsNorm(sum, weight, eps)];
  }
  if (!isRecording()) {
    const [normed, sum] = forward([x, weight, y], eps, false);
    return [sum, normed];
  }
  const outputs = differentiable(
    'addRmsNorm',
    [x, y, weight],
    (save) => {
      const [normed, sum, scales] = forward([x, weight, y], eps, true);
      save!(sum, weight, scales);
      return [sum, normed];
    },
    ([dSum, dNormed], [sum, weight, scales]) => {
      if (!dNormed) return [dSum!, dSum!, () => tf.zerosLike(weight)];
      const [dx, dWeight] = backward(dNormed, sum, weight, scales, dSum);
      return [dx, dx, dWeight];
    },
    again(1, eps),
  );
  return outputs as [tf.Tensor, tf.Tensor];
}

/** The specification of `addRmsNorm`. */
export function addRmsNormReference(
  x: tf.Tensor,
  y: tf.Tensor,
  weight: tf.Tensor,
  eps = 1e-8,
): [sum: tf.Tensor, normed: tf.Tensor] {
  const sum = residualReference(x, y);
  return [sum, rmsNormReference(sum, weight, eps)];
}

/** A pass over memory makes the normed rows again; those of a large batch are worth it. */
function again(output: number, eps: number): Again | undefined {
  if (!nativeKernels()) return undefined;
  return {
    output,
    from: 2 ** 25,
    needs: [0, 1],
    compute: (x, weight) => forward([x, weight], eps, false)[0],
  };
}

/**
 * The norm of x, or of x + y; then that sum, if there is a y; then, if they are to be kept, the factors [rows] that
 * rows were scaled with.
 */
function forward([x, weight, y]: tf.Tensor[], eps: number, keep: boolean): tf.Tensor[] {
  const rows = rowCount(x);
  const width = x.shape.at(-1)!;
  const native = nativeKernels();
  const shapes = [x.shape, ...(y ? [x.shape] : []), ...(keep ? [[rows]] : [])];
  return compute(y ? [x, weight, y] : [x, weight], shapes, ([x, w, y], outputs) => {
    const [normed, sum] = outputs;
    const scales = keep ? outputs.at(-1) : undefined;
    if (native) native.rmsNormForward(x, y, w, y && sum, normed, scales, rows, width, eps);
    else normalise(x, w, normed, scales, eps);
  });
}

function normalise(x: Floats, w: Floats, y: Floats, scales: Floats | undefined, eps: number): void {
  const width = w.length;
  for (let row = 0; row * width < x.length; row++) {
    const start = row * width;
    let squares = 0;
    for (let i = start; i < start + width; i++) squares += x[i] * x[i];
    const scale = 1 / Math.sqrt(squares / width + eps);
    for (let j = 0; j < width; j++) y[start + j] = x[start + j] * scale * w[j];
    if (scales) scales[row] = scale;
  }
}

/** Gradients of x and weight; `base`, if any, is added to that of x. */
function backward(
  dy: tf.Tensor,
  x: tf.Tensor,
  weight: tf.Tensor,
  scales: tf.Tensor,
  base?: tf.Tensor,
): [tf.Tensor, tf.Tensor] {
  const rows = rowCount(x);
  const width = x.shape.at(-1)!;
  const native = nativeKernels();
  return compute(
    base ? [dy, x, weight, scales, base] : [dy, x, weight, scales],
    [x.shape, [width]],
    ([dy, x, w, scales, base], [dx, dWeight]) => {
      if (native) native.rmsNormBackward(dy, x, w, scales, base, dx, dWeight, rows, width);
      else pullBack(dy, x, w, scales, dx, dWeight);
    },
  );
}

function pullBack(dy: Floats, x: Floats, w: Floats, scales: Floats, dx: Floats, dWeight: Floats): void {
  const width = w.length;
  const weightSums = new Float64Array(width);
  for (let row = 0; row < scales.length; row++) {
    const start = row * width;
    const scale = scales[row];
    let product = 0; // of dy · w · x
    for (let j = 0; j < width; j++) {
      const above = dy[start + j] * x[start + j];
      weightSums[j] += above * scale;
      product += above * w[j];
    }
    const pull = (product * scale * scale) / width;
    for (let j = 0; j < width; j++) {
      dx[start + j] = scale * (dy[start + j] * w[j] - x[start + j] * pull);
    }
  }
  dWeight.set(weightSums);
}
