// A small model of one attention block, which runs in a page as well.
import { tf, valueAndGradients } from '@lilformer/engine';
import {
  adamWStep,
  addGradients,
  attentionPacked,
  createAdamState,
  embedding,
  layerNorm,
  linear,
  linearCrossEntropy,
} from '../index.js';

const [VOCABULARY, WIDTH, LENGTH, BATCH] = [32, 32, 16, 4];

/** Losses of training steps that learn to repeat a sequence, from fixed weights. */
export function trainingLosses(steps: number): number[] {
  let seed = 1;
  const numbers = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => {
      seed = (seed * 48271) % 2147483647;
      return (2 * (seed / 2147483647) - 1) * scale;
    });
  const weight = (...shape: number[]): tf.Variable =>
    tf.variable(
      tf.tensor(
        numbers(
          shape.reduce((a, b) => a * b),
          0.2,
        ),
        shape,
      ),
    );
  const [table, qkv, up, down] = [
    weight(VOCABULARY, WIDTH),
    weight(3 * WIDTH, WIDTH),
    weight(4 * WIDTH, WIDTH),
    weight(WIDTH, 4 * WIDTH),
  ];
  const gain = tf.variable(tf.ones([WIDTH]));
  const bias = tf.variable(tf.zeros([WIDTH]));
  const variables = [table, qkv, up, down, gain, bias];
  const state = createAdamState(variables);
  const ids = Int32Array.from({ length: BATCH * (LENGTH + 1) }, (_, i) => (i * i * 7 + (i % 5)) % VOCABULARY);
  const rows = (from: number): tf.Tensor =>
    tf.tensor(
      Array.from({ length: BATCH }, (_, b) => [
        ...ids.subarray(b * (LENGTH + 1) + from, b * (LENGTH + 1) + from + LENGTH),
      ]),
      [BATCH, LENGTH],
      'int32',
    );
  const [inputs, targets] = [rows(0), rows(1)];
  const loss = (): tf.Scalar => {
    const x = embedding(inputs, table);
    const attended = attentionPacked(linear(layerNorm(x, gain, bias), qkv), {
      heads: 2,
      causal: true,
    }).output;
    const h = tf.add(x, attended);
    const y = tf.add(h, linear(linear(layerNorm(h, gain, bias), up, undefined, 'gelu'), down));
    return linearCrossEntropy(y, table, undefined, targets);
  };
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const { value, gradients } = valueAndGradients(loss, variables, { add: addGradients });
    adamWStep(variables, gradients, state, { learningRate: 0.01 });
    losses.push(value);
    tf.dispose(gradients.filter((gradient) => gradient !== undefined));
  }
  tf.dispose([...variables, inputs, targets]);
  return losses;
}
