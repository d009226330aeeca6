// The figures of a sweep, from its numbers.
import { bars, type Figure } from '@lilformer/plots';
import type { Reading } from './readings.js';
import type { SweepResult } from './sweep-results.js';
import type { Sweep } from './sweep.js';

/** A figure with the name of its file and what it shows. */
export interface NamedFigure {
  readonly file: string;
  readonly about: string;
  readonly figure: Figure;
}

export function figuresOf(
  _sweep: Sweep,
  results: readonly SweepResult[],
  _readings: readonly Reading[],
): NamedFigure[] {
  const labels = results.map(({ run }) => run.name);
  return [
    {
      file: 'losses.svg',
      about: 'Loss of every run',
      figure: bars({
        title: 'Loss of every run',
        labels,
        series: [
          { name: 'train', values: results.map(({ last }) => last.trainLoss ?? NaN) },
          { name: 'validation', values: results.map(({ last }) => last.validationLoss) },
        ],
        valueName: 'cross entropy, nats a token',
      }),
    },
  ];
}

export async function attentionFigures(
  _sweep: Sweep,
  _results: readonly SweepResult[],
): Promise<NamedFigure[]> {
  return [];
}
