// A program that calls operations on tensors without elements whose other dimensions are long. Each has to return or throw at
// once: a loop over a dimension would take minutes. It prints the name of each operation first.
import { openEngine, tf } from '@lilformer/engine';
import * as ops from '../index.js';

const LONG = 1e9;
const SHAPES = [
  [LONG, 0],
  [0, LONG],
  [LONG, 0, 4],
  [2, LONG, 0],
  [0, LONG, 4],
  [LONG, 0, LONG],
];

const empty = (shape: number[], dtype: 'float32' | 'int32' = 'float32'): tf.Tensor =>
  tf.tensor([], shape, dtype);
/** A shape that broadcasts to another. */
const thin = (shape: number[]): number[] => shape.map((size) => Math.min(size, 1));

function run(name: string, operation: () => unknown): void {
  console.log(name);
  tf.tidy(() => {
    try {
      operation();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  });
}

/** Calls functions of tfjs by name. */
const call = (name: string, ...args: unknown[]): tf.Tensor =>
  (tf as unknown as Record<string, (...args: unknown[]) => tf.Tensor>)[name](...args);

const UNARY =
  'relu square sqrt rsqrt neg abs reciprocal sigmoid tanh exp zerosLike onesLike relu6 sign ceil floor round elu selu softplus expm1 log log1p erf sin cos tan isNaN step leakyRelu softmax clone';
const BINARY =
  'add sub mul div maximum minimum squaredDifference pow mod floorDiv atan2 prelu equal notEqual less lessEqual greater greaterEqual';
const REDUCTIONS = 'sum mean max min prod logSumExp argMax argMin';
const WITH_GRADIENT = 'relu square sqrt neg abs sigmoid tanh exp elu selu softplus log erf leakyRelu';

function operationsOf(shape: number[]): void {
  const label = (name: string): string => `${name} [${shape.join()}]`;
  const x = (): tf.Tensor => empty(shape);
  const one = (name: string, operation: () => unknown): void => run(label(name), operation);
  for (const name of UNARY.split(' ')) one(name, () => call(name, x()));
  for (const name of WITH_GRADIENT.split(' '))
    one(`gradient of ${name}`, () => tf.grad((a) => call(name, a))(x()));
  // That of softmax has a sum for each row.
  if (shape.at(-1) === LONG) one('gradient of softmax', () => tf.grad((a) => tf.softmax(a))(x()));
  for (const name of BINARY.split(' ')) {
    const others = { itself: x, 'a scalar': () => tf.scalar(2), broadcast: () => empty(thin(shape)) };
    for (const [what, other] of Object.entries(others)) {
      one(`${name} with ${what}`, () => call(name, x(), other()));
      if ('add sub mul div maximum'.split(' ').includes(name))
        one(`gradient of ${name} with ${what}`, () => tf.grads((a, b) => call(name, a, b))([x(), other()]));
    }
  }
  const zeros = shape.map(() => 0);
  one('where', () => tf.where(tf.cast(empty(thin(shape)), 'bool'), x(), x()));
  one('cast', () => tf.cast(x(), 'int32'));
  one('transpose', () => tf.transpose(x()));
  one('reverse', () => tf.reverse(x()));
  one('stack', () => tf.stack([x(), x()]));
  one('slice', () => tf.slice(x(), zeros, shape));
  one('stridedSlice', () =>
    tf.stridedSlice(
      x(),
      zeros,
      shape,
      shape.map(() => 2),
    ),
  );
  one('tile', () =>
    tf.tile(
      empty(thin(shape)),
      shape.map((size) => Math.max(size, 1)),
    ),
  );
  one('pad', () =>
    tf.pad(
      x(),
      shape.map(() => [0, 0]),
    ),
  );
  one('broadcastTo', () => tf.broadcastTo(empty(thin(shape)), shape));
  one('split', () => tf.split(x(), 2, shape.indexOf(LONG)));
  one('clipByValue', () => tf.clipByValue(x(), 0, 1));
  one('zeros, ones and fill', () => [tf.zeros(shape), tf.ones(shape), tf.fill(shape, 3)]);
  one('norm', () => tf.norm(x()));
  one('addN', () => tf.addN([x(), x()]));
  for (const name of REDUCTIONS.split(' ')) {
    if (!name.startsWith('arg')) one(name, () => call(name, x()));
    // Over the dimension without elements, each of the others has a result.
    const axis = shape.indexOf(LONG);
    if (shape.filter((size) => size === LONG).length === 1)
      one(`${name} of an axis`, () => call(name, x(), axis));
  }
  shape.forEach((size, axis) => {
    one(`cumsum of axis ${axis}`, () => tf.cumsum(x(), axis));
    one(`cumprod of axis ${axis}`, () => tf.cumprod(x(), axis));
    one(`concat of axis ${axis}`, () => tf.concat([x(), x()], axis));
    one(`gather of axis ${axis}`, () => tf.gather(x(), tf.tensor1d(size > 0 ? [0] : [], 'int32'), axis));
  });
}

function products(): void {
  run('matMul of rows', () => tf.matMul(empty([LONG, 0]), empty([0, 0])));
  run('matMul of columns', () => tf.matMul(empty([0, LONG]), empty([LONG, 0])));
  run('matMul, transposed', () => tf.matMul(empty([0, LONG]), empty([0, LONG]), false, true));
  for (const [a, b] of [
    [
      [LONG, 0, 0],
      [LONG, 0, 0],
    ],
    [
      [LONG, 4, 0],
      [LONG, 0, 0],
    ],
    [
      [LONG, 0, 4],
      [LONG, 4, 0],
    ],
    [
      [LONG, 0, 4],
      [1, 4, 3],
    ],
    [
      [LONG, 0, 4],
      [2, 1, 4, 0],
    ],
  ]) {
    run(`matMul [${a.join()}] [${b.join()}]`, () => tf.matMul(tf.zeros(a), tf.zeros(b)));
  }
  run('gradient of matMul', () => tf.grads((a, b) => tf.matMul(a, b))([empty([0, LONG]), empty([LONG, 0])]));
}

function operationsOfThisLibrary(): void {
  const ids = (shape: number[]): tf.Tensor => empty(shape, 'int32');
  const weights = (inputs: number, gates: number) => ({
    weightIh: tf.zeros([3 * gates, inputs]) as tf.Tensor2D,
    weightHh: tf.zeros([3 * gates, 3]) as tf.Tensor2D,
  });
  const [rows, columns, words] = [
    [LONG, 0],
    [0, LONG],
    [LONG, 0, 4],
  ];
  run('linear', () => [
    ops.linear(empty(words), tf.ones([3, 4])),
    ops.linear(empty(columns), empty(columns)),
    ops.linear(empty([0, 4]), tf.ones([3, 4]), tf.ones([3]), 'gelu'),
  ]);
  run('activations', () => [ops.gelu(empty(rows)), ops.relu(empty(rows))]);
  for (const shape of [rows, words]) {
    const width = shape.at(-1)!;
    const [w, b] = [tf.zeros([width]), tf.zeros([width])];
    run(`norms [${shape.join()}]`, () => [
      ops.layerNorm(empty(shape), w, b),
      ops.rmsNorm(empty(shape), w),
      ops.addLayerNorm(empty(shape), empty(shape), w, b),
      ops.addRmsNorm(empty(shape), empty(shape), w),
    ]);
    run(`gradients of norms [${shape.join()}]`, () => tf.grad((x) => ops.layerNorm(x, w, b))(empty(shape)));
  }
  for (const shape of [rows, columns]) {
    run(`embedding [${shape.join()}]`, () => [
      ops.embedding(ids(shape), tf.ones([4, 3])),
      ops.embedding(ids(shape), empty([4, 0])),
      ops.embeddingWithPositions(ids(shape), tf.ones([4, 3]), tf.ones([5, 3])),
    ]);
  }
  for (const shape of [words, [0, LONG, 4], [LONG, LONG, 0]]) {
    const options = { heads: 2, causal: true };
    run(`attention [${shape.join()}]`, () =>
      ops.attention(empty(shape), empty(shape), empty(shape), options),
    );
    const packed = [...shape.slice(0, 2), 3 * shape[2]];
    run(`packed attention [${shape.join()}]`, () => ops.attentionPacked(empty(packed), options));
    run(`cached attention [${shape.join()}]`, () =>
      ops.cachedAttention(empty(shape), empty(shape), empty(shape), 0, options),
    );
    run(`append to a cache [${shape.join()}]`, () => ops.appendToCache(undefined, 0, empty(shape)));
    run(`cache of rows [${shape.join()}]`, () => ops.cacheOfRows(empty(shape), 0, []));
    // Each sequence has a last state.
    if (shape[0] > 0) continue;
    run(`rnn and gru [${shape.join()}]`, () => [
      ops.rnn(empty(shape), weights(shape[2], 1)),
      ops.gru(empty(shape), weights(shape[2], 3)),
    ]);
  }
  run('crossEntropy', () => [
    ops.crossEntropy(empty(columns), ids([0]), { reduction: 'sum' }),
    ops.crossEntropy(empty([LONG, 0, 5]), ids(rows), { reduction: 'sum' }),
    ops.crossEntropy(empty([LONG, 0, 5]), ids(rows), { reduction: 'none' }),
  ]);
  run('linearCrossEntropy', () =>
    ops.linearCrossEntropy(empty(words), tf.ones([5, 4]), undefined, ids(rows), { reduction: 'sum' }),
  );
  run('dropout', () => [ops.dropout(empty(rows), 0.5, 1, 0), ops.dropout(empty(columns), 0.5, 1, 0)]);
  run('residual', () => [
    ops.residual(empty(rows), empty(rows)),
    ops.residual(empty(columns), empty(columns), { rate: 0.5, seed: 1, counter: 0 }),
  ]);
  run('stackRows', () => ops.stackRows([empty(rows), empty(rows)]));
  run('addGradients', () => ops.addGradients(empty(rows), empty(rows)));
  run('clipByGlobalNorm', () => ops.clipByGlobalNorm([empty(rows), empty(columns)], 1));
  run('optimizers', () => {
    const variables = [tf.variable(empty(rows)), tf.variable(empty(columns))];
    const gradients = [empty(rows), empty(columns)];
    ops.adamStep(variables, gradients, ops.createAdamState(variables), { learningRate: 0.1 });
    ops.adamWStep(variables, gradients, ops.createAdamState(variables), { learningRate: 0.1 });
    ops.sgdStep(variables, gradients, ops.createSgdState(variables), { learningRate: 0.1, momentum: 0.9 });
  });
}

await openEngine({ engine: 'native' });
for (const shape of SHAPES) operationsOf(shape);
products();
operationsOfThisLibrary();
