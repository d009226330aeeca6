// Recurrent layers over whole sequences: the walk along time that RNN and GRU share, there and back, and what both
// check. Leaves out the arithmetic of one step, which each brings as a `Cell`, and stacks of layers.
//
// The input is multiplied by its weights for all steps at once, and so are all weight gradients; only h · weightHhᵀ
// has to go step by step.
import { tf } from '@lilformer/engine';
import { differentiable } from './differentiable.js';
import { matMul, transpose } from './matmul.js';
import { allocate, nativeKernels, visit, type Floats } from './memory.js';

import { expectShape, shapeText } from './shapes.js';

/** The weights of one recurrent layer, in PyTorch's layout. G is 1 for an RNN, 3 for a GRU (r, z, n). */
export interface RecurrentWeights {
  /** `[G · H, in]` */
  weightIh: tf.Tensor;
  /** `[G · H, H]` */
  weightHh: tf.Tensor;
  /** `[G · H]`, beside the input */
  biasIh?: tf.Tensor;
  /** `[G · H]`, beside the state */
  biasHh?: tf.Tensor;
}

/** What a recurrent operation gives. */
export interface RecurrentResult {
  /** The state after every step, `[B, T, H]`. */
  output: tf.Tensor3D;
  /** The state after the last step, `[B, H]`; where there is no step, the first. */
  state: tf.Tensor2D;
}

/** Sizes of a call. */
export interface RecurrentSizes {
  batch: number;
  steps: number;
  inputs: number;
  hidden: number;
}

/** Numbers of one sequence at one step: where they start in which array. */
export interface Row {
  array: Floats;
  at: number;
}

/** The arithmetic of one step of one sequence, H units wide. */
export interface Cell {
  readonly name: 'rnn' | 'gru';
  /** The number that native kernels know it by. */
  readonly kind: 0 | 1 | 2;
  /** G: blocks of H rows in the weights. */
  readonly blocks: number;
  /** Blocks of H numbers that the gradient wants kept of each step, beside the state. */
  readonly kept: number;
  /**
   * From the input's and the state's share [G · H] and the state before [H] to the state after [H] and what is kept;
   * `kept.array` is empty where nothing is.
   */
  forward(hidden: number, input: Row, state: Row, before: Row, after: Row, kept: Row): void;
  /**
   * From the gradient of the state after [H] to those of the two shares [G · H] and, in the place of the first, of
   * the state before as far as it is reached without the weights.
   */
  backward(hidden: number, dAfter: Row, before: Row, after: Row, kept: Row, dInput: Row, dState: Row): void;
}

/** In the place of what is not kept. */
const NONE = new Float32Array(0);

/** The sizes; complains of everything that does not fit them. */
export function recurrentSizes(
  { name, blocks }: Pick<Cell, 'name' | 'blocks'>,
  x: tf.Tensor,
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
  state?: tf.Tensor,
): RecurrentSizes {
  if (x.rank !== 3) throw new Error(`${name}: x ${shapeText(x.shape)}, expected [B, T, in]`);
  const [batch, steps, inputs] = x.shape as [number, number, number];
  const rows = weightHh.shape[0]!;
  const hidden = rows / blocks;
  if (weightHh.rank !== 2 || !Number.isInteger(hidden) || weightHh.shape[1] !== hidden || hidden === 0) {
    const wanted = blocks === 1 ? '[H, H]' : `[${blocks} H, H]`;
    throw new Error(
      `${name}: weightHh ${shapeText(weightHh.shape)}, expected ${wanted} with H of at least 1`,
    );
  }
  const all = blocks === 1 ? 'H' : `${blocks} H`;
  expectShape(`${name}: weightIh`, weightIh, [rows, inputs], [all, 'in']);
  if (biasIh) expectShape(`${name}: biasIh`, biasIh, [rows], [all]);
  if (biasHh) expectShape(`${name}: biasHh`, biasHh, [rows], [all]);
  if (state) expectShape(`${name}: state`, state, [batch, hidden], ['B', 'H']);
  return { batch, steps, inputs, hidden };
}

/**
 * Walks a cell along the sequences. Only where memory is visible.
 *
 * @param wantsKept gives what the cell keeps of all steps, `[B, T, kept · H]`, without a gradient
 */
