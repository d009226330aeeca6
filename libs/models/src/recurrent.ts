// What the recurrent models have in common: a state instead of a context, and the step of an Elman network over whole
// texts.
import type { tf } from '@lilformer/engine';
import { RecurrentState, type ForwardOptions, type LayerOptions, type Linear } from '@lilformer/layers';
import { rnn } from '@lilformer/ops';
import { LanguageModel } from './language-model.js';

/**
 * A language model that remembers a state of fixed size instead of the text: it takes texts of any length, and with a
 * cache of `createCache` it goes on from where the last call ended.
 */
export abstract class RecurrentLM extends LanguageModel {
  /**
   * @throws Error when there is a padding mask: a state has read all before it, padding too
   */
  protected override checkOptions({ paddingMask }: ForwardOptions): void {
    if (!paddingMask) return;
    throw new Error(
      `${this.constructor.name}: a recurrent model reads padding like any token, so it takes no paddingMask; ` +
        'run texts of equal length side by side',
    );
  }

  protected override newCache(batch: number): RecurrentState {
    return new RecurrentState(batch);
  }
}

/**
 * `h_t = tanh(ofInput(x_t) + ofState(h_(t-1)))` for all steps in one operation, from the cache's state on, or from zeros
 * (Elman, "Finding structure in time", 1990).
 *
 * @param x `[B, T, in]`
 * @returns the states `[B, T, H]`
 */
export function elmanLayer(
  x: tf.Tensor3D,
  ofInput: Linear,
  ofState: Linear,
  { cache, layer = 0 }: LayerOptions,
): tf.Tensor3D {
  const memory = RecurrentState.of(cache);
  const weights = {
    weightIh: ofInput.weight.variable,
    weightHh: ofState.weight.variable,
    biasIh: ofInput.bias?.variable,
    biasHh: ofState.bias?.variable,
  };
  const { output, state } = rnn(x, weights, { state: memory?.get(layer) });
  memory?.set(layer, state);
  return output;
}
