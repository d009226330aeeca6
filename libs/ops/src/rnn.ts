// The simple recurrent layer (Elman 1990), `nn.RNN` of PyTorch, over whole sequences.
import { tf } from '@lilformer/engine';
import { tanh } from './functions.js';
import { hasVisibleMemory } from './memory.js';
import {
  overSequences,
  recurrentSizes,
  type Cell,
  type RecurrentResult,
  type RecurrentWeights,
} from './recurrent.js';

/** Options of `rnn`. */
export interface RnnOptions {
  /** The state before the first step, `[B, H]`; zeros without. */
  state?: tf.Tensor;
  /** What bends the sum: `tanh`, as by default, or `relu`. */
  nonlinearity?: 'tanh' | 'relu';
}

/**
 * h_t = tanh(x_t · weightIhᵀ + biasIh + h_(t-1) · weightHhᵀ + biasHh), or with relu.
 *
 * @param x `[B, T, in]`
 * @param weights in PyTorch's layout, G = 1
 * @throws Error when the sizes do not fit.
 */
export function rnn(x: tf.Tensor, weights: RecurrentWeights, options: RnnOptions = {}): RecurrentResult {
  const cell = cellOf(options);
  if (!hasVisibleMemory()) return rnnReference(x, weights, options);
  const { output, state } = overSequences(cell, x, weights, options.state);
  return { output, state };
}

/** The specification of `rnn`. */
export function rnnReference(
  x: tf.Tensor,
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
  options: RnnOptions = {},
): RecurrentResult {
  const cell = cellOf(options);
  const sizes = recurrentSizes(cell, x, { weightIh, weightHh, biasIh, biasHh }, options.state);
  const bend = cell === RELU ? tf.relu : tf.tanh;
  let state = (options.state ?? tf.zeros([sizes.batch, sizes.hidden])) as tf.Tensor2D;
  const states: tf.Tensor[] = [];
  for (let step = 0; step < sizes.steps; step++) {
    const now = tf.squeeze<tf.Tensor2D>(tf.slice(x, [0, step, 0], [-1, 1, -1]), [1]);
    let sum: tf.Tensor = tf.add(
      tf.matMul(now, weightIh as tf.Tensor2D, false, true),
      tf.matMul(state, weightHh as tf.Tensor2D, false, true),
    );
    if (biasIh) sum = tf.add(sum, biasIh);
    if (biasHh) sum = tf.add(sum, biasHh);
    state = bend(sum) as tf.Tensor2D;
    states.push(state);
  }
  return { output: stackSteps(states, sizes.batch, sizes.hidden), state: tf.clone(state) };
}

/** States of all steps as one tensor [B, T, H]; there may be none. */
export function stackSteps(states: tf.Tensor[], batch: number, hidden: number): tf.Tensor3D {
  return (states.length > 0 ? tf.stack(states, 1) : tf.zeros([batch, 0, hidden])) as tf.Tensor3D;
}

function cellOf({ nonlinearity = 'tanh' }: RnnOptions): Cell {
  if (nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
    throw new Error(`rnn: nonlinearity ${String(nonlinearity)}, expected tanh or relu`);
  }
  return nonlinearity === 'tanh' ? TANH : RELU;
}

const shape = { name: 'rnn', blocks: 1, kept: 0 } as const;

const TANH: Cell = {
  ...shape,
  kind: 0,
  forward(hidden, input, state, _before, after) {
    for (let j = 0; j < hidden; j++) {
      after.array[after.at + j] = tanh(input.array[input.at + j] + state.array[state.at + j]);
    }
  },
  backward(hidden, dAfter, _before, after, _kept, dInput, dState) {
    for (let j = 0; j < hidden; j++) {
      const y = after.array[after.at + j];
      const d = dAfter.array[dAfter.at + j] * (1 - y * y);
      dInput.array[dInput.at + j] = d;
      dState.array[dState.at + j] = d;
      dAfter.array[dAfter.at + j] = 0;
    }
  },
};

const RELU: Cell = {
  ...shape,
  kind: 1,
  forward(hidden, input, state, _before, after) {
    for (let j = 0; j < hidden; j++) {
      const sum = input.array[input.at + j] + state.array[state.at + j];
      after.array[after.at + j] = sum < 0 ? 0 : sum;
    }
  },
  backward(hidden, dAfter, _before, after, _kept, dInput, dState) {
    for (let j = 0; j < hidden; j++) {
      const d = after.array[after.at + j] > 0 ? dAfter.array[dAfter.at + j] : 0;
      dInput.array[dInput.at + j] = d;
      dState.array[dState.at + j] = d;
      dAfter.array[dAfter.at + j] = 0;
    }
  },
};
