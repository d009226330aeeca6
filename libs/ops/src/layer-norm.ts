// Layer normalisation over the last dimension (Ba, Kiros and Hinton, arXiv:1607.06450).
import { tf } from '@lilformer/engine';
import { compute, hasVisibleMemory } from './memory.js';
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
  const width = x.shape.at(-1)!;
  expectShape('layerNorm: weight', weight, [width], ['D']);
  expectShape('layerNorm: bias', bias, [width], ['D']);
  if (!hasVisibleMemory()) return layerNormReference(x, weight, bias, eps);
  const rows = rowCount(x);

  return tf.customGrad((...args) => {
    const save = args.pop() as unknown as tf.GradSaveFunc;
    const [input, gain, shift] = args as tf.Tensor[];
    // statistics: [rows, 2], the mean and the reciprocal deviation of each row
    const [y, statistics] = compute([input, gain, shift], [x.shape, [rows, 2]], ([x, w, b], [y, s]) => {
      for (let row = 0; row < rows; row++) {
        const start = row * width;
        let mean = 0;
        for (let i = start; i < start + width; i++) mean += x[i];
        mean /= width;
        let variance = 0;
        for (let i = start; i < start + width; i++) variance += (x[i] - mean) * (x[i] - mean);
        const scale = 1 / Math.sqrt(variance / width + eps);
        for (let j = 0; j < width; j++) y[start + j] = (x[start + j] - mean) * scale * w[j] + b[j];
        s[2 * row] = mean;
        s[2 * row + 1] = scale;
      }
    });
    save([input, gain, statistics]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, [input, gain, statistics]: tf.Tensor[]) =>
        compute(
          [input, gain, statistics, dy],
          [x.shape, [width], [width]],
          ([x, w, s, dy], [dx, dWeight, dBias]) => {
            const weightSums = new Float64Array(width);
            const biasSums = new Float64Array(width);
            for (let row = 0; row < rows; row++) {
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
          },
        ),
    };
  })(x, weight, bias);
}

/** The specification of `layerNorm`. */
export function layerNormReference(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, eps = 1e-5): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.div(centred, tf.sqrt(tf.add(variance, eps))), weight), bias);
}
