// The affine map of a layer: x · Wᵀ + b, and the activation after it. Leaves out where weights come from.
import { isRecording, tf, tidy } from '@lilformer/engine';
import {
  geluLoop,
  geluReference,
  geluTanhLoop,
  geluTanhReference,
  KINDS,
  times,
  type Activation,
} from './activations.js';
import { Bf16Matrix, type Weight } from './bf16-matrix.js';
import { differentiable } from './differentiable.js';
import { matMul } from './matmul.js';
import { compute, hasVisibleMemory, integers, nativeKernels, wantsBf16 } from './memory.js';
import { expectShape, rowCount, shapeText } from './shapes.js';

/**
 * y = activation(x · weightᵀ + bias), `nn.Linear` of PyTorch with the activation on the way out.
 *
 * @param x [..., in]
 * @param weight [out, in], PyTorch's layout; one in bf16 gets no gradient
 * @param bias [out]
 * @returns [..., out]
 * @throws Error when the sizes do not fit.
 */
export function linear(x: tf.Tensor, weight: Weight, bias?: tf.Tensor, activation?: Activation): tf.Tensor {
  check(x, weight, bias);
  if (weight instanceof Bf16Matrix) {
    return nativeKernels() && !isRecording()
      ? narrow(x, weight, bias, activation)
      : tidy(() => linear(x, weight.toTensor(), bias, activation));
  }
  if (!hasVisibleMemory()) return linearReference(x, weight, bias, activation);
  return nativeKernels() ? fast(x, weight, bias, activation) : composed(x, weight, bias, activation);
}

/** The native engine's: one call forward, and one back for all gradients that are wanted. */
function fast(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  activation: Activation | undefined,
): tf.Tensor {
  const kernels = nativeKernels()!;
  const [outputs, inputs] = weight.shape as [number, number];
  const rows = rowCount(x);
  const shape = [...x.shape.slice(0, -1), outputs];
  const bf16 = wantsBf16();
  const kind = activation ? KINDS[activation] : NONE;
  const sources = bias ? [x, weight, bias] : [x, weight];
  if (!isRecording()) {
    return compute(sources, [shape], ([x, w, b], [y]) =>
      kernels.linearForward(x, w, b, y, undefined, rows, inputs, outputs, kind, bf16),
    )[0];
  }
  const curved = activation === 'gelu' || activation === 'geluTanh'; // relu's slope shows in its output
  return differentiable(
    'linear',
    sources,
    (save) => {
      const [y, before] = compute(sources, curved ? [shape, shape] : [shape], ([x, w, b], [y, before]) =>
        kernels.linearForward(x, w, b, y, before, rows, inputs, outputs, kind, bf16),
      ) as [tf.Tensor, tf.Tensor | undefined];
      const kept = activation === 'relu' ? y : before;
      save?.(...(kept ? [x, weight, kept] : [x, weight]));
      return y;
    },
    (dy, [x, weight, kept], wanted) => {
      const shapes = [x.shape, weight.shape, [outputs]].filter((_, i) => i < sources.length && wanted(i));
      const found = compute(
        kept ? [dy, x, weight, kept] : [dy, x, weight],
        shapes,
        ([dy, x, w, kept], targets) => {
          let next = 0;
          const [dx, dw, db] = sources.map((_, i) => (wanted(i) ? targets[next++] : undefined));
          kernels.linearBackward(dy, x, w, kept, dx, dw, db, rows, inputs, outputs, kind, bf16);
        },
      );
      let next = 0;
      return sources.map((_, i) => (wanted(i) ? found[next++] : unwanted));
    },
    // What an activation is computed from is kept: a large batch need not keep the result as well.
    curved
      ? {
          from: 2 ** 26,
          needs: [2],
          compute: (before) =>
            compute([before], [shape], ([x], [y]) => kernels.activationForward(x, y, kind))[0],
        }
      : undefined,
  );
}

