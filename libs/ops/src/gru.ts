// The gated recurrent unit (Cho et al. 2014, arXiv:1406.1078), `nn.GRU` of PyTorch, over whole sequences.
import { tf } from '@lilformer/engine';
import { expOfNegative, tanh } from './functions.js';
import { hasVisibleMemory } from './memory.js';
import {
  overSequences,
  recurrentSizes,
  type Cell,
  type RecurrentResult,
  type RecurrentWeights,
} from './recurrent.js';
import { stackSteps } from './rnn.js';

/** Options of `gru`. */
export interface GruOptions {
  /** The state before the first step, `[B, H]`; zeros without. */
  state?: tf.Tensor;
  /** Hands out the gates as well. */
  returnGates?: boolean;
}

/** The gates of all steps, to look at; the fast path gives them no gradient. Each `[B, T, H]`. */
export interface GruGates {
  /** Reset: how much of the state the new content sees. */
  r: tf.Tensor3D;
  /** Update: how much of the state stays. */
  z: tf.Tensor3D;
  /** The new content. */
  n: tf.Tensor3D;
}

/** What `gru` gives. */
export interface GruResult extends RecurrentResult {
  /** With `returnGates`. */
  gates?: GruGates;
}

/**
 * With the input's share i = x_t · weightIhᵀ + biasIh and the state's s = h_(t-1) · weightHhᵀ + biasHh, both in blocks
 * r, z, n as PyTorch has them:
 *
 *     r = σ(i_r + s_r)    z = σ(i_z + s_z)    n = tanh(i_n + r ⊙ s_n)    h_t = (1 - z) ⊙ n + z ⊙ h_(t-1)
 *
 * @param x `[B, T, in]`
 * @param weights in PyTorch's layout, G = 3
 * @throws Error when the sizes do not fit, and when a gradient is asked for through the gates.
 */
export function gru(x: tf.Tensor, weights: RecurrentWeights, options: GruOptions = {}): GruResult {
  if (!hasVisibleMemory()) return gruReference(x, weights, options);
  const { output, state, kept } = overSequences(CELL, x, weights, options.state, options.returnGates);
  if (!kept) return { output, state };
  const [r, z, n] = tf.split<tf.Tensor3D>(kept, 4, 2);
  return { output, state, gates: { r, z, n } };
}

/** The specification of `gru`. */
export function gruReference(
  x: tf.Tensor,
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
  options: GruOptions = {},
): GruResult {
  const sizes = recurrentSizes(CELL, x, { weightIh, weightHh, biasIh, biasHh }, options.state);
  const { batch, steps, hidden } = sizes;
  let state = (options.state ?? tf.zeros([batch, hidden])) as tf.Tensor2D;
  const all: Record<'h' | 'r' | 'z' | 'n', tf.Tensor[]> = { h: [], r: [], z: [], n: [] };
  for (let step = 0; step < steps; step++) {
    const now = tf.squeeze<tf.Tensor2D>(tf.slice(x, [0, step, 0], [-1, 1, -1]), [1]);
    let input: tf.Tensor = tf.matMul(now, weightIh as tf.Tensor2D, false, true);
    let share: tf.Tensor = tf.matMul(state, weightHh as tf.Tensor2D, false, true);
    if (biasIh) input = tf.add(input, biasIh);
    if (biasHh) share = tf.add(share, biasHh);
    const [inputR, inputZ, inputN] = tf.split(input, 3, 1);
    const [shareR, shareZ, shareN] = tf.split(share, 3, 1);
    const r = tf.sigmoid(tf.add(inputR, shareR));
    const z = tf.sigmoid(tf.add(inputZ, shareZ));
    const n = tf.tanh(tf.add(inputN, tf.mul(r, shareN)));
    state = tf.add(tf.mul(tf.sub(1, z), n), tf.mul(z, state));
    all.h.push(state);
    all.r.push(r);
    all.z.push(z);
    all.n.push(n);
  }
  const [output, r, z, n] = [all.h, all.r, all.z, all.n].map((list) => stackSteps(list, batch, hidden));
  const result = { output, state: tf.clone(state) };
  return options.returnGates ? { ...result, gates: { r, z, n } } : result;
}

function sigmoid(x: number): number {
  const e = expOfNegative(-Math.abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

/** Keeps r, z, n and s_n of each step. */
const CELL: Cell = {
  name: 'gru',
  kind: 2,
  blocks: 3,
  kept: 4,
  forward(hidden, { array: input, at: i }, { array: share, at: s }, before, after, { array: kept, at: k }) {
    const [twice, thrice] = [2 * hidden, 3 * hidden];
    for (let j = 0; j < hidden; j++) {
      const r = sigmoid(input[i + j] + share[s + j]);
      const z = sigmoid(input[i + hidden + j] + share[s + hidden + j]);
      const content = share[s + twice + j];
      const n = tanh(input[i + twice + j] + r * content);
      after.array[after.at + j] = n + z * (before.array[before.at + j] - n);
      if (kept.length === 0) continue;
      kept[k + j] = r;
      kept[k + hidden + j] = z;
      kept[k + twice + j] = n;
      kept[k + thrice + j] = content;
    }
  },
  backward(
    hidden,
    { array: dAfter, at: a },
    { array: before, at: b },
    _after,
    { array: kept, at: k },
    { array: dInput, at: i },
    { array: dState, at: s },
  ) {
    const [twice, thrice] = [2 * hidden, 3 * hidden];
    for (let j = 0; j < hidden; j++) {
      const r = kept[k + j];
      const z = kept[k + hidden + j];
      const n = kept[k + twice + j];
      const content = kept[k + thrice + j];
      const dy = dAfter[a + j];
      const dn = dy * (1 - z) * (1 - n * n);
      const dz = dy * (before[b + j] - n) * z * (1 - z);
      const dr = dn * content * r * (1 - r);
      dInput[i + j] = dr;
      dInput[i + hidden + j] = dz;
      dInput[i + twice + j] = dn;
      dState[s + j] = dr;
      dState[s + hidden + j] = dz;
      dState[s + twice + j] = dn * r;
      dAfter[a + j] = dy * z;
    }
  },
};
