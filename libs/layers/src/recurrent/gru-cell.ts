// The gated recurrent unit (Cho et al., arXiv:1406.1078) with a separate linear layer per gate and no biases.
import { tf } from '@lilformer/engine';
import { gru, stackRows } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { Linear } from '../basic/linear.js';
import type { Capture } from '../forward/capture.js';
import type { LayerOptions } from '../forward/forward-options.js';
import { Module } from '../module/module.js';
import { RecurrentState } from './recurrent-state.js';

/** One step of a {@link GRUCell}; all tensors are `[B, H]`. */
interface GRUStep {
  /** New hidden state, `(1 - z) ⊙ n + z ⊙ hidden`. */
  readonly hidden: tf.Tensor2D;
  /** Reset gate, `σ(W_xr x + W_hr hidden)`. */
  readonly r: tf.Tensor2D;
  /** Update gate, `σ(W_xz x + W_hz hidden)`. */
  readonly z: tf.Tensor2D;
  /** Candidate state, `tanh(W_xn x + r ⊙ (W_hn hidden))`. */
  readonly n: tf.Tensor2D;
}

/** A GRU with six linear layers: input and hidden state to reset gate, update gate and candidate state. */
export class GRUCell extends Module {
  readonly W_xr: Linear;
  readonly W_hr: Linear;
  readonly W_xz: Linear;
  readonly W_hz: Linear;
  readonly W_xn: Linear;
  readonly W_hn: Linear;

  /** @throws RangeError when a size is not a positive integer */
  constructor(inputSize: number, hiddenSize: number, random: Random) {
    super();
    const fromInput = () => new Linear(inputSize, hiddenSize, random, { bias: false });
    const fromHidden = () => new Linear(hiddenSize, hiddenSize, random, { bias: false });
    this.W_xr = fromInput();
    this.W_hr = fromHidden();
    this.W_xz = fromInput();
    this.W_hz = fromHidden();
    this.W_xn = fromInput();
    this.W_hn = fromHidden();
  }

  /**
   * One step.
   * @param x `[B, in]`
   * @param hidden previous state `[B, H]`
   */
  forward(x: tf.Tensor2D, hidden: tf.Tensor2D): GRUStep {
    const r = tf.sigmoid<tf.Tensor2D>(tf.add(this.W_xr.forward(x), this.W_hr.forward(hidden)));
    const z = tf.sigmoid<tf.Tensor2D>(tf.add(this.W_xz.forward(x), this.W_hz.forward(hidden)));
    const n = tf.tanh<tf.Tensor2D>(tf.add(this.W_xn.forward(x), tf.mul(r, this.W_hn.forward(hidden))));
    return { hidden: tf.add(tf.mul(tf.sub(1, z), n), tf.mul(z, hidden)), r, z, n };
  }

  /**
   * All steps of a sequence in one operation, from the cached state or zeros.
   * @param x `[B, T, in]`
   * @returns hidden states `[B, T, H]`. Captures `gate.r.N`, `gate.z.N` and `gate.n.N` [B, T, H].
   */
  unroll(x: tf.Tensor3D, { cache, capture, layer = 0 }: LayerOptions = {}): tf.Tensor3D {
    const states = RecurrentState.of(cache);
    const fromInput = () => stackRows([this.W_xr, this.W_xz, this.W_xn].map(({ weight }) => weight.variable));
    const fromHidden = () =>
      stackRows([this.W_hr, this.W_hz, this.W_hn].map(({ weight }) => weight.variable));
    // In training, weights change between calls and need gradients.
    const constants = this.training ? undefined : states;
    const weights = {
      weightIh: constants ? constants.constant(2 * layer, fromInput) : fromInput(), // [3H, in]
      weightHh: constants ? constants.constant(2 * layer + 1, fromHidden) : fromHidden(), // [3H, H]
    };
    const options = { state: states?.get(layer), returnGates: capture !== undefined };
    const { gates, output, state } = gru(x, weights, options);
    captureGates(capture, gates, layer);
    states?.set(layer, state);
    return output;
  }
}

/** Captures `gate.r.N`, `gate.z.N` and `gate.n.N`. */
export function captureGates(
  capture: Capture | undefined,
  gates: Readonly<Record<'r' | 'z' | 'n', tf.Tensor>> | undefined,
  layer: number,
): void {
  if (!gates) return;
  for (const name of ['r', 'z', 'n'] as const) capture?.take(`gate.${name}.${layer}`, gates[name]);
}
