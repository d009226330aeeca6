// Several feed-forward networks of which each token takes one (top-1 routing; Switch Transformer, Fedus,
// Zoph and Shazeer, 2021). Leaves out load balancing and the scaling by the router's probability: without
// the latter nothing tells the router how it did, so it has no gradient and stays as it was made.
import { tf } from '@lilformer/engine';
import { dispatchToExperts } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { FeedForward } from './feed-forward.js';
import type { LayerOptions } from './forward-options.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { checkSize } from './sizes.js';

/** The output of the expert that the router prefers, for each token by itself. */
export class MixtureOfExperts extends Module {
  readonly experts: readonly FeedForward[];
  readonly router: Linear;

  /**
   * @param width size of the last dimension, before and after
   * @param inner size between the two maps of an expert
   * @param experts number of experts
   * @throws RangeError when a size is not a whole number of at least 1
   */
  constructor(width: number, inner: number, experts: number, random: Random) {
    super();
    checkSize('experts', experts);
    this.experts = Array.from({ length: experts }, () => new FeedForward(width, inner, random));
    this.router = new Linear(width, experts, random, { bias: false });
  }

  /** `[B, T, C]` to the same shape. Captures `route.N` [B, T] and `router_probs.N` [B, T, E]. */
  forward(x: tf.Tensor3D, { capture, layer = 0 }: LayerOptions = {}): tf.Tensor3D {
    const [batch, tokens, width] = x.shape;
    const probabilities = tf.softmax(this.router.forward(x)); // [B, T, E]
    const route: tf.Tensor = tf.argMax(probabilities, -1); // [B, T]
    capture?.take(`router_probs.${layer}`, probabilities);
    capture?.take(`route.${layer}`, route);
    const mixed = dispatchToExperts(
      tf.reshape(x, [batch * tokens, width]),
      tf.reshape(route, [batch * tokens]),
      this.experts.map((expert) => (rows) => expert.forward(rows)),
    );
    return tf.reshape(mixed, [batch, tokens, width]);
  }
}
