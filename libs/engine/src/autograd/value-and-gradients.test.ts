import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEngine, tf } from '../index.js';
import { valueAndGradients, type ValueAndGradients } from './value-and-gradients.js';

/** A step of a random program: which operation, and which two of the tensors so far (by a share of their number). */
type Step = readonly [operation: number, first: number, second: number];

/** Product, with a gradient of its own for both, one of them handed on as it came. */
const ownProduct = tf.customGrad((...args) => {
  const save = args.pop() as unknown as tf.GradSaveFunc;
  const [a, b] = args as tf.Tensor[];
  save([a, b]);
  return {
    value: tf.mul(a, b),
    gradFunc: (dy: tf.Tensor, [a, b]: tf.Tensor[]) => [tf.mul(dy, b), tf.mul(dy, a)],
  };
});

/** Sum of three that hands its gradient on, to the first as it came. */
const ownSum = tf.customGrad((...args) => {
  args.pop();
  const [a, b, c] = args as tf.Tensor[];
  return { value: tf.add(tf.add(a, b), c), gradFunc: (dy: tf.Tensor) => [dy, tf.clone(dy), tf.clone(dy)] };
});

/** The same with one tensor as the gradient of all three, which tf.variableGrads would dispose of too early. */
const sharedSum = tf.customGrad((...args) => {
  args.pop();
  const [a, b, c] = args as tf.Tensor[];
  return { value: tf.add(tf.add(a, b), c), gradFunc: (dy: tf.Tensor) => [dy, dy, dy] };
});

/** Operations on [4, 3] (and on what broadcasts to it), giving tensors of that shape. */
const OPERATIONS: readonly ((a: tf.Tensor, b: tf.Tensor) => tf.Tensor)[] = [
  (a, b) => tf.add(a, b),
  (a, b) => tf.sub(a, b),
  (a, b) => tf.mul(a, b),
  (a) => tf.tanh(a),
  (a) => tf.mul(a, a),
  (a, b) => ownProduct(a, b),
  (a, b) => ownSum(a, b, a),
  (a) => tf.add(a, tf.sum(a, 0, true)), // broadcast of [1, 3]
  (a, b) => {
    const [left, right] = tf.split(a, 2, 0); // two outputs, of which one may lead nowhere
    return tf.concat([left, tf.slice(b, [0, 0], [2, 3])].concat(right.size > 99 ? [right] : []), 0);
  },
  (a) => {
    const [left, right] = tf.split(a, 2, 0);
    return tf.concat([right, left], 0);
  },
  (a, b) => tf.matMul(a, tf.matMul(b, a, true, false)),
  (a) => tf.reshape(tf.transpose(tf.reshape(a, [3, 4])), [4, 3]),
  () => tf.ones([4, 3]), // depends on nothing
];

/** A scalar from the first `used` of some variables; the last of them is a row, the others are whole matrices. */
function build(steps: readonly Step[], variables: readonly tf.Tensor[], used: number): tf.Scalar {
  const tensors = variables.slice(-used).map((variable) => tf.add(tf.zeros([4, 3]), variable));
  for (const [operation, first, second] of steps) {
    const pick = (share: number): tf.Tensor => tensors[Math.floor(share * tensors.length)];
    // Halved, so that products of products stay in range.
    tensors.push(tf.mul(OPERATIONS[operation](pick(first), pick(second)), 0.5));
  }
  const last = tensors.at(-1)!;
  return tf.add(tf.sum(last), tf.sum(tf.mul(last, tensors[0])));
}

const STEP = fc.tuple(
  fc.nat(OPERATIONS.length - 1),
  fc.double({ min: 0, max: 0.999, noNaN: true }),
  fc.double({ min: 0, max: 0.999, noNaN: true }),
);

/** Calls `f` and gives the most arrays that were in memory at once, beyond those before. */
function peakOf(f: () => void): number {
  const engine = tf.engine();
  const { numDataBuffers } = engine.state;
  const original = engine.trackTensor.bind(engine);
  let peak = 0;
  engine.trackTensor = (tensor, backend) => {
    original(tensor, backend);
    peak = Math.max(peak, engine.state.numDataBuffers - numDataBuffers);
  };
  try {
    f();
  } finally {
    engine.trackTensor = original;
  }
  return peak;
}

