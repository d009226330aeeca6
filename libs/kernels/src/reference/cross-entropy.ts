// Cross entropy of logits and class ids, alone and with the output projection.
import type { Floats, Kernels } from '../kernels.js';
import { assert } from './checked.js';
import { rounding } from './linear.js';
import { sum } from './sum.js';

type CrossEntropy = Pick<Kernels, 'crossEntropyForward' | 'crossEntropyBackward' | 'linearCrossEntropy'>;

function checkTargets(targets: Int32Array<ArrayBufferLike>, classes: number, ignored: number): void {
  const wrong = targets.find((target) => target !== ignored && (target < 0 || target >= classes));
  assert(wrong === undefined, `targets: ${wrong}. Expected 0 to ${classes - 1}, or ${ignored}.`);
}

/** log Σ exp(logits) */
function logSum(logits: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let c = 0; c < logits.length; c++) largest = Math.max(largest, logits[c]);
  return largest + Math.log(sum(logits.length, (c) => Math.exp(logits[c] - largest)));
}

export const crossEntropy: CrossEntropy = {
  crossEntropyForward({ logits, targets, losses, logSums, rows, classes, ignored }) {
    checkTargets(targets, classes, ignored);
    return sum(rows, (r) => {
      const row = logits.subarray(r * classes, (r + 1) * classes);
      const logarithm = logSum(row);
      if (logSums) logSums[r] = logarithm;
      return (losses[r] = targets[r] === ignored ? 0 : logarithm - row[targets[r]]);
    });
  },

  crossEntropyBackward({ logits, targets, logSums, dy, dx, rows, classes, ignored, share }) {
    checkTargets(targets, classes, ignored);
    for (let r = 0; r < rows; r++) {
      const factor = share * (dy.length === 1 ? dy[0] : dy[r]);
      for (let c = 0; c < classes; c++) {
        const i = r * classes + c;
        const d = Math.exp(logits[i] - logSums[r]) - (c === targets[r] ? 1 : 0);
        dx[i] = targets[r] === ignored ? 0 : factor * d;
      }
    }
  },

  linearCrossEntropy(call) {
    const { x, weight, bias, targets, dx, dWeight, dBias, rows, inputs, classes, ignored, share } = call;
    checkTargets(targets, classes, ignored);
    const round = rounding(call.bf16);
    const dLogits = new Float64Array(rows * classes);
    const total = sum(rows, (r) => {
      if (targets[r] === ignored) return 0;
      const logits = Array.from(
        { length: classes },
        (_, c) => product(x, r, weight, c, inputs, round) + (bias?.[c] ?? 0),
      );
      const logarithm = logSum(logits);
      for (const [c, logit] of logits.entries()) {
        dLogits[r * classes + c] = share * (Math.exp(logit - logarithm) - (c === targets[r] ? 1 : 0));
      }
      return logarithm - logits[targets[r]];
    });
    const d = (r: number, c: number): number => dLogits[r * classes + c];
    for (let r = 0; dx && r < rows; r++) {
      for (let i = 0; i < inputs; i++)
        dx[r * inputs + i] = sum(classes, (c) => round(d(r, c)) * round(weight[c * inputs + i]));
    }
    for (let c = 0; dWeight && c < classes; c++) {
      for (let i = 0; i < inputs; i++)
        dWeight[c * inputs + i] = sum(rows, (r) => round(d(r, c)) * round(x[r * inputs + i]));
    }
    for (let c = 0; dBias && c < classes; c++) dBias[c] = sum(rows, (r) => d(r, c));
    return total;
  },
};

/** Row r of x times row c of weight. */
function product(
  x: Floats,
  r: number,
  weight: Floats,
  c: number,
  inputs: number,
  round: (x: number) => number,
): number {
  return sum(inputs, (i) => round(x[r * inputs + i]) * round(weight[c * inputs + i]));
}
