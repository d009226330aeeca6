import type { StepEvent } from '@lilformer/training';
import { describe, expect, it } from 'vitest';
import { stabilityOf, stabilityTable } from './stability.js';
import type { SweepResult } from './sweep-results.js';

/** A log with these losses and gradient norms, every ten steps. */
const log = (...lines: [loss: number, gradNorm: number][]) =>
  lines.map(([loss, gradNorm], i) => ({ step: 10 * (i + 1), loss, gradNorm }) as StepEvent);

const steps = log([9, 50], [3, 0.5], [2, 2], [3, 1.5], [2, 0.25]);

describe('the stability of a run', () => {
  it('summarizes gradient norms and changes of the loss', () => {
    const { gradNorm, largestGradNorm, clipped, jitter } = stabilityOf(steps.slice(1), 1)!;
    // The median of 0.25, 0.5, 1.5 and 2.
    expect(gradNorm).toBe(1);
    expect(largestGradNorm).toBe(2);
    expect(clipped).toBe(0.5);
    // Changes −1, 1, −1, mean −1/3.
    expect(jitter).toBeCloseTo(Math.sqrt(8 / 9), 12);
  });

  it('ignores the first tenth of the steps', () => {
    const early = { ...steps[0], step: 5 };
    expect(stabilityOf([early, ...steps.slice(1)], 1)!.largestGradNorm).toBe(2);
    expect(stabilityOf(steps, 1)!.largestGradNorm).toBe(50);
  });

  it('needs three logged steps, and reports no clipped share without clipping', () => {
    expect(stabilityOf([], 1)).toBeUndefined();
    expect(stabilityOf(steps.slice(0, 2), 1)).toBeUndefined();
    expect(stabilityOf(steps, 0)).not.toHaveProperty('clipped');
  });

  it('tabulates runs with the number of rising evaluations', () => {
    const result = {
      run: { name: 'calm', settings: { learningRate: 3e-4 } },
      stability: { gradNorm: 0.5, largestGradNorm: 2, clipped: 0.25, jitter: 0.125 },
      evaluations: [3, 2, 2.5].map((validationLoss) => ({ validationLoss })),
    } as unknown as SweepResult;
    const short = { ...result, stability: undefined };
    expect(stabilityTable([result, short]).rows).toEqual([
      ['calm', '0.0003', '0.500', '2.000', '25.0 %', '0.1250', '1 of 2'],
    ]);
  });
});
