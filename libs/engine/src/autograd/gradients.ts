// Gradients of TensorFlow.js operations. The Node build of tfjs-core registers none; those of the union package
// @tensorflow/tfjs are wrong for broadcast inputs of SquaredDifference and BatchMatMul, and are replaced. Images,
// convolutions and complex numbers are not covered.
import { tf } from '../tf.js';
import { listed } from './tape.js';

type Tensor = tf.Tensor;
type Attributes = Record<string, unknown>;

/** Sums a gradient over broadcast dimensions of an input of this shape. */
function sumTo(gradient: Tensor, shape: number[]): Tensor {
  if (gradient.size === 0) return tf.zeros(shape); // wasm's sum of nothing is not zero
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, shape);
}

/** An operation of two broadcast inputs. */
function binary(
  kernelName: string,
  gradients: {
    a: (dy: Tensor, a: Tensor, b: Tensor) => Tensor;
    b: (dy: Tensor, a: Tensor, b: Tensor) => Tensor;
  },
): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (gradient, [a, b]) => {
      const dy = gradient as Tensor;
      return {
        a: () => sumTo(gradients.a(dy, a, b), a.shape),
        b: () => sumTo(gradients.b(dy, a, b), b.shape),
      };
    },
  };
}

/** An operation of one input, whose gradient is computed from the input. */
function ofInput(
  kernelName: string,
  gradient: (dy: Tensor, x: Tensor, attributes: Attributes) => Tensor,
  input = 'x',
): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: [input],
    gradFunc: (dy, [x], attributes) => ({ [input]: () => gradient(dy as Tensor, x, attributes) }),
  };
}

/** An operation of one input, whose gradient is computed from the output. */
function ofOutput(
  kernelName: string,
  gradient: (dy: Tensor, y: Tensor, attributes: Attributes) => Tensor,
  input = 'x',
): tf.GradConfig {
  return {
    kernelName,
    outputsToSave: [true],
    gradFunc: (dy, [y], attributes) => ({ [input]: () => gradient(dy as Tensor, y, attributes) }),
  };
}

/** Reshapes the gradient of a reduction so that it broadcasts against the input. */
function unreduce(reduced: Tensor, shape: number[], axis: unknown): Tensor {
  const axes = tf.util.parseAxisParam((axis ?? null) as number | number[], shape);
  return tf.reshape(
    reduced,
    shape.map((size, i) => (axes.includes(i) ? 1 : size)),
  );
}

const flag = (x: Tensor): Tensor => tf.cast(x, 'float32');
const like = (shape: number[]): Tensor => tf.ones(shape, 'float32');

