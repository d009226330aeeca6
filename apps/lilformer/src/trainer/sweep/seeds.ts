// Several seeds of one run: mean and spread, and what counts as noise in comparisons.
import type { Table } from '@lilformer/command-line';
import type { SweepResult } from './sweep-results.js';

/** Share of a loss below which runs of one seed each are not called different. */
const NOISE = 0.01;

/** The best validation losses of a run over its seeds. */
export interface SeedLosses {
  readonly seeds: readonly number[];
  readonly mean: number;
  readonly lowest: number;
  readonly highest: number;
}

export function seedLosses(result: SweepResult, results: readonly SweepResult[]): SeedLosses {
  const { name } = result.run;
  const own = results.filter(({ run }) => run.name === name || run.repeats === name);
  const losses = own.map(({ best }) => best.validationLoss);
  return {
    seeds: own.map(({ run }) => run.settings.seed),
    mean: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
    lowest: Math.min(...losses),
    highest: Math.max(...losses),
  };
}

/** Difference of two losses from which they are called different: the largest spread of seeds or, with one seed, 1 %. */
export function noiseOf(losses: readonly SeedLosses[]): number {
  const spread = Math.max(...losses.map(({ lowest, highest }) => highest - lowest));
  return losses.every(({ seeds }) => seeds.length > 1)
    ? spread
    : NOISE * Math.min(...losses.map(({ mean }) => mean));
}

export const ABOUT_SEEDS =
  'The best validation loss of each run over its seeds. `spread` is the highest minus the lowest, `std` the standard deviation of a ' +
  'single run (n − 1), `perplexity` the exponential of the mean. Losses by setting are means too; all other tables, figures and ' +
  'samples are those of the first seed.';

/** One row per run; empty without repetitions. */
export function seedTable(results: readonly SweepResult[]): Table {
  const first = results.filter(({ run }) => run.repeats === undefined);
  const headings = ['run', 'seeds', 'mean', 'std', 'spread', 'lowest', 'highest', 'perplexity'];
  if (first.length === results.length) return { headings, rows: [] };
  return {
    headings,
    rows: first.map((result) => {
      const { seeds, mean, lowest, highest } = seedLosses(result, results);
      const own = results.filter(({ run }) => [run.name, run.repeats].includes(result.run.name));
      const squares = own.reduce((sum, { best }) => sum + (best.validationLoss - mean) ** 2, 0);
      const std = Math.sqrt(squares / (own.length - 1));
      return [
        result.run.name,
        seeds.join(', '),
        ...[mean, std, highest - lowest, lowest, highest].map((value) => value.toFixed(4)),
        Math.exp(mean).toFixed(2),
      ];
    }),
  };
}
