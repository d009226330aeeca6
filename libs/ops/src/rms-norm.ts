// Normalisation by the root mean square (Zhang and Sennrich, arXiv:1910.07467).
import { tf } from '@lilformer/engine';
import { compute, hasVisibleMemory } from './memory.js';
import { expectShape, rowCount } from './shapes.js';

/**
 * x / √(mean(x²) + eps) · weight, over the last dimension.
 *
 * @param x [..., D]
 * @param weight [D]
 * @returns [..., D]
 */
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, eps = 1e-8): tf.Tensor {
  const width = x.shape.at(-1)!;
  expectShape('rmsNorm: weight', weight, [width], ['D']);
  if (!hasVisibleMemory()) return rmsNormReference(x, weight, eps);
  const rows = rowCount(x);

  return tf.customGrad((...args) => {
    const save = args.pop() as unknown as tf.GradSaveFunc;
    const [input, gain] = args as tf.Tensor[];
    const [y, scales] = compute([input, gain], [x.shape, [rows]], ([x, w], [y, scales]) => {
      for (let row = 0; row < rows; row++) {
        const start = row * width;
        let squares = 0;
        for (let i = start; i < start + width; i++) squares += x[i] * x[i];
        const scale = 1 / Math.sqrt(squares / width + eps);
        for (let j = 0; j < width; j++) y[start + j] = x[start + j] * scale * w[j];
        scales[row] = scale;
      }
    });
    save([input, gain, scales]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, [input, gain, scales]: tf.Tensor[]) =>
        compute([input, gain, scales, dy], [x.shape, [width]], ([x, w, scales, dy], [dx, dWeight]) => {
          const weightSums = new Float64Array(width);
          for (let row = 0; row < rows; row++) {
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
        }),
    };
  })(x, weight);
}

/** The specification of `rmsNorm`. */
export function rmsNormReference(x: tf.Tensor, weight: tf.Tensor, eps = 1e-8): tf.Tensor {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, eps))), weight);
}
