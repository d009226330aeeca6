// Functions that users' models consist of: on the native engine, neither their values nor their gradients need JavaScript
// loops.
import { describe, expect, it, vi } from 'vitest';
import { openEngine, tf } from '../index.js';

const FUNCTIONS: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  'rotary positions': (x) => {
    const angles = tf.outerProduct(tf.range(0, 6), tf.tensor1d([1, 0.1]));
    const [cos, sin] = [tf.cos(angles), tf.sin(angles)].map((x) => tf.reshape(x, [6, 1, 2]));
    const [a, b] = tf.split(tf.reshape(x, [2, 6, 3, 4]), 2, -1);
    return tf.concat([tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(a, sin), tf.mul(b, cos))], -1);
  },
  'rotary positions in pairs': (x) => {
    const turned = tf.reshape(x, [2, 3, 6, 2, 2]);
    const odd = tf.stack([tf.neg(tf.slice(turned, [0, 0, 0, 0, 1], [2, 3, 6, 2, 1])), tf.slice(turned, [0, 0, 0, 0, 0], [2, 3, 6, 2, 1])], 4); // prettier-ignore
    const factors = tf.cos(tf.reshape(tf.range(0, 12), [6, 2, 1]));
    return tf.add(tf.mul(turned, factors), tf.mul(tf.reshape(odd, turned.shape), factors));
  },
  SwiGLU: (x) => {
    const [gate, up] = tf.split(x, 2, 1);
    return tf.mul(tf.mul(gate, tf.sigmoid(gate)), up);
  },
  GELU: (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))),
  'RMS norm': (x) => tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5))),
  'layer norm over the first and last dimensions': (x) => {
    const { mean, variance } = tf.moments(tf.reshape(x, [2, 18, 4]), [0, 2], true);
    return tf.div(tf.sub(tf.reshape(x, [2, 18, 4]), mean), tf.sqrt(tf.add(variance, 1e-5)));
  },
  'causal mask with ALiBi': (x) => {
    const scores = tf.reshape(x, [2, 2, 6, 6]);
    const distance = tf.sub(tf.reshape(tf.range(0, 6), [1, 6]), tf.reshape(tf.range(0, 6), [6, 1]));
    const bias = tf.mul(tf.reshape(tf.tensor1d([0.5, 0.25]), [2, 1, 1]), distance);
    return tf.softmax(tf.where(tf.lessEqual(distance, 0), tf.add(scores, bias), -1e9));
  },
  'soft cap': (x) => tf.mul(5, tf.tanh(tf.div(x, 5))),
  'clip, log, power': (x) => tf.pow(tf.add(tf.abs(tf.log(tf.clipByValue(x, 0.1, 3))), 0.5), 1.7),
  'cumulative sum, pad, reverse': (x) => tf.reverse(tf.cumsum(tf.pad(x, [[0, 0], [2, 1]]), 1), 1), // prettier-ignore
  'maximum and minimum': (x) => tf.add(tf.max(x, 0), tf.minimum(x, tf.mul(x, 0.5))),
  'one-hot rows': (x) => {
    const indices = tf.floorDiv(tf.range(0, 12, 1, 'int32'), 3);
    return tf.matMul(tf.oneHot(indices, 12, 1, 0, 'float32') as tf.Tensor2D, x as tf.Tensor2D);
  },
  'tile, stack, index arithmetic': (x) => {
    const even = tf.equal(tf.mod(tf.floorDiv(tf.range(0, 12, 1, 'int32'), 2), 2), 0);
    return tf.tile(tf.stack([tf.mul(x, even), tf.transpose(x)], 1), [1, 2, 1]);
  },
};

/** Kernels that compute nothing, or constants. */
const VIEWS = ['Reshape', 'ExpandDims', 'Range'];

const input = (): tf.Tensor =>
  tf.tensor(
    Array.from({ length: 144 }, (_, i) => 0.2 + ((i * 89) % 144) / 72),
    [12, 12],
  );

/** Values, and the gradient of a weighted sum of them. */
async function valuesAndGradient(
  engine: 'native' | 'cpu',
  f: (x: tf.Tensor) => tf.Tensor,
): Promise<number[][]> {
  await openEngine({ engine });
  return tf.tidy(() => {
    const weighted = (x: tf.Tensor): tf.Tensor => {
      const y = f(x);
      return tf.sum(tf.mul(y, tf.sin(tf.reshape(tf.range(0, y.size), y.shape))));
    };
    return [f(input()), tf.grad(weighted)(input())].map((tensor) => [...tensor.dataSync()]);
  });
}

const opened = await openEngine({ engine: 'native' }).catch(() => undefined);

describe.skipIf(!opened)('on the native engine', () => {
  it.each(Object.entries(FUNCTIONS))('%s: as on the cpu engine', async (_, f) => {
    const [expected, actual] = [await valuesAndGradient('cpu', f), await valuesAndGradient('native', f)];
    for (const [i, numbers] of expected.entries()) {
      const scale = Math.max(1, ...numbers.map(Math.abs));
      expect(actual[i].length).toBe(numbers.length);
      numbers.forEach((number, j) => expect(Math.abs(actual[i][j] - number) / scale).toBeLessThan(1e-5));
    }
  });

  it.each(Object.entries(FUNCTIONS))('%s: cpu kernels for views and ranges only', async (_, f) => {
    await openEngine({ engine: 'native' });
    const fallback = vi.spyOn(tf.backend() as unknown as { runInside(): unknown }, 'runInside');
    const { kernelNames, kernels } = await tf.profile(() => tf.grad(f)(input()));
    const calls = fallback.mock.calls.length;
    fallback.mockRestore();
    const views = kernels.filter(({ name }) => VIEWS.includes(name));
    expect(calls, kernelNames.join(', ')).toBe(views.length);
  });
});
