// What attention, recurrent and expert layers take besides their input.
import type { tf } from '@lilformer/engine';
import type { Cache } from './cache.js';
import type { Capture } from './capture.js';

/** Options that a model hands down to its layers. */
export interface ForwardOptions {
  /** What the model remembers of earlier tokens, as its `createCache` made it; the input holds the new ones only. */
  cache?: Cache;
  /** Collects inner values by name. Without it nothing is kept and the fused operations run. */
  capture?: Capture;
  /** `[B, T]` over all tokens, the cache's included: 1 for a real token, 0 for padding, which nobody attends to. */
  paddingMask?: tf.Tensor2D;
  /**
   * Int32 `[B, T]`, the positions of these tokens. Without, they go on after the cache's, and with a padding mask they
   * count real tokens only.
   */
  positions?: tf.Tensor2D;
  /** Logits of the last place only, `[B, 1, V]`: all that sampling needs. */
  lastOnly?: boolean;
}

/** The same for one layer of a model. */
export interface LayerOptions extends ForwardOptions {
  /** Which layer this is, from 0: its place in the cache and the number in captured names. */
  layer?: number;
}
