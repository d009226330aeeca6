// Gradients of TensorFlow.js operations. The Node build of tfjs-core registers none; those of the union package
// @tensorflow/tfjs are wrong for broadcast inputs of SquaredDifference and BatchMatMul, and are replaced. Operations with int32
// or bool outputs need none. Images, convolutions, complex numbers and linear algebra are not covered.
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

/** Constants of SELU (Klambauer et al., 2017). */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

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
  binary('Mod', {
    a: (dy) => dy,
    b: (dy, a, b) => tf.neg(tf.mul(dy, tf.floor(tf.div(a, b)))),
  }),
  binary('Atan2', {
    a: (dy, a, b) => tf.mul(dy, tf.div(b, tf.add(tf.square(a), tf.square(b)))),
    b: (dy, a, b) => tf.neg(tf.mul(dy, tf.div(a, tf.add(tf.square(a), tf.square(b))))),
  }),
  {
    kernelName: 'Prelu',
    inputsToSave: ['x', 'alpha'],
    gradFunc: (gradient, [x, alpha]) => {
      const dy = gradient as Tensor;
      const positive = tf.greater(x, 0);
      return {
        x: () => tf.where(positive, dy, tf.mul(dy, alpha)),
        alpha: () => sumTo(tf.where(positive, tf.zerosLike(dy), tf.mul(dy, x)), alpha.shape),
      };
    },
  },
  {
    kernelName: 'AddN',
    saveAllInputs: true,
    gradFunc: (dy, terms) => Object.fromEntries(terms.map((_, i) => [String(i), () => flag(dy as Tensor)])),
  },
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
  ofInput('Expm1', (dy, x) => tf.mul(dy, tf.exp(x))),
  ofInput('Tan', (dy, x) => tf.div(dy, tf.square(tf.cos(x)))),
  ofInput('Sinh', (dy, x) => tf.mul(dy, tf.cosh(x))),
  ofInput('Cosh', (dy, x) => tf.mul(dy, tf.sinh(x))),
  ofInput('Asin', (dy, x) => tf.div(dy, tf.sqrt(tf.sub(1, tf.square(x))))),
  ofInput('Acos', (dy, x) => tf.neg(tf.div(dy, tf.sqrt(tf.sub(1, tf.square(x)))))),
  ofInput('Atan', (dy, x) => tf.div(dy, tf.add(1, tf.square(x)))),
  ofInput('Asinh', (dy, x) => tf.div(dy, tf.sqrt(tf.add(1, tf.square(x))))),
  ofInput('Acosh', (dy, x) => tf.div(dy, tf.sqrt(tf.sub(tf.square(x), 1)))),
  ofInput('Atanh', (dy, x) => tf.div(dy, tf.sub(1, tf.square(x)))),
  ofInput('Elu', (dy, x) => tf.where(tf.greater(x, 0), dy, tf.mul(dy, tf.exp(x)))),
  ofInput('Selu', (dy, x) => {
    const scaled = tf.mul(dy, SELU_SCALE);
    return tf.where(tf.greater(x, 0), scaled, tf.mul(scaled, tf.mul(SELU_ALPHA, tf.exp(x))));
  }),
  ofInput('LeakyRelu', (dy, x, { alpha }) => tf.where(tf.greater(x, 0), dy, tf.mul(dy, alpha as number))),
  ofInput('Relu6', (dy, x) => tf.mul(dy, flag(tf.logicalAnd(tf.greater(x, 0), tf.less(x, 6))))),
  ...['Step', 'Floor', 'Ceil', 'Round', 'Sign', 'ZerosLike', 'OnesLike'].map((name) =>
    ofInput(name, (dy) => tf.zerosLike(dy)),
  ),
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
  // The product of all other factors, which is right for factors of zero as well.
  ofInput('Prod', (dy, x, { axis }) => {
    const axes = tf.util.parseAxisParam((axis ?? null) as number | number[], x.shape);
    const order = [...x.shape.keys()].filter((i) => !axes.includes(i)).concat(axes);
    const last = tf.reshape(tf.transpose(x, order), [-1, sizeOf(axes.map((i) => x.shape[i]))]);
    const others = tf.mul(tf.cumprod(last, 1, true), tf.cumprod(last, 1, true, true));
    const shaped = tf.reshape(
      others,
      order.map((i) => x.shape[i]),
    );
    const undone = tf.transpose(shaped, tf.backend_util.getUndoAxesPermutation(order));
    return tf.mul(unreduce(dy, x.shape, axis), undone);
  }),
  ofInput('Cumsum', (dy, _, { axis, exclusive, reverse }) =>
    tf.cumsum(dy, axis as number, exclusive as boolean, !reverse),
  ),
];

/** Sums of the rows of `x` `[R, C]` by segment, `[segments, C]`. */
function segmentSum(x: Tensor, ids: Tensor, segments: number): Tensor {
  if (tf.getKernel('UnsortedSegmentSum', tf.getBackend())) {
    return tf.unsortedSegmentSum(x as tf.Tensor2D, ids as tf.Tensor1D, segments);
  }
  return tf.matMul(flag(tf.oneHot(ids, segments)), x, true); // wasm has no segment sum
}

