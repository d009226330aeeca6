// Compute-optimal model size from runs of equal FLOPs: approach 2 of Hoffmann et al., 2022 (arXiv:2203.15556, section 3.2).
import type { Table } from '@lilformer/command-line';
import { bestOf, validationLoss } from './by-setting.js';
import { noiseOf, seedLosses } from './seeds.js';
import type { SweepResult } from './sweep-results.js';

/** The runs of one compute budget. */
export interface Budget {
  readonly name: string;
  /** Ordered by number of parameters. */
  readonly results: readonly SweepResult[];
  /** Mean training FLOPs of a run. */
  readonly flops: number;
  /** Minimum of the parabola fitted to loss over log parameters; undefined outside the range of the runs. */
  readonly minimum: { readonly parameters: number; readonly loss: number } | undefined;
}

/** The budgets of a sweep, in its order; runs without results are left out. */
export function budgetsOf(
  groups: Readonly<Record<string, readonly string[]>> = {},
  results: readonly SweepResult[],
): Budget[] {
  return Object.entries(groups).flatMap(([name, runs]): Budget[] => {
    const own = results
      .filter(({ run }) => runs.includes(run.name))
      .sort((a, b) => a.parameters - b.parameters);
    if (own.length === 0) return [];
    return [
      {
        name,
        results: own,
        flops: own.reduce((sum, { flops = NaN }) => sum + flops, 0) / own.length,
        minimum: parabolaMinimum(
          own.map(({ parameters }) => Math.log(parameters)),
          own.map(validationLoss),
        ),
      },
    ];
  });
}

/** Minimum of the least-squares parabola, if it lies between the first and the last x. */
function parabolaMinimum(
  x: readonly number[],
  y: readonly number[],
): { parameters: number; loss: number } | undefined {
  if (x.length < 3) return undefined;
  const middle = x.reduce((sum, value) => sum + value, 0) / x.length;
  const at = x.map((value) => value - middle);
  const sums = [0, 1, 2, 3, 4].map((power) => at.reduce((sum, value) => sum + value ** power, 0));
  const right = [0, 1, 2].map((power) => at.reduce((sum, value, i) => sum + value ** power * y[i], 0));
  const matrix = [0, 1, 2].map((row) => [0, 1, 2].map((column) => sums[row + column]));
  const whole = determinant(matrix);
  const [a, b, c] = [0, 1, 2].map(
    (which) =>
      determinant(matrix.map((row, i) => row.map((value, j) => (j === which ? right[i] : value)))) / whole,
  );
  const lowest = -b / (2 * c);
  if (!(c > 0) || lowest < at[0] || lowest > at.at(-1)!) return undefined;
  return { parameters: Math.exp(middle + lowest), loss: a + b * lowest + c * lowest ** 2 };
}

function determinant([[a, b, c], [d, e, f], [g, h, i]]: number[][]): number {
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/** The best run of each budget, with those that are not distinguishable from it, and the minimum of the parabola. */
export function budgetTable(budgets: readonly Budget[]): Table {
  return {
    headings: [
      'budget',
      'FLOPs',
      'best run',
      'parameters',
      'tokens per parameter',
      'loss',
      'parameters at the fitted minimum',
    ],
    rows: budgets.map(({ name, flops, results, minimum }) => {
      const best = bestOf(results);
      const noise = noiseOf(results.map((result) => seedLosses(result, results)));
      const others = results.filter(
        (result) => result !== best && validationLoss(result) - validationLoss(best) < noise,
      );
      return [
        name,
        flops.toExponential(1),
        [best, ...others].map(({ run }) => run.name).join(' or '),
        best.parameters.toLocaleString('en-US'),
        (best.tokens / best.parameters).toFixed(0),
        validationLoss(best).toFixed(4),
        minimum ? Math.round(minimum.parameters).toLocaleString('en-US') : 'outside these runs',
      ];
    }),
  };
}

/** Exponent a of parameters ∝ FLOPs^a, fitted to the minima of the budgets; undefined with fewer than two minima. */
export function scalingExponent(budgets: readonly Budget[]): number | undefined {
  const known = budgets.flatMap(({ flops, minimum }) =>
    minimum ? [{ x: Math.log(flops), y: Math.log(minimum.parameters) }] : [],
  );
  if (known.length < 2) return undefined;
  const mx = known.reduce((sum, { x }) => sum + x, 0) / known.length;
  const my = known.reduce((sum, { y }) => sum + y, 0) / known.length;
  return (
    known.reduce((sum, { x, y }) => sum + (x - mx) * (y - my), 0) /
    known.reduce((sum, { x }) => sum + (x - mx) ** 2, 0)
  );
}
