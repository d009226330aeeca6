// Layer norm (Ba, Kiros and Hinton, arXiv:1607.06450) and RMS norm (Zhang and Sennrich, arXiv:1910.07467) over the last
// dimension, alone and fused with the residual addition before them.
import type { Kernels } from '@lilformer/kernels';
import { tf } from '@lilformer/engine';
import { residual } from '../dropout/residual.js';
import { compute, dispatch, fused } from '../support/kernels.js';
import { expectShape, rowCount } from '../support/shapes.js';

/**
 * (x - mean) / √(variance + eps) · weight + bias; `F.layer_norm` of PyTorch.
 *
 * @param x [..., C]
 * @param weight [C]
 * @param bias [C]
 * @returns [..., C]
 */
export function layerNorm<R extends tf.Rank>(
  x: tf.Tensor<R>,
  weight: tf.Tensor,
  bias: tf.Tensor,
  eps?: number,
): tf.Tensor<R>;
export function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, eps = 1e-5): tf.Tensor {
  checkWeights('layerNorm', x, weight, bias);
  return dispatch(
    (kernels) => norm(kernels, 'layerNorm', { x, weight, bias, eps })[1],
    () => layerNormReference(x, weight, bias, eps),
  );
}

/** The reference of `layerNorm`. */
export function layerNormReference(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, eps = 1e-5): tf.Tensor {
  const centered = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centered), -1, true);
  return tf.add(tf.mul(tf.div(centered, tf.sqrt(tf.add(variance, eps))), weight), bias);
}

/**
 * x / √(mean(x²) + eps) · weight; `F.rms_norm` of PyTorch.
 *
 * @param x [..., C]
 * @param weight [C]
 * @returns [..., C]
 */
export function rmsNorm<R extends tf.Rank>(x: tf.Tensor<R>, weight: tf.Tensor, eps?: number): tf.Tensor<R>;
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, eps = 1e-8): tf.Tensor {
  checkWeights('rmsNorm', x, weight);
  return dispatch(
    (kernels) => norm(kernels, 'rmsNorm', { x, weight, eps })[1],
    () => rmsNormReference(x, weight, eps),
  );
}

/** The reference of `rmsNorm`. */
export function rmsNormReference(x: tf.Tensor, weight: tf.Tensor, eps = 1e-8): tf.Tensor {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, eps))), weight);
}

/**
 * x + y and its layer norm, in one pass.
 *
 * @param x [..., C]
 * @param y [..., C]
 * @param weight [C]
 * @param bias [C]
 * @returns both [..., C]
 */
export function addLayerNorm<R extends tf.Rank>(
  x: tf.Tensor<R>,
  y: tf.Tensor<R>,
  weight: tf.Tensor,
  bias: tf.Tensor,
  eps?: number,
): [sum: tf.Tensor<R>, normed: tf.Tensor<R>];
export function addLayerNorm(
  x: tf.Tensor,
  y: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor,
  eps = 1e-5,
): [sum: tf.Tensor, normed: tf.Tensor] {
  expectShape('addLayerNorm: y', y, x.shape, []);
  checkWeights('addLayerNorm', x, weight, bias);
  return dispatch(
    (kernels) => norm(kernels, 'addLayerNorm', { x, y, weight, bias, eps }),
    () => {
      const sum = residual(x, y);
      return [sum, layerNormReference(sum, weight, bias, eps)];
    },
  );
}

/**
 * x + y and its RMS norm, in one pass.
 *
 * @param x [..., C]
 * @param y [..., C]
 * @param weight [C]
 * @returns both [..., C]
 */
export function addRmsNorm<R extends tf.Rank>(
  x: tf.Tensor<R>,
  y: tf.Tensor<R>,
  weight: tf.Tensor,
  eps?: number,
): [sum: tf.Tensor<R>, normed: tf.Tensor<R>];
export function addRmsNorm(
  x: tf.Tensor,
  y: tf.Tensor,
  weight: tf.Tensor,
  eps = 1e-8,
): [sum: tf.Tensor, normed: tf.Tensor] {
  expectShape('addRmsNorm: y', y, x.shape, []);
  checkWeights('addRmsNorm', x, weight);
  return dispatch(
    (kernels) => norm(kernels, 'addRmsNorm', { x, y, weight, eps }),
    () => {
      const sum = residual(x, y);
      return [sum, rmsNormReference(sum, weight, eps)];
    },
  );
}

