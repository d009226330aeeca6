// Recurrent language models: a hidden state instead of a context, and the Elman layer.
import type { tf } from '@lilformer/engine';
import { RecurrentState, type ForwardOptions, type LayerOptions, type Linear } from '@lilformer/layers';
import { rnn } from '@lilformer/ops';
import { LanguageModel } from './language-model.js';

/**
 * A language model with a hidden state of fixed size. It takes sequences of any length; with a cache it continues from the
 * state after the last call.
 */
export abstract class RecurrentLM extends LanguageModel {
  /** @throws Error when there is a padding mask: the hidden state would include the padding */
  protected override checkOptions({ paddingMask }: ForwardOptions): void {
    if (!paddingMask) return;
    throw new Error(
      `${this.constructor.name}: paddingMask is not supported by recurrent models. Expected sequences of equal length.`,
    );
  }

  protected override newCache(batch: number): RecurrentState {
    return new RecurrentState(batch);
  }
}

/** `h_t = tanh(inputLayer(x_t) + stateLayer(h_(t-1)))` from the cached state on, or from zeros (Elman, 1990). */
export class ElmanLayer {
  constructor(
    readonly inputLayer: Linear,
    readonly stateLayer: Linear,
  ) {}

  /** `[B, T, in]` to the hidden states `[B, T, H]`. */
  forward(x: tf.Tensor3D, { cache, layer = 0 }: LayerOptions): tf.Tensor3D {
    const states = RecurrentState.of(cache);
    const weights = {
      weightIh: this.inputLayer.weight.variable,
      weightHh: this.stateLayer.weight.variable,
      biasIh: this.inputLayer.bias?.variable,
      biasHh: this.stateLayer.bias?.variable,
    };
    const { output, state } = rnn(x, weights, { state: states?.get(layer) });
    states?.set(layer, state);
    return output;
  }
}
