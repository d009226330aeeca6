// Several feed-forward networks of which each token takes one (top-1 routing; Switch Transformer, Fedus, Zoph and
// Shazeer, arXiv:2101.03961). Leaves out load balancing.
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
  readonly #scaled: boolean;

  /**
   * @param width size of the last dimension, before and after
   * @param inner size between the two maps of an expert
   * @param experts number of experts
   * @param options.trainRouter multiply what an expert gives by the probability that the router gave it (equation 2 of the
   *   paper). That is how the router learns: without it (the default) nothing tells the router how it did, so it has no
   *   gradient and stays as it was made
   * @throws RangeError when a size is not a whole number of at least 1
   */
  constructor(
    width: number,
    inner: number,
    experts: number,
    random: Random,
    options: { trainRouter?: boolean } = {},
  ) {
    super();
    checkSize('experts', experts);
    this.#scaled = options.trainRouter ?? false;
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
    const given: tf.Tensor3D = tf.reshape(mixed, [batch, tokens, width]);
    if (!this.#scaled) return given;
    // Of the probabilities that of the expert taken, whose number is a constant to the tape.
    const taken = tf.tensor2d(route.dataSync<'int32'>(), [batch, tokens], 'int32');
    const chosen = tf.mul(probabilities, tf.oneHot(taken, this.experts.length));
    return tf.mul(given, tf.sum(chosen, -1, true));
  }
}