function checkWeights(name: string, x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): void {
  expectShape(`${name}: weight`, weight, [x.shape.at(-1)!], ['C']);
  if (bias) expectShape(`${name}: bias`, bias, [x.shape.at(-1)!], ['C']);
}

/** Rows that have elements. */
const rowsOf = (x: tf.Tensor): number => (x.size === 0 ? 0 : rowCount(x));

/** RMS norm if there is no bias. */
interface Norm {
  readonly x: tf.Tensor;
  /** Added to x before. */
  readonly y?: tf.Tensor;
  readonly weight: tf.Tensor;
  readonly bias?: tf.Tensor;
  readonly eps: number;
}

/** The norm of x + y, or of x. */
function norm(kernels: Kernels, name: string, operands: Norm): [sum: tf.Tensor, normed: tf.Tensor] {
  const { x, y, weight, bias, eps } = operands;
  const outputs = fused(
    name,
    [x, y, weight, bias].filter((tensor) => tensor !== undefined),
    (save) => {
      const [normed, sum, statistics] = forward(kernels, operands, save !== undefined);
      save?.(sum ?? x, weight, ...(bias ? [bias] : []), statistics!);
      return sum ? [normed, sum] : [normed];
    },
    ([dy, dSum], saved) => {
      const noNorm = [weight, bias].map((tensor) => tensor && ((): tf.Tensor => tf.zerosLike(weight)));
      const [dx, ...dWeights] = dy ? backward(kernels, dy, saved, dSum) : [dSum!, ...noNorm];
      return [dx, y && dx, ...dWeights].filter((gradient) => gradient !== undefined);
    },
    // A pass over memory recomputes the output: a large one need not be saved by what reads it.
    {
      minBytes: 2 ** 25,
      needs: bias ? [0, 1, 2] : [0, 1],
      compute: (x, weight, bias?: tf.Tensor) => forward(kernels, { x, weight, bias, eps }, false)[0],
    },
  );
  return [outputs[1] ?? x, outputs[0]];
}

/** The norm, x + y, and for the gradient the statistics of each row: [rows, 2] mean and rstd, or [rows] 1 / RMS. */
function forward(
  kernels: Kernels,
  { x, y, weight, bias, eps }: Norm,
  withStatistics: boolean,
): [normed: tf.Tensor, sum: tf.Tensor | undefined, statistics: tf.Tensor | undefined] {
  const rows = rowsOf(x);
  const shapes = [x.shape, y && x.shape, withStatistics ? (bias ? [rows, 2] : [rows]) : undefined] as const;
  return compute([x, y, weight, bias], shapes, ([x, added, weight, bias], [y, sum, statistics]) => {
    const width = weight.length;
    const epsilon = eps;
    // Without a spread, which takes longer than the kernel of a few rows.
    if (bias) kernels.layerNormForward({ x, added, weight, bias, sum, y, statistics, rows, width, epsilon });
    else kernels.rmsNormForward({ x, added, weight, sum, y, scales: statistics, rows, width, epsilon });
  });
}

/** Gradients of x, weight and bias from the saved tensors; `dSum` is added to that of x. */
function backward(
  kernels: Kernels,
  dy: tf.Tensor,
  saved: readonly tf.Tensor[],
  dSum: tf.Tensor | undefined,
): [dx: tf.Tensor, dWeight: tf.Tensor, dBias: tf.Tensor | undefined] {
  const [x, weight] = saved;
  const bias = saved.length === 4 ? weight.shape : undefined;
  const tensors = [dy, x, weight, saved.at(-1)!, dSum] as const;
  return compute(tensors, [x.shape, weight.shape, bias], (arrays, [dx, dWeight, dBias]) => {
    const [dy, xs, weight, statistics, base] = arrays;
    const [rows, width] = [rowsOf(x), weight.length];
    if (dBias)
      kernels.layerNormBackward({ dy, x: xs, weight, statistics, base, dx, dWeight, dBias, rows, width });
    else kernels.rmsNormBackward({ dy, x: xs, weight, scales: statistics, base, dx, dWeight, rows, width });
  });
}
