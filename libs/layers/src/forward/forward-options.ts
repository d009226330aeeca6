// Options of a forward pass that models pass on to their layers.
import type { tf } from '@lilformer/engine';
import type { Cache } from './cache.js';
import type { Capture } from './capture.js';

/** Options of a model's `forward`. */
export interface ForwardOptions {
  /** State of earlier tokens, from the model's `createCache`. The input then holds the new tokens only. */
  cache?: Cache;
  /** Collects intermediate values by name. Without it the fused operations run. */
  capture?: Capture;
  /** `[B, T]` over all tokens, including the cached: 1 for a token, 0 for padding. */
  paddingMask?: tf.Tensor2D;
  /** Int32 `[B, T]`. Default: positions continue after the cache; with a padding mask they count tokens without padding. */
  positions?: tf.Tensor2D;
  /** Computes the logits of the last position only, `[B, 1, V]`. */
  lastOnly?: boolean;
}

/** Options of a layer's `forward`. */
export interface LayerOptions extends ForwardOptions {
  /** Index of the layer, from 0: its slot in the cache and the number in captured names. */
  layer?: number;
}
