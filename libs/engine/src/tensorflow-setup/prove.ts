// Compares a small training step on TensorFlow with the cpu engine: loss, gradients and updated weights. A separate program
// (`prove.js ENGINE`), since a process can hold only one libtensorflow; prints one JSON line.
import type { EngineName } from '../candidates.js';
import { openEngine, tf } from '../index.js';

/** Results of one step by name. */
type Step = Record<string, number[]>;

const sines = (shape: [number, number], scale: number): tf.Tensor2D =>
  tf.tensor2d(
    Array.from({ length: shape[0] * shape[1] }, (_, i) => scale * Math.sin(1 + i * 1.7)),
    shape,
  );

function step(): Step {
  return tf.tidy(() => {
    const x = sines([16, 12], 1); // [B, C]
    const targets = tf.oneHot(
      tf.tensor1d(
        Array.from({ length: 16 }, (_, i) => i % 5),
        'int32',
      ),
      5,
    );
    const weights = { w1: sines([12, 20], 0.4), w2: sines([20, 5], 0.4) };
    const variables = Object.entries(weights).map(([name, value]) =>
      tf.variable(value, true, `proof.${name}`),
    );
    const [w1, w2] = variables as tf.Variable<tf.Rank.R2>[];
    const { value, grads } = tf.variableGrads(() => {
      const logits = tf.matMul(tf.tanh(tf.matMul(x, w1)), w2); // [B, 5]
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), targets), -1))) as tf.Scalar;
    });
    const result: Step = {
      loss: [...value.dataSync()],
      // A kernel of tfjs-node that uses functions removed in Node 23.
      largest: [...tf.topk(tf.reshape(w1, [-1]) as tf.Tensor1D, 3).values.dataSync()],
    };
    for (const variable of variables) {
      const gradient = grads[variable.name];
      result[`gradient of ${variable.name}`] = [...gradient.dataSync()];
      variable.assign(tf.sub(variable, tf.mul(0.1, gradient)));
      result[variable.name] = [...variable.dataSync()];
      variable.dispose();
    }
    return result;
  });
}

const engine = process.argv[2] as EngineName;
await openEngine({ engine: 'cpu' });
const expected = step();
const opened = await openEngine({ engine });
const actual = step();
let worst = 0;
for (const [name, numbers] of Object.entries(expected)) {
  const scale = Math.max(...numbers.map(Math.abs));
  numbers.forEach((number, i) => {
    const difference = Math.abs(number - actual[name][i]) / scale;
    if (!(difference < 1e-5))
      throw new Error(`${name}[${i}] is ${actual[name][i]}; the cpu engine has ${number}`);
    worst = Math.max(worst, difference);
  });
}
console.log(JSON.stringify({ engine: opened.describe(), loss: actual.loss[0], worst }));