export function overSequences(
  cell: Cell,
  x: tf.Tensor,
  weights: RecurrentWeights,
  state: tf.Tensor | undefined,
  wantsKept = false,
): RecurrentResult & { kept?: tf.Tensor3D } {
  const sizes = recurrentSizes(cell, x, weights, state);
  const { batch, steps, hidden } = sizes;
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const optional = [biasIh, biasHh, state];
  const given = optional.filter((tensor) => tensor !== undefined);
  const unpack = (tensors: tf.Tensor[]): (tf.Tensor | undefined)[] =>
    optional.map((tensor) => (tensor ? tensors.shift() : undefined));

  const [output, last, kept] = differentiable(
    cell.name,
    [x, weightIh, weightHh, ...given],
    (save) => {
      const output = allocate([batch, steps, hidden]);
      const last = allocate([batch, hidden]);
      const keeps = cell.kept > 0 && (save !== undefined || wantsKept);
      const kept = keeps ? allocate([batch, steps, cell.kept * hidden]) : undefined;
      const walk = nativeKernels() ? nativeForward : forward;
      walk(cell, sizes, x, weights, state, { output, last, kept });
      save?.(x, weightIh, weightHh, ...given, output, ...(kept ? [kept] : []));
      return wantsKept && kept ? [output, last, kept] : [output, last];
    },
    ([dOutput, dLast, dKept], [x, weightIh, weightHh, ...rest]) => {
      if (dKept)
        throw new Error(`${cell.name}: its gates have no gradient; compute them with plain operations`);
      const [biasIh, biasHh, state] = unpack(rest);
      const [output, kept] = rest as [tf.Tensor, tf.Tensor | undefined];
      const walk = nativeKernels() ? nativeBackward : backward;
      const weights = { weightIh, weightHh, biasIh, biasHh };
      const gradients = walk(cell, sizes, x, weights, state, { output, kept, dOutput, dLast });
      return gradients.filter((gradient) => gradient !== undefined);
    },
  ) as [tf.Tensor3D, tf.Tensor2D, tf.Tensor3D?];
  return { output, state: last, kept };
}

/** Of x, weightIh, weightHh, biasIh, biasHh, state: the last three where they are there. */
type Gradients = (tf.Tensor | undefined)[];

interface Forward {
  output: tf.Tensor;
  last: tf.Tensor;
  kept?: tf.Tensor;
}

interface Backward {
  output: tf.Tensor;
  kept?: tf.Tensor;
  dOutput?: tf.Tensor;
  dLast?: tf.Tensor;
}

function nativeForward(
  { kind }: Cell,
  { batch, steps, inputs, hidden }: RecurrentSizes,
  x: tf.Tensor,
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
  state: tf.Tensor | undefined,
  { output, last, kept }: Forward,
): void {
  withOptional([x, weightIh, weightHh, biasIh, biasHh, state, output, last, kept], (arrays) =>
    nativeKernels()!.recurrentForward(...arrays, batch, steps, inputs, hidden, kind),
  );
}

function nativeBackward(
  { kind }: Cell,
  { batch, steps, inputs, hidden }: RecurrentSizes,
  x: tf.Tensor,
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
  state: tf.Tensor | undefined,
  { output, kept, dOutput, dLast }: Backward,
): Gradients {
  const like = (tensor: tf.Tensor): tf.Tensor => allocate(tensor.shape);
  const [dx, dWeightIh, dWeightHh] = [like(x), like(weightIh), like(weightHh)];
  const [dBiasIh, dBiasHh, dState] = [biasIh, biasHh, state].map((tensor) => tensor && like(tensor));
  const read = [x, weightIh, weightHh, state, output, kept, dOutput, dLast] as const;
  const gradients = [dx, dWeightIh, dWeightHh, dBiasIh, dBiasHh, dState] as const;
  withOptional([...read, ...gradients], (arrays) =>
    nativeKernels()!.recurrentBackward(...arrays, batch, steps, inputs, hidden, kind),
  );
  return [...gradients];
}

/** The numbers of tensors, some of which may not be there. */
type Lent<Tensors extends readonly unknown[]> = {
  -readonly [K in keyof Tensors]: Tensors[K] extends tf.Tensor ? Floats : Floats | undefined;
};

/** `visit` with undefined where there is no tensor. */
function withOptional<const Tensors extends readonly (tf.Tensor | undefined)[]>(
  tensors: Tensors,
  loop: (arrays: Lent<Tensors>) => void,
): void {
  visit(
    tensors.filter((tensor) => tensor !== undefined),
    (...there) => {
      let next = 0;
      loop(tensors.map((tensor) => tensor && there[next++]) as Lent<Tensors>);
    },
  );
}

