// Applies a stack of layers and a final norm, with the layer index, the memory scope and the captured hidden states.
import { tidy, type tf } from '@lilformer/engine';
import { residual as addResidual } from '@lilformer/ops';
import type { Dropout } from './dropout.js';
import type { LayerOptions } from '../forward/forward-options.js';

/** A layer from `[B, T, C]` to `[B, T, C']`. */
interface Layer<Options extends LayerOptions = LayerOptions> {
  forward(x: tf.Tensor3D, options: Options): tf.Tensor3D;
}

/**
 * Applies `layers` in order, then `finalNorm`. Disposes the intermediate tensors of each layer.
 *
 * @param x `[B, T, C]`
 * @param options passed to each layer, with `layer` set to its index
 * @param finalNorm applied to the last layer's output
 * @param prefix prefix of the captured names, such as `encoder.`
 * @returns `[B, T, C']`. Captures `hidden.0` (x), `hidden.N` (after layer N) and `hidden.final` (after the norm).
 */
export function applyLayers<Options extends LayerOptions>(
  x: tf.Tensor3D,
  layers: readonly Layer<Options>[],
  options: Options,
  finalNorm?: { forward(x: tf.Tensor3D): tf.Tensor3D },
  prefix = '',
): tf.Tensor3D {
  const { capture } = options;
  capture?.take(`${prefix}hidden.0`, x);
  for (const [layer, module] of layers.entries()) {
    const input = x;
    x = tidy(() => module.forward(input, { ...options, layer }));
    capture?.take(`${prefix}hidden.${layer + 1}`, x);
  }
  if (!finalNorm) return x;
  x = finalNorm.forward(x);
  capture?.take(`${prefix}hidden.final`, x);
  return x;
}

/** `x + dropout(branch())`: a residual connection. Disposes the intermediate tensors of the branch. */
export function residual<T extends tf.Tensor>(x: T, branch: () => T, dropout?: Dropout): T {
  return addResidual(x, tidy(branch), dropout?.next());
}
