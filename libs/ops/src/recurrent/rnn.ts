// The simple recurrent layer (Elman 1990), `nn.RNN` of PyTorch, over whole sequences.
import { tf } from '@lilformer/engine';
import { dispatch } from '../support/kernels.js';
import {
  recurrentFused,
  recurrentReference,
  type Cell,
  type RecurrentResult,
  type RecurrentWeights,
} from './recurrent.js';

/** Options of `rnn`. */
export interface RnnOptions {
  /** The initial state, `[B, H]`; default zeros. */
  state?: tf.Tensor;
  /** The activation: `'tanh'` (default) or `'relu'`. */
  nonlinearity?: 'tanh' | 'relu';
}

const CELLS: Readonly<Record<'tanh' | 'relu', Cell>> = {
  tanh: { name: 'rnn', kind: 0, gates: 1, saved: 0 },
  relu: { name: 'rnn', kind: 1, gates: 1, saved: 0 },
};

/**
 * h_t = tanh(x_t · weightIhᵀ + biasIh + h_(t-1) · weightHhᵀ + biasHh), or with relu.
 *
 * @param x `[B, T, in]`
 * @param weights in PyTorch's layout, G = 1
 * @throws Error when the sizes do not fit.
 */
export function rnn(x: tf.Tensor, weights: RecurrentWeights, options: RnnOptions = {}): RecurrentResult {
  const cell = cellOf(options);
  return dispatch(
    (kernels) => {
      const { output, state } = recurrentFused(kernels, cell, x, weights, options.state);
      return { output, state };
    },
    () => rnnReference(x, weights, options),
  );
}

/** The reference of `rnn`. */
export function rnnReference(
  x: tf.Tensor,
  weights: RecurrentWeights,
  options: RnnOptions = {},
): RecurrentResult {
  const cell = cellOf(options);
  const activation = cell === CELLS.relu ? tf.relu : tf.tanh;
  return recurrentReference(cell, x, weights, options.state, (input, projected) =>
    activation(tf.add(input, projected)),
  );
}

function cellOf({ nonlinearity = 'tanh' }: RnnOptions): Cell {
  if (nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
    throw new Error(`rnn: nonlinearity ${String(nonlinearity)}, expected tanh or relu`);
  }
  return CELLS[nonlinearity];
}