/** The native engine's, of a weight in bf16. */
function narrow(
  x: tf.Tensor,
  weight: Bf16Matrix,
  bias: tf.Tensor | undefined,
  activation: Activation | undefined,
): tf.Tensor {
  const kernels = nativeKernels()!;
  const [outputs, inputs] = weight.shape;
  const rows = rowCount(x);
  const shape = [...x.shape.slice(0, -1), outputs];
  const kind = activation ? KINDS[activation] : NONE;
  const words = integers(weight.words); // the native engine's arrays stay where they are
  return compute(bias ? [x, bias] : [x], [shape], ([x, b], [y]) =>
    kernels.linearForward16(x, words, b, y, rows, inputs, outputs, kind, wantsBf16()),
  )[0];
}

/** Instead of one of KINDS: no activation. */
const NONE = 3;

function unwanted(): never {
  throw new Error('linear: a gradient that nobody was said to want was asked for');
}

/** A product of the engine's, and loops for the rest. */
function composed(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  activation: Activation | undefined,
): tf.Tensor {
  const outputShape = [...x.shape.slice(0, -1), weight.shape[0]];
  const rows = rowCount(x);
  const inputs = weight.shape[1]!;
  const curve = { gelu: geluLoop, geluTanh: geluTanhLoop, relu: undefined, none: undefined }[
    activation ?? 'none'
  ];
  return differentiable(
    'linear',
    bias ? [x, weight, bias] : [x, weight],
    (save) => {
      const z = matMul(tf.reshape(x, [rows, inputs]), weight, false, true, {
        bias,
        relu: activation === 'relu',
      });
      const [y, slopes] = curve
        ? compute([z], [z.shape, z.shape], ([z], [y, slopes]) => curve(z, y, slopes))
        : [z, undefined];
      // relu's slope shows in its output
      const kept = slopes ?? (activation === 'relu' ? y : undefined);
      save?.(...(kept ? [x, weight, kept] : [x, weight]));
      return tf.reshape(y, outputShape);
    },
    (dy, [x, weight, kept]) => {
      const above = tf.reshape(dy, [rows, weight.shape[0]!]);
      let dz = above;
      if (curve) dz = times(above, kept);
      else if (activation === 'relu') dz = whereAlive(above, kept);
      const gradients = [
        () => tf.reshape(matMul(dz, weight), x.shape),
        () => matMul(dz, tf.reshape(x, [rows, inputs]), true, false),
      ];
      return bias ? [...gradients, () => columnSums(dz)] : gradients;
    },
  );
}

/** The specification of `linear`. */
export function linearReference(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias?: tf.Tensor,
  activation?: Activation,
): tf.Tensor {
  check(x, weight, bias);
  const flat = tf.reshape(x, [rowCount(x), weight.shape[1]!]);
  let y = tf.matMul(flat, weight as tf.Tensor2D, false, true) as tf.Tensor;
  if (bias) y = tf.add(y, bias);
  if (activation === 'relu') y = tf.relu(y);
  if (activation === 'gelu') y = geluReference(y);
  if (activation === 'geluTanh') y = geluTanhReference(y);
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]]);
}

/** dy where the output y of relu is above 0, else 0. */
function whereAlive(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return compute([dy, y], [dy.shape], ([dy, y], [dz]) => {
    for (let i = 0; i < dz.length; i++) dz[i] = y[i] > 0 ? dy[i] : 0;
  })[0];
}

/** Sums over all rows: [rows, columns] to [columns]. */
function columnSums(x: tf.Tensor): tf.Tensor {
  const [rows, columns] = x.shape as [number, number];
  return compute([x], [[columns]], ([from], [to]) => {
    const sums = new Float64Array(columns);
    for (let row = 0, i = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, i++) sums[column] += from[i];
    }
    to.set(sums);
  })[0];
}

function check(x: tf.Tensor, weight: Weight, bias?: tf.Tensor): void {
  if (x.rank < 1 || weight.rank !== 2 || x.shape.at(-1) !== weight.shape[1]) {
    throw new Error(
      `linear: x ${shapeText(x.shape)} and weight ${shapeText(weight.shape)}, expected x [..., in] and weight [out, in]`,
    );
  }
  if (bias) expectShape('linear: bias', bias, [weight.shape[0]!], ['out']);
}
