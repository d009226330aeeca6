// Mixture of experts with top-1 routing (Switch Transformer, Fedus et al., arXiv:2101.03961), without load balancing.
import { tf } from '@lilformer/engine';
import { dispatchToExperts } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import type { LayerOptions } from '../forward/forward-options.js';
import { Module } from '../module/module.js';
import { checkSize } from '../module/sizes.js';
import { FeedForward } from './feed-forward.js';
import { Linear } from './linear.js';

/** Applies to each token the feed-forward network with the largest router probability. */
export class MixtureOfExperts extends Module {
  readonly experts: readonly FeedForward[];
  readonly router: Linear;
  readonly #trainRouter: boolean;

  /**
   * @param dFf hidden size of an expert
   * @param options.trainRouter multiply each expert's output by its router probability (equation 2 of the paper). Default
   *   false: the router has no gradient and keeps its initial weights
   * @throws RangeError when a size is not a positive integer
   */
  constructor(
    dModel: number,
    dFf: number,
    nExperts: number,
    random: Random,
    { trainRouter = false }: { trainRouter?: boolean } = {},
  ) {
    super();
    checkSize('nExperts', nExperts);
    this.#trainRouter = trainRouter;
    this.experts = Array.from({ length: nExperts }, () => new FeedForward(dModel, dFf, random));
    this.router = new Linear(dModel, nExperts, random, { bias: false });
  }

  /** `[B, T, C]` to the same shape. Captures `route.N` [B, T] and `router_probs.N` [B, T, E]. */
  forward(x: tf.Tensor3D, { capture, layer = 0 }: LayerOptions = {}): tf.Tensor3D {
    const [batch, tokens, dModel] = x.shape;
    const probabilities = tf.softmax(this.router.forward(x)); // [B, T, E]
    const route: tf.Tensor = tf.argMax(probabilities, -1); // [B, T]
    capture?.take(`router_probs.${layer}`, probabilities);
    capture?.take(`route.${layer}`, route);
    const rows = dispatchToExperts(
      tf.reshape(x, [batch * tokens, dModel]),
      tf.reshape(route, [batch * tokens]),
      this.experts.map((expert) => (tokensOfExpert) => expert.forward(tokensOfExpert)),
    );
    const output: tf.Tensor3D = tf.reshape(rows, [batch, tokens, dModel]);
    if (!this.#trainRouter) return output;
    // A copy of the route, so that no gradient is taken of argMax.
    const indices = tf.tensor2d(route.dataSync<'int32'>(), [batch, tokens], 'int32');
    const selected = tf.mul(probabilities, tf.oneHot(indices, this.experts.length));
    return tf.mul(output, tf.sum(selected, -1, true));
  }
}
