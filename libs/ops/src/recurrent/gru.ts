// The gated recurrent unit (Cho et al. 2014, arXiv:1406.1078), `nn.GRU` of PyTorch, over whole sequences.
import { tf } from '@lilformer/engine';
import { dispatch } from '../support/kernels.js';
import {
  recurrentFused,
  recurrentReference,
  stackSteps,
  type Cell,
  type RecurrentResult,
  type RecurrentWeights,
} from './recurrent.js';

/** Options of `gru`. */
export interface GruOptions {
  /** The initial state, `[B, H]`; default zeros. */
  state?: tf.Tensor;
  /** Also returns the gates. */
  returnGates?: boolean;
}

/** The gates of all steps, each `[B, T, H]`. On engines with kernels they have no gradient. */
export interface GruGates {
  /** Reset gate. */
  r: tf.Tensor3D;
  /** Update gate. */
  z: tf.Tensor3D;
  /** Candidate state. */
  n: tf.Tensor3D;
}

/** The result of `gru`. */
export interface GruResult extends RecurrentResult {
  /** With `returnGates`. */
  gates?: GruGates;
}

/** Saves r, z, n and the state's projection s_n. */
const CELL: Cell = { name: 'gru', kind: 2, gates: 3, saved: 4 };

/**
 * With the projections i = x_t · weightIhᵀ + biasIh and s = h_(t-1) · weightHhᵀ + biasHh, both in blocks r, z, n:
 *
 *     r = σ(i_r + s_r)    z = σ(i_z + s_z)    n = tanh(i_n + r ⊙ s_n)    h_t = (1 - z) ⊙ n + z ⊙ h_(t-1)
 *
 * @param x `[B, T, in]`
 * @param weights in PyTorch's layout, G = 3
 * @throws Error when the sizes do not fit, or when a gradient through the gates is asked for on an engine with kernels.
 */
export function gru(x: tf.Tensor, weights: RecurrentWeights, options: GruOptions = {}): GruResult {
  const { state: initial, returnGates } = options;
  return dispatch(
    (kernels) => {
      const { output, state, saved } = recurrentFused(kernels, CELL, x, weights, initial, returnGates);
      if (!saved) return { output, state };
      const [r, z, n] = tf.split<tf.Tensor3D>(saved, 4, 2);
      return { output, state, gates: { r, z, n } };
    },
    () => gruReference(x, weights, options),
  );
}

/** The reference of `gru`. */
export function gruReference(x: tf.Tensor, weights: RecurrentWeights, options: GruOptions = {}): GruResult {
  const gates: tf.Tensor[][] = [];
  const result = recurrentReference(CELL, x, weights, options.state, (input, projected, before) => {
    const [inputR, inputZ, inputN] = tf.split(input, 3, 1);
    const [stateR, stateZ, stateN] = tf.split(projected, 3, 1);
    const r = tf.sigmoid(tf.add(inputR, stateR));
    const z = tf.sigmoid(tf.add(inputZ, stateZ));
    const n = tf.tanh(tf.add(inputN, tf.mul(r, stateN)));
    gates.push([r, z, n]);
    return tf.add(tf.mul(tf.sub(1, z), n), tf.mul(z, before));
  });
  if (!options.returnGates) return result;
  const { shape } = result.state;
  const [r, z, n] = [0, 1, 2].map((i) =>
    stackSteps(
      gates.map((gate) => gate[i]),
      ...shape,
    ),
  );
  return { ...result, gates: { r, z, n } };
}
