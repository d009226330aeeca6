// The gated recurrent unit, PyTorch's `nn.GRU` with `batch_first=True`.
import { gru, type RecurrentResult } from '@lilformer/ops';
import type { tf } from '@lilformer/engine';
import type { Random } from '@lilformer/random';
import type { ForwardOptions } from './forward-options.js';
import { Recurrent, type RecurrentOptions } from './recurrent.js';

/**
 * Reset gate r, update gate z, new content n: `h_t = (1 - z) n + z h_(t-1)`; in the weights in this order.
 *
 * With `capture`, `forward` takes `gate.r.N`, `gate.z.N` and `gate.n.N` `[B, T, H]` of each layer N.
 */
export class GRU extends Recurrent {
  /**
   * @param inputSize,hiddenSize numbers of a step's input and of the state
   * @param random draws the first weights
   * @throws RangeError when a size is not a whole number of at least 1
   */
  constructor(inputSize: number, hiddenSize: number, random: Random, options: RecurrentOptions = {}) {
    super(3, inputSize, hiddenSize, random, options);
  }

  protected override run(
    x: tf.Tensor3D,
    layer: number,
    state: tf.Tensor2D | undefined,
    capture: ForwardOptions['capture'],
  ): RecurrentResult {
    const { gates, ...result } = gru(x, this.weights(layer), { state, returnGates: capture !== undefined });
    for (const name of ['r', 'z', 'n'] as const) {
      if (gates) capture?.take(`gate.${name}.${layer}`, gates[name]);
    }
    return result;
  }
}
