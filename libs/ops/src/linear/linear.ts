// The linear layer x · Wᵀ + b and the activation after it.
import type { Kernels } from '@lilformer/kernels';
import { isRecording, tf, tidy } from '@lilformer/engine';
import { compute, dispatch, fused, integers, usesBf16 } from '../support/kernels.js';
import { expectShape, rowCount, shapeText } from '../support/shapes.js';
import { ACTIVATION_KIND, activationReference, type Activation } from './activations.js';
import { Bf16Matrix, type Weight } from './bf16-matrix.js';

/**
 * y = activation(x · weightᵀ + bias); `F.linear` of PyTorch.
 *
 * @param x [..., in]
 * @param weight [out, in]; a Bf16Matrix gets no gradient
 * @param bias [out]
 * @returns [..., out]
 * @throws Error when the sizes do not fit.
 */
export function linear<R extends tf.Rank>(
  x: tf.Tensor<R>,
  weight: Weight,
  bias?: tf.Tensor,
  activation?: Activation,
): tf.Tensor<R>;
export function linear(x: tf.Tensor, weight: Weight, bias?: tf.Tensor, activation?: Activation): tf.Tensor {
  check(x, weight, bias);
  if (weight instanceof Bf16Matrix) return linear16(x, weight, bias, activation);
  return dispatch(
    (kernels) => linearFused(kernels, x, weight, bias, activation),
    () => linearReference(x, weight, bias, activation),
  );
}

/** Sizes and settings of the kernels. */
function settingsOf(x: tf.Tensor, weight: Weight, activation: Activation | undefined) {
  const [outputs, inputs] = weight.shape as [number, number];
  const kind = ACTIVATION_KIND[activation ?? 'none'];
  return { rows: rowCount(x), inputs, outputs, kind, bf16: usesBf16() };
}

/** With a bf16 weight, which kernels multiply by as it is while nothing is recorded. */
function linear16(x: tf.Tensor, matrix: Bf16Matrix, bias?: tf.Tensor, activation?: Activation): tf.Tensor {
  return dispatch(
    (kernels) => {
      const { rows, inputs, outputs, kind, bf16 } = settingsOf(x, matrix, activation);
      const weight = integers(matrix.words);
      const shape = [...x.shape.slice(0, -1), outputs];
      return compute([x, bias], [shape], ([x, bias], [y]) =>
        kernels.linearForward16({ x, weight, bias, y, rows, inputs, outputs, activation: kind, bf16 }),
      )[0];
    },
    () => tidy(() => linear(x, matrix.toTensor(), bias, activation)),
    !isRecording(),
  );
}

function linearFused(
  kernels: Kernels,
  x: tf.Tensor,
  weight: tf.Tensor,
  bias?: tf.Tensor,
  activation?: Activation,
): tf.Tensor {
  const { rows, inputs, outputs, kind, bf16 } = settingsOf(x, weight, activation);
  const shape = [...x.shape.slice(0, -1), outputs];
  // The derivative of relu is computed from its output, that of GELU from its input.
  const isGelu = activation === 'gelu' || activation === 'geluTanh';
  return fused(
    'linear',
    bias ? [x, weight, bias] : [x, weight],
    (save) => {
      const shapes = [shape, save && isGelu ? shape : undefined] as const;
      const [y, preActivation] = compute([x, weight, bias], shapes, ([x, weight, bias], [y, preActivation]) =>
        // prettier-ignore
        kernels.linearForward({
          x, weight, bias, y, preActivation, rows, inputs, outputs, activation: kind, bf16,
        }),
      );
      const kept = activation === 'relu' ? y : preActivation;
      save?.(...(kept ? [x, weight, kept] : [x, weight]));
      return y;
    },
    (dy, [x, weight, kept]: (tf.Tensor | undefined)[], wanted) => {
      const shape = (i: number, own: number[]): number[] | undefined => (wanted(i) ? own : undefined);
      const shapes = [shape(0, x!.shape), shape(1, weight!.shape), bias && shape(2, [outputs])] as const;
      const tensors = [dy, x!, weight!, kept] as const;
      return compute(tensors, shapes, ([dy, x, weight, kept], [dx, dWeight, dBias]) =>
        // prettier-ignore
        kernels.linearBackward({
          dy, x, weight, kept, dx, dWeight, dBias, rows, inputs, outputs, activation: kind, bf16,
        }),
      ).slice(0, bias ? 3 : 2);
    },
    // The input of GELU is saved anyway: a large output need not be.
    isGelu
      ? {
          minBytes: 2 ** 26,
          needs: [2],
          compute: (x) => compute([x], [shape], ([x], [y]) => kernels.activationForward({ x, y, kind }))[0],
        }
      : undefined,
  );
}

/** The reference of `linear`. */
export function linearReference(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias?: tf.Tensor,
  activation?: Activation,
): tf.Tensor {
  check(x, weight, bias);
  const flat = tf.reshape(x, [rowCount(x), weight.shape[1]!]);
  let y: tf.Tensor = tf.matMul(flat, weight as tf.Tensor2D, false, true);
  if (bias) y = tf.add(y, bias);
  if (activation) y = activationReference[activation](y);
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]]);
}

function check(x: tf.Tensor, weight: Weight, bias?: tf.Tensor): void {
  if (x.rank < 1 || weight.rank !== 2 || x.shape.at(-1) !== weight.shape[1]) {
    throw new Error(
      `linear: x ${shapeText(x.shape)} and weight ${shapeText(weight.shape)}, expected x [..., in] and weight [out, in]`,
    );
  }
  if (bias) expectShape('linear: bias', bias, [weight.shape[0]!], ['out']);
}