function forward(
  cell: Cell,
  { batch, steps, inputs, hidden }: RecurrentSizes,
  x: tf.Tensor,
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
  state: tf.Tensor | undefined,
  { output, last, kept }: Forward,
): void {
  const width = cell.blocks * hidden;
  const input = matMul(tf.reshape(x, [batch * steps, inputs]), weightIh, false, true, { bias: biasIh });
  const across = transpose(weightHh); // [H, G · H]
  let before = state ?? tf.zeros([batch, hidden]);
  for (let step = 0; step < steps; step++) {
    const share = matMul(before, across, false, false, { bias: biasHh });
    const after = allocate([batch, hidden]);
    withOptional(
      [input, share, before, after, output, kept],
      ([input, share, before, after, output, kept]) => {
        for (let b = 0; b < batch; b++) {
          const place = b * steps + step;
          cell.forward(
            hidden,
            { array: input, at: place * width },
            { array: share, at: b * width },
            { array: before, at: b * hidden },
            { array: after, at: b * hidden },
            { array: kept ?? NONE, at: place * cell.kept * hidden },
          );
          output.set(after.subarray(b * hidden, (b + 1) * hidden), place * hidden);
        }
      },
    );
    tf.dispose(step > 0 ? [share, before] : share);
    before = after;
  }
  visit([before, last], (before, last) => last.set(before));
}

function backward(
  cell: Cell,
  { batch, steps, inputs, hidden }: RecurrentSizes,
  x: tf.Tensor,
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
  state: tf.Tensor | undefined,
  { output, kept, dOutput, dLast }: Backward,
): Gradients {
  const rows = batch * steps;
  const width = cell.blocks * hidden;
  const dInput = allocate([rows, width]);
  const dShare = allocate([rows, width]);
  const before = statesBefore(output, state);
  let dAfter = allocate([batch, hidden]);
  withOptional([dAfter, dLast], ([dAfter, dLast]) => (dLast ? dAfter.set(dLast) : dAfter.fill(0)));
  for (let step = steps - 1; step >= 0; step--) {
    const dStep = allocate([batch, width]);
    const all = [dAfter, dOutput, before, output, kept, dInput, dShare, dStep] as const;
    withOptional(all, ([dAfter, dOutput, before, output, kept, dInput, dShare, dStep]) => {
      for (let b = 0; b < batch; b++) {
        const place = b * steps + step;
        const at = place * hidden;
        if (dOutput) for (let j = 0; j < hidden; j++) dAfter[b * hidden + j] += dOutput[at + j];
        cell.backward(
          hidden,
          { array: dAfter, at: b * hidden },
          { array: before, at },
          { array: output, at },
          { array: kept ?? NONE, at: place * cell.kept * hidden },
          { array: dInput, at: place * width },
          { array: dStep, at: b * width },
        );
        dShare.set(dStep.subarray(b * width, (b + 1) * width), place * width);
      }
    });
    const through = matMul(dStep, weightHh);
    const sum = tf.add(dAfter, through);
    tf.dispose([dAfter, through, dStep]);
    dAfter = sum;
  }
  return [
    tf.reshape(matMul(dInput, weightIh), x.shape),
    matMul(dInput, tf.reshape(x, [rows, inputs]), true, false),
    matMul(dShare, before, true, false),
    biasIh && columnSums(dInput),
    biasHh && columnSums(dShare),
    state && dAfter,
  ];
}

/** The state before every step, [B · T, H]. */
function statesBefore(output: tf.Tensor, state?: tf.Tensor): tf.Tensor {
  const [batch, steps, hidden] = output.shape as [number, number, number];
  const before = allocate([batch * steps, hidden]);
  withOptional([before, output, state], ([before, output, state]) => {
    before.set(output.subarray(0, Math.max(0, output.length - hidden)), Math.min(hidden, before.length));
    for (let b = 0; b < batch && steps > 0; b++) {
      const first = before.subarray(b * steps * hidden, (b * steps + 1) * hidden);
      if (state) first.set(state.subarray(b * hidden, (b + 1) * hidden));
      else first.fill(0);
    }
  });
  return before;
}

/** Sums over all rows: [rows, columns] to [columns]. */
function columnSums(x: tf.Tensor): tf.Tensor {
  const columns = x.shape[1]!;
  const sums = allocate([columns]);
  visit([x, sums], (x, sums) => {
    const wide = new Float64Array(columns);
    for (let i = 0; i < x.length;) for (let column = 0; column < columns; column++, i++) wide[column] += x[i];
    sums.set(wide);
  });
  return sums;
}