describe('valueAndGradients', () => {
  let variables: tf.Variable[];
  let before: number;
  beforeAll(async () => {
    await openEngine();
  });
  beforeEach(() => {
    before = tf.memory().numTensors;
    variables = tf.tidy(() =>
      [[4, 3], [4, 3], [3]].map((shape, i) =>
        tf.variable(
          tf.tensor(
            Array.from({ length: tf.util.sizeFromShape(shape) }, (_, j) => Math.sin(3 * i + j)),
            shape as [number, number],
          ),
        ),
      ),
    );
  });
  afterEach(() => {
    tf.dispose(variables);
    expect(tf.memory().numTensors).toBe(before);
  });
  const numbers = (tensor: tf.Tensor | undefined): number[] | undefined =>
    tensor && Array.from(tensor.dataSync());
  const given = ({ value, gradients }: ValueAndGradients): unknown => [value, gradients.map(numbers)];
  /** What tf.variableGrads gives, in the same form; or undefined where it finds no way to any variable. */
  const theirs = (f: () => tf.Scalar): unknown =>
    tf.tidy(() => {
      try {
        const { value, grads } = tf.variableGrads(f, variables);
        const named = grads as Partial<typeof grads>;
        return [value.dataSync()[0], variables.map(({ name }) => numbers(named[name]))];
      } catch (error) {
        expect(String(error)).toMatch(/Cannot compute gradient|Cannot find a connection/);
        return undefined;
      }
    });

  it('equals tf.variableGrads on random graphs bit for bit, without leaks', () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 12 }), fc.integer({ min: 1, max: 3 }), (steps, used) => {
        const f = (): tf.Scalar => build(steps, variables, used);
        const expected = theirs(f);
        const start = tf.memory();
        if (expected === undefined) {
          expect(() => valueAndGradients(f, variables)).toThrow(/depends on none of the variables/);
        } else {
          const actual = valueAndGradients(f, variables);
          expect(given(actual)).toEqual(expected);
          tf.dispose(actual.gradients.filter((gradient) => gradient !== undefined));
        }
        expect(tf.memory().numTensors).toBe(start.numTensors);
        expect(tf.memory().numBytes).toBe(start.numBytes);
        expect(tf.memory().numDataBuffers).toBe(start.numDataBuffers);
      }),
      { numRuns: 150 },
    );
  });

  it('uses less memory than tf.variableGrads', () => {
    // Each of twelve layers saves its output.
    const deep = (): tf.Scalar => {
      let x: tf.Tensor = variables[0];
      for (let layer = 0; layer < 12; layer++) x = tf.tanh(tf.mul(x, variables[2]));
      return tf.sum(x);
    };
    const ours = peakOf(() => {
      const { gradients } = valueAndGradients(deep, variables);
      tf.dispose(gradients.filter((gradient) => gradient !== undefined));
    });
    const plain = peakOf(() => void theirs(deep));
    // What the forward pass makes, 24 arrays, is there at its end; theirs has two gradients and more a layer as well.
    expect(ours).toBeLessThan(28);
    expect(plain).toBeGreaterThan(36);
  });

  it('scales the gradients by the weight, but not the value', () => {
    const f = (): tf.Scalar => tf.sum(tf.square(variables[0]));
    const plain = valueAndGradients(f, variables);
    const third = valueAndGradients(f, variables, { weight: 0.25 });
    expect(third.value).toBe(plain.value);
    expect(numbers(third.gradients[0])).toEqual(numbers(plain.gradients[0])!.map((g) => 0.25 * g));
    expect(plain.gradients.slice(1)).toEqual([undefined, undefined]);
    tf.dispose([plain.gradients[0]!, third.gradients[0]!]);
  });

  it('differentiates the loss by itself', () => {
    const loss = tf.tidy(() => tf.variable(tf.scalar(3)));
    const { value, gradients } = valueAndGradients(() => loss as tf.Scalar, [loss]);
    expect([value, numbers(gradients[0])]).toEqual([3, [1]]);
    tf.dispose([loss, gradients[0]!]);
  });

  it.each(['a new tensor', 'the first', 'the second'])('accepts an `add` that returns %s', (which) => {
    const added: boolean[] = [];
    const add = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
      added.push(a === b);
      if (which === 'a new tensor') return tf.add(a, b);
      // As an adder in place would: the sum under the name of one of the two.
      const sum = tf.add(a, b);
      const given = which === 'the first' ? a : b;
      [given.dataId, sum.dataId] = [sum.dataId, given.dataId];
      sum.dispose();
      return given;
    };
    const [a, b] = variables;
    const f = (): tf.Scalar => tf.sum(tf.add(ownSum(a, a, b), ownSum(b, a, a)));
    const shared = (): tf.Scalar => tf.sum(tf.add(sharedSum(a, a, b), sharedSum(b, a, a)));
    const actual = valueAndGradients(shared, variables, { add });
    expect(added).toEqual([false, false, false, false]);
    expect(given(actual)).toEqual(theirs(f));
    tf.dispose(actual.gradients.slice(0, 2) as tf.Tensor[]);
  });

  it('allows nested gradients inside the function', () => {
    const [a, b] = variables;
    const f = (): tf.Scalar => {
      const slope = tf.grad((x) => tf.sum(tf.mul(tf.square(x), b)))(a);
      return tf.sum(tf.square(slope));
    };
    const actual = valueAndGradients(f, variables);
    expect(given(actual)).toEqual(theirs(f));
    tf.dispose(actual.gradients.slice(0, 2) as tf.Tensor[]);
  });

  it('rejects a call inside another gradient', () => {
    const inner = (): tf.Scalar => tf.sum(variables[0]);
    tf.tidy(() => {
      const f = (x: tf.Tensor): tf.Tensor => {
        valueAndGradients(inner, variables);
        return tf.sum(x);
      };
      expect(() => tf.grad(f)(tf.scalar(1))).toThrow(/inside another gradient. Use tf.grads/);
    });
    expect(tf.engine().state.gradientDepth).toBe(0);
  });

  it('treats indices and conditions as constants', () => {
    const x = tf.tidy(() => tf.variable(tf.tensor2d([3, 1, 2, 0, 5, 4], [2, 3])));
    const { value, gradients } = valueAndGradients(() => {
      const best = tf.oneHot(tf.argMax(x, 1) as tf.Tensor1D, 3);
      const large = tf.cast(tf.logicalNot(tf.less(x, 2)), 'float32');
      return tf.sum(tf.add(tf.mul(tf.square(x), best), tf.mul(x, large)));
    }, [x]);
    expect(value).toBe(9 + 25 + 3 + 2 + 5 + 4);
    expect(Array.from(gradients[0]!.dataSync())).toEqual([7, 0, 1, 0, 11, 1]);
    tf.dispose([gradients[0]!, x]);
  });

  it('leaks nothing when the function throws', () => {
    const fails = tf.customGrad((x) => ({
      value: tf.mul(x as tf.Tensor, 2),
      gradFunc: (): tf.Tensor => {
        throw new Error('no gradient today');
      },
    }));
    const wrongShape = tf.customGrad((x) => ({
      value: tf.sum(x as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => dy,
    }));
    const [a] = variables;
    const start = tf.memory().numTensors;
    const attempts: [() => unknown, RegExp][] = [
      [
        () => {
          tf.tanh(a);
          throw new Error('no loss today');
        },
        /no loss today/,
      ],
      [() => tf.sum(tf.tanh(fails(tf.tanh(a)))), /no gradient today/],
      [() => wrongShape(tf.tanh(a)), /input 0 is float32 of shape \[\], expected float32 of shape \[4,3\]/],
      [() => tf.sum(tf.cumprod(tf.tanh(a))), /Cumprod has no gradient/],
      [() => tf.tanh(a), /returned float32 of shape \[4,3\], expected a float32 scalar/],
      [() => tf.cast(tf.sum(a), 'int32'), /returned int32 of shape \[\], expected/],
      [() => 7, /returned number, expected a float32 scalar/],
      [() => tf.sum(tf.ones([2])), /depends on none of the variables/],
    ];
    for (const [f, message] of attempts) {
      expect(() => valueAndGradients(f as () => tf.Scalar, variables)).toThrow(message);
      expect(tf.memory().numTensors).toBe(start);
      expect(tf.engine().state.gradientDepth).toBe(0);
    }
    const { gradients } = valueAndGradients(() => tf.sum(a), [a]);
    expect(numbers(gradients[0])).toEqual(Array(12).fill(1));
    tf.dispose(gradients[0]!);
  });
});
