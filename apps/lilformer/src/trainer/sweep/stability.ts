// Training stability of a run: gradient norms and the jitter of its loss.
import type { Table } from '@lilformer/command-line';
import type { StepEvent } from '@lilformer/training';
import { median } from './median.js';
import type { SweepResult } from './sweep-results.js';

/** Share of the first steps that is ignored: the loss of every run falls steeply there. */
const IGNORED = 0.1;

export interface Stability {
  /** Median 2-norm of the gradients before clipping. */
  readonly gradNorm: number;
  readonly largestGradNorm: number;
  /** Share of the steps whose gradients were clipped; absent without clipping. */
  readonly clipped?: number;
  /** Standard deviation of the change in training loss between logged steps, in nats. */
  readonly jitter: number;
}

/** Stability of a run with this max gradient norm (0 disables clipping); undefined with fewer than three logged steps. */
export function stabilityOf(steps: readonly StepEvent[], clip: number): Stability | undefined {
  const last = steps.at(-1)?.step ?? 0;
  const later = steps.filter(({ step }) => step > IGNORED * last);
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
  'From the logged steps after the first tenth: the gradient norm before clipping, the share of clipped steps, and the standard ' +
  'deviation of the change in training loss between logged steps (`loss jitter`). `rises` counts evaluations with a higher validation ' +
  'loss than the previous one.';

/** One row per run with enough logged steps. */
export function stabilityTable(results: readonly SweepResult[]): Table {
  return {
    headings: ['run', 'learning rate', 'gradient norm', 'largest', 'clipped', 'loss jitter', 'rises'],
    rows: results.flatMap(({ run, stability, evaluations }) => {
      if (!stability) return [];
      const { gradNorm, largestGradNorm, clipped, jitter } = stability;
      const rises = evaluations.filter(
        (event, i) => event.validationLoss > evaluations[i - 1]?.validationLoss,
      );
      return [
        [
          run.name,
          run.settings.learningRate.toString(),
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