const elementwise: tf.GradConfig[] = [
  binary('Add', { a: (dy) => dy, b: (dy) => dy }),
  binary('Sub', { a: (dy) => dy, b: (dy) => tf.neg(dy) }),
  binary('Multiply', { a: (dy, _, b) => tf.mul(dy, flag(b)), b: (dy, a) => tf.mul(dy, flag(a)) }),
  binary('RealDiv', {
    a: (dy, _, b) => tf.div(dy, flag(b)),
    b: (dy, a, b) => tf.neg(tf.div(tf.mul(dy, flag(a)), tf.square(flag(b)))),
  }),
  binary('Maximum', {
    a: (dy, a, b) => tf.mul(dy, flag(tf.greaterEqual(a, b))),
    b: (dy, a, b) => tf.mul(dy, flag(tf.less(a, b))),
  }),
  binary('Minimum', {
    a: (dy, a, b) => tf.mul(dy, flag(tf.lessEqual(a, b))),
    b: (dy, a, b) => tf.mul(dy, flag(tf.greater(a, b))),
  }),
  binary('SquaredDifference', {
    a: (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(a, b))),
    b: (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(b, a))),
  }),
  binary('Pow', {
    a: (dy, a, b) => tf.mul(dy, tf.mul(flag(b), tf.pow(a, tf.sub(b, 1)))),
    // a^b log a, and 0 for a <= 0, which has no logarithm.
    b: (dy, a, b) => {
      const positive = tf.greater(a, 0);
      const logarithm = tf.log(tf.where(positive, a, tf.onesLike(a)));
      return tf.mul(dy, tf.mul(tf.pow(a, b), logarithm));
    },
  }),
  ofInput('Neg', (dy) => tf.neg(dy)),
  ofInput('Abs', (dy, x) => tf.mul(dy, tf.sign(x))),
  ofInput('Square', (dy, x) => tf.mul(dy, tf.mul(2, flag(x)))),
  ofInput('Log', (dy, x) => tf.div(dy, flag(x))),
  ofInput('Log1p', (dy, x) => tf.div(dy, tf.add(1, x))),
  ofInput('Sin', (dy, x) => tf.mul(dy, tf.cos(x))),
  ofInput('Cos', (dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  ofInput('Relu', (dy, x) => tf.mul(dy, flag(tf.greater(x, 0)))),
  ofInput('Erf', (dy, x) => tf.mul(dy, tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x)))))),
  ofInput('Softplus', (dy, x) => tf.mul(dy, tf.sigmoid(x))),
  ofInput('Step', (dy) => tf.zerosLike(dy)),
  ofInput('Floor', (dy) => tf.zerosLike(dy)),
  ofInput('ClipByValue', (dy, x, { clipValueMin, clipValueMax }) =>
    tf.mul(
      dy,
      flag(
        tf.logicalAnd(tf.greaterEqual(x, clipValueMin as number), tf.lessEqual(x, clipValueMax as number)),
      ),
    ),
  ),
  ofOutput('Exp', (dy, y) => tf.mul(dy, y)),
  ofOutput('Sqrt', (dy, y) => tf.div(dy, tf.mul(2, y))),
  ofOutput('Rsqrt', (dy, y) => tf.mul(dy, tf.mul(-0.5, tf.mul(y, tf.square(y))))),
  ofOutput('Reciprocal', (dy, y) => tf.neg(tf.mul(dy, tf.square(y)))),
  ofOutput('Tanh', (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
  ofOutput('Sigmoid', (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  {
    kernelName: 'Select',
    inputsToSave: ['condition', 't', 'e'],
    gradFunc: (dy, [condition]) => ({
      condition: () => tf.zeros(condition.shape),
      t: () => tf.mul(dy as Tensor, flag(condition)),
      e: () => tf.mul(dy as Tensor, flag(tf.logicalNot(condition))),
    }),
  },
];

const reductions: tf.GradConfig[] = [
  ofInput('Sum', (dy, x, { axis }) => tf.mul(unreduce(dy, x.shape, axis), like(x.shape))),
  ofInput('Mean', (dy, x, { axis }) => {
    const each = tf.mul(unreduce(dy, x.shape, axis), like(x.shape));
    return tf.div(each, x.size / Math.max(1, dy.size));
  }),
  ...['Max', 'Min'].map((kernelName): tf.GradConfig => ({
    kernelName,
    inputsToSave: ['x'],
    outputsToSave: [true],
    // Each of several equal extremes gets the whole gradient.
    gradFunc: (dy, [x, y], { reductionIndices, axis }) => ({
      x: () => {
        const along = reductionIndices ?? axis;
        return tf.mul(unreduce(dy as Tensor, x.shape, along), flag(tf.equal(x, unreduce(y, x.shape, along))));
      },
    }),
  })),
  ofOutput(
    'Softmax',
    (dy, y, { dim }) => {
      const weighted = tf.mul(dy, y);
      return tf.sub(weighted, tf.mul(tf.sum(weighted, dim as number, true), y));
    },
    'logits',
  ),
  ofOutput(
    'LogSoftmax',
    (dy, y, { axis }) => tf.sub(dy, tf.mul(tf.sum(dy, axis as number, true), tf.exp(y))),
    'logits',
  ),
  ofInput('Cumsum', (dy, _, { axis, exclusive, reverse }) =>
    tf.cumsum(dy, axis as number, exclusive as boolean, !reverse),
  ),
];

const products: tf.GradConfig[] = [
  {
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: (gradient, [a, b], attributes) => {
      const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
      const dy = gradient as Tensor;
      return {
        a: () =>
          sumTo(
            transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB),
            a.shape,
          ),
        b: () =>
          sumTo(
            transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false),
            b.shape,
          ),
      };
    },
  },
];

const rearrangements: tf.GradConfig[] = [
  ofInput('Identity', (dy) => flag(dy)),
  ofInput('Cast', (dy) => dy),
  ofInput('Reshape', (dy, x) => tf.reshape(dy, x.shape)),
  ofInput('ExpandDims', (dy, x) => tf.reshape(dy, x.shape), 'input'),
  ofInput('Transpose', (dy, _, { perm }) =>
    tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[])),
  ),
  ofInput('Reverse', (dy, x, { dims }) =>
    tf.reverse(dy, tf.util.parseAxisParam(dims as number | number[], x.shape)),
  ),
  ofInput('Slice', (dy, x, { begin }) => {
    const starts = begin as number[];
    return tf.pad(
      dy,
      x.shape.map((length, i): [number, number] => [starts[i], length - starts[i] - dy.shape[i]]),
    );
  }),
  ofInput('PadV2', (dy, x, { paddings }) =>
    tf.slice(
      dy,
      (paddings as [number, number][]).map(([before]) => before),
      x.shape,
    ),
  ),
  ofInput('Tile', (dy, x, { reps }) => {
    // [r0 d0, r1 d1, …] as [r0, d0, r1, d1, …], summed over r0, r1, …
    const repeats = reps as number[];
    const split = x.shape.flatMap((size, i) => [repeats[i], size]);
    return tf.reshape(
      tf.sum(
        tf.reshape(dy, split),
        repeats.map((_, i) => 2 * i),
      ),
      x.shape,
    );
  }),
  {
    kernelName: 'Concat',
    saveAllInputs: true,
    gradFunc: (dy, inputs, { axis }) => {
      const along = tf.util.parseAxisParam(axis as number, inputs[0].shape)[0];
      let start = 0;
      return Object.fromEntries(
        inputs.map((input, i) => {
          const begin = input.shape.map((_, dimension) => (dimension === along ? start : 0));
          start += input.shape[along];
          return [String(i), () => tf.slice(dy as Tensor, begin, input.shape)];
        }),
      );
    },
  },
  {
    kernelName: 'Pack',
    saveAllInputs: true,
    gradFunc: (dy, inputs, { axis }) => {
      const parts = tf.unstack(dy as Tensor, axis as number);
      return Object.fromEntries(inputs.map((_, i) => [String(i), () => parts[i]]));
    },
  },
  {
    kernelName: 'Unpack',
    gradFunc: (dy, _, { axis }) => ({ value: () => tf.stack([...listed(dy)], axis as number) }),
  },
  {
    kernelName: 'SplitV',
    gradFunc: (dy, _, { axis }) => ({ x: () => tf.concat([...listed(dy)], axis as number) }),
  },
];

/** Registers all gradients above, replacing others. */
export function registerGradients(): void {
  for (const config of [...elementwise, ...reductions, ...products, ...rearrangements]) {
    if (tf.getGradient(config.kernelName) !== config) tf.registerGradient(config);
  }
}