const sizeOf = (shape: readonly number[]): number => tf.util.sizeFromShape([...shape]);

/** The gradient of `x` `[P, O, N, I]`, of which `gather` took the `indices` `[P, M]` along N. */
function gatherGradient(dy: Tensor, x: Tensor, indices: Tensor, axis: number, batchDims: number): Tensor {
  const batches = sizeOf(x.shape.slice(0, batchDims));
  const outer = sizeOf(x.shape.slice(batchDims, axis));
  const [length, inner] = [x.shape[axis], sizeOf(x.shape.slice(axis + 1))];
  const each = indices.size / Math.max(1, batches);
  const offsets = tf.mul(
    tf.reshape(tf.range(0, batches, 1, 'int32'), [batches, 1]),
    tf.scalar(length, 'int32'),
  );
  const ids = tf.add(tf.reshape(indices, [batches, each]), offsets);
  const rows = tf.transpose(tf.reshape(dy, [batches, outer, each, inner]), [0, 2, 1, 3]);
  const sums = segmentSum(
    tf.reshape(rows, [batches * each, outer * inner]),
    tf.reshape(ids, [batches * each]),
    batches * length,
  );
  return tf.reshape(tf.transpose(tf.reshape(sums, [batches, length, outer, inner]), [0, 2, 1, 3]), x.shape);
}

/** Puts the entries of `dy` along a dimension at `begin`, `begin + stride`, … of `length` zeros. */
function spread(dy: Tensor, axis: number, begin: number, stride: number, length: number): Tensor {
  const [before, count, after] = [dy.shape.slice(0, axis), dy.shape[axis], dy.shape.slice(axis + 1)];
  if (count === 0) return tf.zeros([...before, length, ...after]);
  if (stride < 0) return spread(tf.reverse(dy, axis), axis, begin + (count - 1) * stride, -stride, length);
  const [outer, inner] = [sizeOf(before), sizeOf(after)];
  const gaps = tf.pad(tf.reshape(dy, [outer, count, 1, inner]), [[0, 0], [0, 0], [0, stride - 1], [0, 0]]); // prettier-ignore
  const dense = tf.slice(
    tf.reshape(gaps, [outer, count * stride, inner]),
    [0, 0, 0],
    [outer, (count - 1) * stride + 1, inner],
  );
  const end = length - begin - (count - 1) * stride - 1;
  return tf.reshape(tf.pad(dense, [[0, 0], [begin, end], [0, 0]]), [...before, length, ...after]); // prettier-ignore
}

const selections: tf.GradConfig[] = [
  {
    kernelName: 'GatherV2',
    inputsToSave: ['x', 'indices'],
    gradFunc: (dy, [x, indices], { axis, batchDims }) => ({
      x: () => {
        const along = tf.util.parseAxisParam(axis as number, x.shape)[0];
        return gatherGradient(dy as Tensor, x, indices, along, (batchDims as number | undefined) ?? 0);
      },
    }),
  },
  {
    kernelName: 'TopK',
    inputsToSave: ['x'],
    outputsToSave: [false, true],
    gradFunc: (dys, [x, indices]) => ({
      x: () => {
        const [dy] = listed(dys);
        return gatherGradient(dy, x, indices, x.rank - 1, x.rank - 1);
      },
    }),
  },
  {
    kernelName: 'UnsortedSegmentSum',
    inputsToSave: ['segmentIds'],
    // Rows with a negative id belong to no segment.
    gradFunc: (dy, [ids]) => ({
      x: () => {
        const taken = tf.gather(dy as Tensor, tf.maximum(ids, tf.scalar(0, 'int32')) as tf.Tensor1D);
        const inside = tf.reshape(flag(tf.greaterEqual(ids, 0)), [ids.size, ...taken.shape.slice(1).fill(1)]);
        return tf.mul(taken, inside);
      },
    }),
  },
  ofInput('StridedSlice', (dy, x, attributes) => {
    const { begin, end, strides, ...masks } = attributes as Record<string, number[]>;
    const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = masks as unknown as Record<
      string,
      number
    >;
    const info = tf.slice_util.sliceInfo(
      ...([x.shape, begin, end, strides] as const),
      ...([beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const),
    );
    const counts = x.shape.map((_, i) => {
      const steps = Math.ceil((info.end[i] - info.begin[i]) / info.strides[i]);
      return Math.max(0, steps);
    });
    return x.shape.reduce(
      (gradient, length, i) => spread(gradient, i, info.begin[i], info.strides[i], length),
      tf.reshape(dy, counts),
    );
  }),
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
  for (const config of [...elementwise, ...reductions, ...products, ...rearrangements, ...selections]) {
    if (tf.getGradient(config.kernelName) !== config) tf.registerGradient(config);
  }
}
