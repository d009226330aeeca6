// RNN and GRU over whole sequences with PyTorch's definitions, and backpropagation through time.
import type { Floats, Kernels } from '../kernels.js';
import { RECURRENT } from '../operations.js';
import { relu, sigmoid } from './activations.js';
import { assert, assertOperation } from './checked.js';
import { sum } from './sum.js';

type Recurrent = Pick<Kernels, 'recurrentForward' | 'recurrentBackward'>;

function checkLayer({ hidden, kind }: { hidden: number; kind: number }): void {
  assertOperation('kind', kind, RECURRENT);
  assert(Number.isInteger(hidden) && hidden >= 1, `hidden: ${hidden}. Expected at least 1.`);
}

/** weight [rows, columns] · vector + bias */
function project(weight: Floats, vector: Floats, bias: Floats | undefined): number[] {
  const columns = vector.length;
  const rows = bias?.length ?? weight.length / columns;
  return Array.from(
    { length: rows },
    (_, r) => sum(columns, (c) => weight[r * columns + c] * vector[c]) + (bias?.[r] ?? 0),
  );
}

export const recurrent: Recurrent = {
  recurrentForward(call) {
    const { x, weightIh, weightHh, state, output, last, kept, batch, steps, inputs, hidden, kind } = call;
    checkLayer(call);
    const isGru = kind === RECURRENT.gru;
    const zeros = new Float32Array((isGru ? 3 : 1) * hidden); // so that a product without inputs has rows
    const { biasIh = zeros, biasHh = zeros } = call;
    for (let b = 0; b < batch; b++) {
      let before: Floats = state?.subarray(b * hidden, (b + 1) * hidden) ?? new Float32Array(hidden);
      for (let t = 0; t < steps; t++) {
        const row = b * steps + t;
        const ofInput = project(weightIh, x.subarray(row * inputs, (row + 1) * inputs), biasIh);
        const ofState = project(weightHh, before, biasHh);
        const after = output.subarray(row * hidden, (row + 1) * hidden);
        for (let i = 0; i < hidden; i++) {
          if (!isGru) {
            const z = ofInput[i] + ofState[i];
            after[i] = kind === RECURRENT.relu ? relu(z) : Math.tanh(z);
            continue;
          }
          const r = sigmoid(ofInput[i] + ofState[i]);
          const z = sigmoid(ofInput[hidden + i] + ofState[hidden + i]);
          const content = ofState[2 * hidden + i];
          const n = Math.tanh(ofInput[2 * hidden + i] + r * content);
          after[i] = (1 - z) * n + z * before[i];
          for (const [part, value] of [r, z, n, content].entries()) {
            if (kept) kept[(row * 4 + part) * hidden + i] = value;
          }
        }
        before = after;
      }
      last.set(before, b * hidden);
    }
  },

  recurrentBackward(call) {
    const { x, weightIh, weightHh, state, output, kept, dOutput, dLast } = call;
    const { batch, steps, inputs, hidden, kind } = call;
    checkLayer(call);
    const isGru = kind === RECURRENT.gru;
    assert(!isGru || kept !== undefined, 'kept: missing. Expected the array saved by the forward pass.');
    const rows = (isGru ? 3 : 1) * hidden;
    const dX = new Float64Array(call.dX.length);
    const dWeightIh = new Float64Array(weightIh.length);
    const dWeightHh = new Float64Array(weightHh.length);
    const dBiasIh = new Float64Array(rows);
    const dBiasHh = new Float64Array(rows);
    for (let b = 0; b < batch; b++) {
      let dAfter = Float64Array.from({ length: hidden }, (_, i) => dLast?.[b * hidden + i] ?? 0);
      for (let t = steps - 1; t >= 0; t--) {
        const row = b * steps + t;
        const before = (i: number): number =>
          t > 0 ? output[(row - 1) * hidden + i] : (state?.[b * hidden + i] ?? 0);
        const dBefore = new Float64Array(hidden);
        // Gradients of both projections, which differ only in n of a GRU.
        const ofInput = new Float64Array(rows);
        const ofState = new Float64Array(rows);
        for (let i = 0; i < hidden; i++) {
          const dy = dAfter[i] + (dOutput?.[row * hidden + i] ?? 0);
          if (!isGru) {
            const y = output[row * hidden + i];
            const derivative = kind === RECURRENT.relu ? (y > 0 ? 1 : 0) : 1 - y * y;
            ofInput[i] = ofState[i] = dy * derivative;
            continue;
          }
          const [r, z, n, content] = [0, 1, 2, 3].map((part) => kept![(row * 4 + part) * hidden + i]);
          const dn = dy * (1 - z) * (1 - n * n);
          ofInput[i] = ofState[i] = dn * content * r * (1 - r);
          ofInput[hidden + i] = ofState[hidden + i] = dy * (before(i) - n) * z * (1 - z);
          ofInput[2 * hidden + i] = dn;
          ofState[2 * hidden + i] = dn * r;
          dBefore[i] = dy * z;
        }
        for (let g = 0; g < rows; g++) {
          dBiasIh[g] += ofInput[g];
          dBiasHh[g] += ofState[g];
          for (let i = 0; i < inputs; i++) {
            dX[row * inputs + i] += ofInput[g] * weightIh[g * inputs + i];
            dWeightIh[g * inputs + i] += ofInput[g] * x[row * inputs + i];
          }
          for (let i = 0; i < hidden; i++) {
            dBefore[i] += ofState[g] * weightHh[g * hidden + i];
            dWeightHh[g * hidden + i] += ofState[g] * before(i);
          }
        }
        dAfter = dBefore;
      }
      call.dState?.set(dAfter, b * hidden);
    }
    call.dX.set(dX);
    call.dWeightIh.set(dWeightIh);
    call.dWeightHh.set(dWeightHh);
    call.dBiasIh?.set(dBiasIh);
    call.dBiasHh?.set(dBiasHh);
  },
};
