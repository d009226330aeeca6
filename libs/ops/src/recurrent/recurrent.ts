// What RNN and GRU share: weights, checks, and the kernel over whole sequences.
import { differentiable, tf } from '@lilformer/engine';
import type { Kernels } from '@lilformer/kernels';
import { compute } from '../support/kernels.js';
import { expectShape, rowCount, shapeText } from '../support/shapes.js';

/** The weights of one recurrent layer, in PyTorch's layout. G is 1 for an RNN, 3 for a GRU (r, z, n). */
export interface RecurrentWeights {
  /** `[G · H, in]` */
  weightIh: tf.Tensor;
  /** `[G · H, H]` */
  weightHh: tf.Tensor;
  /** `[G · H]`, added to the input projection */
  biasIh?: tf.Tensor;
  /** `[G · H]`, added to the state projection */
  biasHh?: tf.Tensor;
}

/** The result of a recurrent operation. */
export interface RecurrentResult {
  /** The state after every step, `[B, T, H]`. */
  output: tf.Tensor3D;
  /** The state after the last step, `[B, H]`; the initial state if there is no step. */
  state: tf.Tensor2D;
}

/** A kind of recurrent layer. */
export interface Cell {
  readonly name: 'rnn' | 'gru';
  /** The kernels' number for it. */
  readonly kind: 0 | 1 | 2;
  /** G: number of blocks of H rows in the weights. */
  readonly gates: number;
  /** Number of values per unit and step that the gradient needs besides the states. */
  readonly saved: number;
}

interface Sizes {
  batch: number;
  steps: number;
  inputs: number;
  hidden: number;
}

/** @throws Error when shapes do not fit */
function recurrentSizes(
  { name, gates }: Cell,
  x: tf.Tensor,
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
  state?: tf.Tensor,
): Sizes {
  if (x.rank !== 3) throw new Error(`${name}: x ${shapeText(x.shape)}, expected [B, T, in]`);
  const [batch, steps, inputs] = x.shape as [number, number, number];
  const rows = weightHh.shape[0]!;
  const hidden = rows / gates;
  if (weightHh.rank !== 2 || !Number.isInteger(hidden) || weightHh.shape[1] !== hidden || hidden === 0) {
    const wanted = gates === 1 ? '[H, H]' : `[${gates} H, H]`;
    throw new Error(
      `${name}: weightHh ${shapeText(weightHh.shape)}, expected ${wanted} with H of at least 1`,
    );
  }
  const all = gates === 1 ? 'H' : `${gates} H`;
  expectShape(`${name}: weightIh`, weightIh, [rows, inputs], [all, 'in']);
  if (biasIh) expectShape(`${name}: biasIh`, biasIh, [rows], [all]);
  if (biasHh) expectShape(`${name}: biasHh`, biasHh, [rows], [all]);
  if (state) expectShape(`${name}: state`, state, [batch, hidden], ['B', 'H']);
  return { batch, steps, inputs, hidden };
}

/**
 * Runs a cell over sequences by the kernels.
 *
 * @param returnSaved also returns the values saved for the gradient, `[B, T, saved · H]`; they have no gradient
 */
export function recurrentFused(
  kernels: Kernels,
  cell: Cell,
  x: tf.Tensor,
  weights: RecurrentWeights,
  state: tf.Tensor | undefined,
  returnSaved = false,
): RecurrentResult & { saved?: tf.Tensor3D } {
  const { batch, steps, inputs, hidden } = recurrentSizes(cell, x, weights, state);
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  // Without sequences there are no steps to make.
  const sizes = { batch, steps: batch === 0 ? 0 : steps, inputs, hidden, kind: cell.kind };
  const all = [x, weightIh, weightHh, biasIh, biasHh, state] as const;
  const [output, last, saved] = differentiable(
    cell.name,
    all.filter((tensor) => tensor !== undefined),
    (save) => {
      const keep = cell.saved > 0 && (save !== undefined || returnSaved);
      const shapes = [
        [batch, steps, hidden],
        [batch, hidden],
        keep ? [batch, steps, cell.saved * hidden] : undefined,
      ] as const;
      const [output, last, saved] = compute(all, shapes, (arrays, [output, last, kept]) => {
        const [x, weightIh, weightHh, biasIh, biasHh, state] = arrays;
        // prettier-ignore
        kernels.recurrentForward({
          x, weightIh, weightHh, biasIh, biasHh, state, output, last, kept, ...sizes,
        });
      });
      save?.(x, weightIh, weightHh, ...(state ? [state] : []), output, ...(saved ? [saved] : []));
      return returnSaved && saved ? [output, last, saved] : [output, last];
    },
    ([dOutput, dLast, dSaved], [x, weightIh, weightHh, ...rest]) => {
      if (dSaved)
        throw new Error(`${cell.name}: its gates have no gradient; compute them with tfjs operations`);
      const initial = state && rest.shift();
      const [output, saved] = rest as [tf.Tensor, tf.Tensor | undefined];
      return compute(
        [x, weightIh, weightHh, initial, output, saved, dOutput, dLast],
        [x.shape, weightIh.shape, weightHh.shape, biasIh?.shape, biasHh?.shape, state?.shape],
        (arrays, [dX, dWeightIh, dWeightHh, dBiasIh, dBiasHh, dState]) => {
          const [x, weightIh, weightHh, state, output, kept, dOutput, dLast] = arrays;
          // prettier-ignore
          kernels.recurrentBackward({
            x, weightIh, weightHh, state, output, kept, dOutput, dLast, dX, dWeightIh, dWeightHh, dBiasIh,
            dBiasHh, dState, ...sizes,
          });
        },
      ).filter((gradient) => gradient !== undefined);
    },
  ) as [tf.Tensor3D, tf.Tensor2D, tf.Tensor3D?];
  return { output, state: last, saved };
}

/**
 * The reference of a recurrent layer: `step` computes the next state [B, H] from the projections of input and state,
 * [B, G · H] each, and the state before.
 */
export function recurrentReference(
  cell: Cell,
  x: tf.Tensor,
  weights: RecurrentWeights,
  initial: tf.Tensor | undefined,
  step: (input: tf.Tensor, projected: tf.Tensor, before: tf.Tensor) => tf.Tensor,
): RecurrentResult {
  const { batch, steps, inputs, hidden } = recurrentSizes(cell, x, weights, initial);
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const project = (x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor => {
    const y = tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true);
    return bias ? tf.add(y, bias) : y;
  };
  const flat = tf.reshape(x, [rowCount(x), inputs]);
  const input = tf.reshape(project(flat, weightIh, biasIh), [batch, steps, cell.gates * hidden]);
  let state = initial ?? tf.zeros([batch, hidden]);
  const states: tf.Tensor[] = [];
  for (const projection of steps > 0 ? tf.unstack(input, 1) : []) {
    state = step(projection, project(state, weightHh, biasHh), state);
    states.push(state);
  }
  return { output: stackSteps(states, batch, hidden), state: tf.clone(state) as tf.Tensor2D };
}

/** Stacks [B, H] of each step to [B, T, H]; T may be 0. */
export function stackSteps(states: tf.Tensor[], batch: number, hidden: number): tf.Tensor3D {
  return (states.length > 0 ? tf.stack(states, 1) : tf.zeros([batch, 0, hidden])) as tf.Tensor3D;
}
