// How smoothly a run trained: its gradients, and how much its loss jumps about.
import type { Table } from '@lilformer/command-line';
import type { StepEvent } from '@lilformer/training';
import { median } from './median.js';
import type { SweepResult } from './sweep-results.js';

/** The first steps, in which every run falls steeply, are left out: this share of them. */
const LEFT_OUT = 0.1;

export interface Stability {
  /** Median 2-norm of the gradients before clipping. */
  readonly gradNorm: number;
  readonly largestGradNorm: number;
  /** Share of the steps whose gradients were clipped; absent when none were to be. */
  readonly clipped?: number;
  /** Standard deviation of the change of the training loss from one line of the log to the next, in nats. */
  readonly jitter: number;
}

/** What the log says of a run that clips at this norm (0: not at all); undefined when it has too few lines. */
export function stabilityOf(steps: readonly StepEvent[], clip: number): Stability | undefined {
  const last = steps.at(-1)?.step ?? 0;
  const later = steps.filter(({ step }) => step > LEFT_OUT * last);
  if (later.length < 3) return undefined;
  const norms = later.map(({ gradNorm }) => gradNorm);
  const changes = later.slice(1).map(({ loss }, i) => loss - later[i].loss);
  const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  const variance = changes.reduce((sum, change) => sum + (change - mean) ** 2, 0) / changes.length;
  return {
    gradNorm: median(norms),
    largestGradNorm: norms.reduce((a, b) => Math.max(a, b)),
    ...(clip > 0 && { clipped: norms.filter((norm) => norm > clip).length / norms.length }),
    jitter: Math.sqrt(variance),
  };
}

export const ABOUT_STABILITY =
  'Of the steps in the log after the first tenth: the norm of the gradients before clipping, the share of the steps that were ' +
  'clipped, and the standard deviation of the change of the training loss from one line of the log to the next. `rises` counts ' +
  'the evaluations whose validation loss is above that of the one before.';

/** A row for each run whose log says something. */
export function stabilityTable(results: readonly SweepResult[]): Table {
  return {
    headings: ['run', 'learning rate', 'gradient norm', 'largest', 'clipped', 'loss jumps by', 'rises'],
    rows: results.flatMap(({ run, stability, evaluations }) => {
      if (!stability) return [];
      const { gradNorm, largestGradNorm, clipped, jitter } = stability;
      const rises = evaluations.filter(
        (event, i) => event.validationLoss > evaluations[i - 1]?.validationLoss,
      );
      return [
        [
          run.name,
          run.settings.lr.toString(),
          gradNorm.toFixed(3),
          largestGradNorm.toFixed(3),
          clipped === undefined ? '-' : `${(100 * clipped).toFixed(1)} %`,
          jitter.toFixed(4),
          `${rises.length} of ${Math.max(0, evaluations.length - 1)}`,
        ],
      ];
    }),
  };
}
