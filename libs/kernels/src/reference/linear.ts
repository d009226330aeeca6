// The linear layer, its gradients, and batched matrix products.
import type { Floats, Kernels } from '../kernels.js';
import { PRODUCT_ACTIVATION } from '../operations.js';
import { activation, relu, sigmoid } from './activations.js';
import { assert, assertOperation } from './checked.js';
import { fromBf16Bits, sum, toBf16 } from './sum.js';

/** Rounds the factors of a product. */
export type Round = (x: number) => number;

/** The rounding of factors for the flag `bf16` of a call. */
export const rounding = (bf16: boolean): Round => (bf16 ? toBf16 : (x) => x);

type Linear = Pick<Kernels, 'linearForward' | 'linearForward16' | 'linearBackward' | 'matmul'>;

const linearForward: Kernels['linearForward'] = (call) => {
  const { x, weight, bias, y, preActivation, rows, inputs, outputs } = call;
  const { value } = activation('activation', call.activation);
  const round = rounding(call.bf16);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) {
      const z =
        sum(inputs, (i) => round(x[r * inputs + i]) * round(weight[o * inputs + i])) + (bias?.[o] ?? 0);
      if (preActivation) preActivation[r * outputs + o] = z;
      y[r * outputs + o] = value(z);
    }
  }
};

export const linear: Linear = {
  linearForward,

  linearForward16({ weight: words, ...call }) {
    const { inputs, outputs } = call;
    const weight = new Float32Array(outputs * inputs);
    const perRow = Math.ceil(inputs / 2);
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        const word = words[o * perRow + (i >> 1)];
        weight[o * inputs + i] = fromBf16Bits(i % 2 === 0 ? word & 0xffff : word >>> 16);
      }
    }
    linearForward({ ...call, weight });
  },

  linearBackward(call) {
    const { dy, x, weight, kept, dx, dWeight, dBias, rows, inputs, outputs } = call;
    const { derivative } = activation('activation', call.activation);
    const isNone = call.activation === 3;
    assert(isNone || kept !== undefined, 'kept: missing. Expected the array saved by the forward pass.');
    const round = rounding(call.bf16);
    const dz = dy.map((d, i) => (isNone ? d : d * derivative(kept![i])));
    for (let r = 0; dx && r < rows; r++) {
      for (let i = 0; i < inputs; i++) {
        dx[r * inputs + i] = sum(outputs, (o) => round(dz[r * outputs + o]) * round(weight[o * inputs + i]));
      }
    }
    for (let o = 0; dWeight && o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        dWeight[o * inputs + i] = sum(rows, (r) => round(dz[r * outputs + o]) * round(x[r * inputs + i]));
      }
    }
    for (let o = 0; dBias && o < outputs; o++) dBias[o] = sum(rows, (r) => dz[r * outputs + o]);
  },

  matmul(call) {
    const { a, b, bias, c, aOf, bOf, aCount, bCount, m, n, k, aTransposed, bTransposed } = call;
    assertOperation('activation', call.activation, PRODUCT_ACTIVATION);
    const value = [(x: number) => x, relu, sigmoid][call.activation];
    for (const [name, of, count] of [
      ['aOf', aOf, aCount],
      ['bOf', bOf, bCount],
    ] as const) {
      const wrong = of.find((i) => i < 0 || i >= count);
      assert(wrong === undefined, `${name}: matrix ${wrong}. Expected 0 to ${count - 1}.`);
    }
    const at = (matrix: Floats, start: number, i: number, j: number, columns: number): number =>
      matrix[start + i * columns + j];
    for (let p = 0; p < aOf.length; p++) {
      const aStart = aOf[p] * m * k;
      const bStart = bOf[p] * k * n;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          const z = sum(k, (l) => {
            const left = aTransposed ? at(a, aStart, l, i, m) : at(a, aStart, i, l, k);
            const right = bTransposed ? at(b, bStart, j, l, k) : at(b, bStart, l, j, n);
            return left * right;
          });
          c[(p * m + i) * n + j] = value(z + (bias?.[j] ?? 0));
        }
      }
    }
  },
};
