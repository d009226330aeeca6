// Runs that spend the same computation on models of different sizes: which size does best for how much, and how the
// best size grows with it: the second approach of Hoffmann et al., 2022 (arXiv:2203.15556, section 3.2).
import type { Table } from '@lilformer/command-line';
import { validationLoss } from './readings.js';
import type { SweepResult } from './sweep-results.js';

/** The runs of one amount of computation. */
export interface Budget {
  readonly name: string;
  /** From the smallest model to the largest. */
  readonly results: readonly SweepResult[];
  /** Operations that a run spends on training, in the mean. */
  readonly flops: number;
  /** Lowest point of the parabola through loss over the logarithm of parameters; none where it has none among the runs. */
  readonly lowest: { readonly parameters: number; readonly loss: number } | undefined;
}

/** The budgets of a sweep, in its order, with those runs that there are. */
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
        flops: own.reduce((sum, { flops }) => sum + flops, 0) / own.length,
        lowest: lowestPoint(
          own.map(({ parameters }) => Math.log(parameters)),
          own.map(validationLoss),
        ),
      },
    ];
  });
}

/** Where the parabola of least squares is lowest, if that is between the first x and the last. */
function lowestPoint(
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
  const place = -b / (2 * c);
  if (!(c > 0) || place < at[0] || place > at.at(-1)!) return undefined;
  return { parameters: Math.exp(middle + place), loss: a + b * place + c * place ** 2 };
}

function determinant([[a, b, c], [d, e, f], [g, h, i]]: number[][]): number {
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/** The best size for each budget, measured and by the parabola. */
export function budgetTable(budgets: readonly Budget[]): Table {
  return {
    headings: [
      'computation',
      'FLOPs',
      'best run',
      'its parameters',
      'tokens a parameter',
      'loss',
      'best size by the parabola',
    ],
    rows: budgets.map(({ name, flops, results, lowest }) => {
      const best = bestOf(results);
      return [
        name,
        flops.toExponential(1),
        best.run.name,
        best.parameters.toLocaleString('en-US'),
        (best.tokens / best.parameters).toFixed(0),
        validationLoss(best).toFixed(4),
        lowest ? Math.round(lowest.parameters).toLocaleString('en-US') : 'beyond these runs',
      ];
    }),
  };
}

/** How the best size grows with computation, in a sentence; nothing where fewer than two budgets say it. */
export function growth(budgets: readonly Budget[]): string | undefined {
  const known = budgets.flatMap(({ flops, lowest }) =>
    lowest ? [[Math.log(flops), Math.log(lowest.parameters)] as const] : [],
  );
  if (known.length < 2) return undefined;
  const mean = (of: (point: (typeof known)[number]) => number) =>
    known.reduce((sum, point) => sum + of(point), 0) / known.length;
  const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)];
  const slope =
    known.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) /
    known.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  return (
    `By ${known.length} parabolas the best number of parameters grows as computation to the power of ${slope.toFixed(2)} ` +
    `(0.5: parameters and tokens should grow alike, as Hoffmann et al., 2022, found for models a thousand times this size).`
  );
}

function bestOf(results: readonly SweepResult[]): SweepResult {
  return results.reduce((best, result) => (validationLoss(result) < validationLoss(best) ? result : best));
}
