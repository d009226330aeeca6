// The gated recurrent unit (Cho et al., arXiv:1406.1078) with each gate's maps apart and no biases, one step at a time
// to look at and a whole text at once to train. The layer GRU is PyTorch's `nn.GRU`, with the maps of a side in one.
import { tf } from '@lilformer/engine';
import { gru, stackRows } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import type { LayerOptions } from './forward-options.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { RecurrentState } from './recurrent-state.js';

/** One step of a {@link GRUCell}, each `[B, H]`. */
export interface GRUStep {
  /** The state after the step, `(1 - z) ⊙ n + z ⊙ hidden`. */
  readonly hidden: tf.Tensor2D;
  /** Reset gate: how much of the state the new content sees; `σ(W_xr x + W_hr hidden)`. */
  readonly r: tf.Tensor2D;
  /** Update gate: how much of the state stays; `σ(W_xz x + W_hz hidden)`. */
  readonly z: tf.Tensor2D;
  /** New content: `tanh(W_xn x + r ⊙ (W_hn hidden))`. */
  readonly n: tf.Tensor2D;
}

/** A GRU with six maps, one of the input and one of the state for each of reset, update and new content. */
export class GRUCell extends Module {
  readonly W_xr: Linear;
  readonly W_hr: Linear;
  readonly W_xz: Linear;
  readonly W_hz: Linear;
  readonly W_xn: Linear;
  readonly W_hn: Linear;

  /**
   * @param inputSize,hiddenSize numbers of a step's input and of the state
   * @param random draws the first weights
   * @throws RangeError when a size is not a whole number of at least 1
   */
  constructor(inputSize: number, hiddenSize: number, random: Random) {
    super();
    const ofInput = () => new Linear(inputSize, hiddenSize, random, { bias: false });
    const ofState = () => new Linear(hiddenSize, hiddenSize, random, { bias: false });
    this.W_xr = ofInput();
    this.W_hr = ofState();
    this.W_xz = ofInput();
    this.W_hz = ofState();
    this.W_xn = ofInput();
    this.W_hn = ofState();
  }

  /**
   * One step, with its gates; gradients go through all of it.
   *
   * @param x `[B, in]`
   * @param hidden the state before, `[B, H]`
   */
  forward(x: tf.Tensor2D, hidden: tf.Tensor2D): GRUStep {
    const r = tf.sigmoid<tf.Tensor2D>(tf.add(this.W_xr.forward(x), this.W_hr.forward(hidden)));
    const z = tf.sigmoid<tf.Tensor2D>(tf.add(this.W_xz.forward(x), this.W_hz.forward(hidden)));
    const n = tf.tanh<tf.Tensor2D>(tf.add(this.W_xn.forward(x), tf.mul(r, this.W_hn.forward(hidden))));
    return { hidden: tf.add(tf.mul(tf.sub(1, z), n), tf.mul(z, hidden)), r, z, n };
  }

  /**
   * All steps of a text in one operation, from the cache's state on, or from zeros.
   *
   * @param x `[B, T, in]`
   * @returns the states `[B, T, H]`. Captures `gate.r.N`, `gate.z.N` and `gate.n.N` [B, T, H].
   */
  unroll(x: tf.Tensor3D, { cache, capture, layer = 0 }: LayerOptions = {}): tf.Tensor3D {
    const memory = RecurrentState.of(cache);
    const input = () => stackRows([this.W_xr, this.W_xz, this.W_xn].map(({ weight }) => weight.variable));
    const across = () => stackRows([this.W_hr, this.W_hz, this.W_hn].map(({ weight }) => weight.variable));
    // While training, weights change between two parts of a text, and their gradients come through these.
    const kept = this.training ? undefined : memory;
    const weights = {
      weightIh: kept ? kept.constant(2 * layer, input) : input(), // [3H, in]
      weightHh: kept ? kept.constant(2 * layer + 1, across) : across(), // [3H, H]
    };
    const options = { state: memory?.get(layer), returnGates: capture !== undefined };
    const { gates, output, state } = gru(x, weights, options);
    for (const name of ['r', 'z', 'n'] as const) {
      if (gates) capture?.take(`gate.${name}.${layer}`, gates[name]);
    }
    memory?.set(layer, state);
    return output;
  }
}
