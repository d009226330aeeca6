// The simple recurrent layer, PyTorch's `nn.RNN` with `batch_first=True`.
import { rnn, type RecurrentResult } from '@lilformer/ops';
import type { tf } from '@lilformer/engine';
import type { Random } from '@lilformer/random';
import { Recurrent, type RecurrentOptions } from './recurrent.js';

/** `h_t = tanh(x_t W_ihᵀ + b_ih + h_(t-1) W_hhᵀ + b_hh)`, or with relu. */
export class RNN extends Recurrent {
  readonly nonlinearity: 'tanh' | 'relu';

  /**
   * @param inputSize,hiddenSize numbers of a step's input and of the state
   * @param random draws the first weights
   * @throws RangeError when a size is not a whole number of at least 1
   * @throws Error when `nonlinearity` is neither `tanh` nor `relu`
   */
  constructor(
    inputSize: number,
    hiddenSize: number,
    random: Random,
    options: RecurrentOptions & { nonlinearity?: 'tanh' | 'relu' } = {},
  ) {
    const { nonlinearity = 'tanh' } = options;
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
      throw new Error(`nonlinearity ${String(nonlinearity)}: expected tanh or relu`);
    }
    super(1, inputSize, hiddenSize, random, options);
    this.nonlinearity = nonlinearity;
  }

  protected override run(x: tf.Tensor3D, layer: number, state: tf.Tensor2D | undefined): RecurrentResult {
    return rnn(x, this.weights(layer), { state, nonlinearity: this.nonlinearity });
  }
}
