// The affine map of a layer: x · Wᵀ + b, and the activation after it. Leaves out where weights come from.
import { tf } from '@lilformer/engine';
import {
  geluLoop,
  geluReference,
  geluTanhLoop,
  geluTanhReference,
  times,
  type Activation,
} from './activations.js';
import { matMul } from './matmul.js';
import { compute, hasVisibleMemory } from './memory.js';
import { expectShape, rowCount, shapeText } from './shapes.js';

/**
 * y = activation(x · weightᵀ + bias), `nn.Linear` of PyTorch with the activation on the way out.
 *
 * @param x [..., in]
 * @param weight [out, in], PyTorch's layout
 * @param bias [out]
 * @returns [..., out]
 * @throws Error when the sizes do not fit.
 */
export function linear(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias?: tf.Tensor,
  activation?: Activation,
): tf.Tensor {
  check(x, weight, bias);
  if (!hasVisibleMemory()) return linearReference(x, weight, bias, activation);
  const outputShape = [...x.shape.slice(0, -1), weight.shape[0]];
  const rows = rowCount(x);
  const curve = { gelu: geluLoop, geluTanh: geluTanhLoop, relu: undefined, none: undefined }[
    activation ?? 'none'
  ];

  const operation = tf.customGrad((...args) => {
    const save = args.pop() as unknown as tf.GradSaveFunc;
    const [input, w, b] = args as tf.Tensor[];
    const x2 = tf.reshape(input, [rows, w.shape[1]!]);
    const z = matMul(x2, w, false, true, { bias: b, relu: activation === 'relu' });
    const [y, slopes] = curve
      ? compute([z], [z.shape, z.shape], ([z], [y, slopes]) => curve(z, y, slopes))
      : [z, undefined];
    // relu's slope shows in its output
    const kept = slopes ?? (activation === 'relu' ? y : undefined);
    save(kept ? [x2, w, kept] : [x2, w]);
    return {
      value: tf.reshape(y, outputShape),
      gradFunc: (dy: tf.Tensor, [x2, w, kept]: tf.Tensor[]) => {
        const above = tf.reshape(dy, [rows, w.shape[0]!]);
        let dz = above;
        if (curve) dz = times(above, kept);
        else if (activation === 'relu') dz = whereAlive(above, kept);
        const gradients = [tf.reshape(matMul(dz, w), x.shape), matMul(dz, x2, true, false)];
        if (bias) gradients.push(columnSums(dz));
        return gradients;
      },
    };
  });
  return bias ? operation(x, weight, bias) : operation(x, weight);
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

function check(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): void {
  if (x.rank < 1 || weight.rank !== 2 || x.shape.at(-1) !== weight.shape[1]) {
    throw new Error(
      `linear: x ${shapeText(x.shape)} and weight ${shapeText(weight.shape)}, expected x [..., in] and weight [out, in]`,
    );
  }
  if (bias) expectShape('linear: bias', bias, [weight.shape[0]!], ['out']);
}
