// Layer norm (Ba et al., arXiv:1607.06450) and RMS norm (Zhang and Sennrich, arXiv:1910.07467), forward and backward.
import type { Floats, Kernels } from '../kernels.js';
import { assert } from './checked.js';
import { sum as sumOf } from './sum.js';

type Norms = Pick<Kernels, 'layerNormForward' | 'layerNormBackward' | 'rmsNormForward' | 'rmsNormBackward'>;

/** The input of a norm: x, or sum = x + added. */
function normInput(x: Floats, added: Floats | undefined, sum: Floats | undefined): Floats {
  assert(
    (added === undefined) === (sum === undefined),
    'added and sum: one is missing. Expected both or neither.',
  );
  if (!added || !sum) return x;
  for (let i = 0; i < x.length; i++) sum[i] = x[i] + added[i];
  return sum;
}

export const norms: Norms = {
  layerNormForward({ x: input, added, weight, bias, sum, y, statistics, rows, width, epsilon }) {
    const x = normInput(input, added, sum);
    if (width === 0) statistics?.fill(0);
    for (let r = 0; r < rows && width > 0; r++) {
      const row = x.subarray(r * width, (r + 1) * width);
      const mean = sumOf(width, (i) => row[i]) / width;
      const variance = sumOf(width, (i) => (row[i] - mean) ** 2) / width;
      const rstd = 1 / Math.sqrt(variance + epsilon);
      for (let i = 0; i < width; i++) y[r * width + i] = (row[i] - mean) * rstd * weight[i] + bias[i];
      statistics?.set([mean, rstd], 2 * r);
    }
  },

  layerNormBackward({ dy, x, weight, statistics, base, dx, dWeight, dBias, rows, width }) {
    const normal = (r: number, i: number): number =>
      (x[r * width + i] - statistics[2 * r]) * statistics[2 * r + 1];
    for (let r = 0; r < rows; r++) {
      const dNormal = (i: number): number => dy[r * width + i] * weight[i];
      const mean = sumOf(width, dNormal) / width;
      const product = sumOf(width, (i) => dNormal(i) * normal(r, i)) / width;
      for (let i = 0; i < width; i++) {
        const d = (dNormal(i) - mean - normal(r, i) * product) * statistics[2 * r + 1];
        dx[r * width + i] = d + (base?.[r * width + i] ?? 0);
      }
    }
    for (let i = 0; i < width; i++) {
      dWeight[i] = sumOf(rows, (r) => dy[r * width + i] * normal(r, i));
      dBias[i] = sumOf(rows, (r) => dy[r * width + i]);
    }
  },

  rmsNormForward({ x: input, added, weight, sum, y, scales, rows, width, epsilon }) {
    const x = normInput(input, added, sum);
    if (width === 0) scales?.fill(0);
    for (let r = 0; r < rows && width > 0; r++) {
      const row = x.subarray(r * width, (r + 1) * width);
      const scale = 1 / Math.sqrt(sumOf(width, (i) => row[i] ** 2) / width + epsilon);
      for (let i = 0; i < width; i++) y[r * width + i] = row[i] * scale * weight[i];
      if (scales) scales[r] = scale;
    }
  },

  rmsNormBackward({ dy, x, weight, scales, base, dx, dWeight, rows, width }) {
    const normal = (r: number, i: number): number => x[r * width + i] * scales[r];
    for (let r = 0; r < rows; r++) {
      const dNormal = (i: number): number => dy[r * width + i] * weight[i];
      const product = sumOf(width, (i) => dNormal(i) * normal(r, i)) / width;
      for (let i = 0; i < width; i++) {
        const d = (dNormal(i) - normal(r, i) * product) * scales[r];
        dx[r * width + i] = d + (base?.[r * width + i] ?? 0);
      }
    }
    for (let i = 0; i < width; i++) dWeight[i] = sumOf(rows, (r) => dy[r * width + i] * normal(r, i));
  },
};
