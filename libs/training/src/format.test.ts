import { describe, expect, it } from 'vitest';
import type { EvaluationEvent, StepEvent } from './events.js';
import { formatDuration, formatLoss, formatRate, progressLine } from './format.js';

const step: StepEvent = {
  type: 'step',
  step: 120,
  totalSteps: 2000,
  epoch: 1,
  loss: 2.3098,
  learningRate: 3e-4,
  gradNorm: 0.8,
  tokens: 61440,
  tokensPerSecond: 41_234.6,
  elapsed: 3,
  eta: 72.4,
};

describe('progress lines', () => {
  it('format steps', () => {
    expect(progressLine(step)).toBe('step 120/2000 | loss 2.31 | lr 3.0e-4 | 41,200 tok/s | eta 1m12s');
    expect(progressLine({ ...step, totalSteps: undefined, eta: undefined })).toBe(
      'step 120 | loss 2.31 | lr 3.0e-4 | 41,200 tok/s',
    );
  });

  it('format evaluations', () => {
    const evaluation: EvaluationEvent = {
      type: 'evaluation',
      step: 500,
      totalSteps: 2000,
      epoch: 1,
      trainLoss: 2.3123,
      validationLoss: 2.4012,
      perplexity: Math.exp(2.4012),
      best: true,
      learningRate: 3e-4,
      elapsed: 10,
    };
    expect(progressLine(evaluation)).toBe('eval 500/2000 | train 2.31 | valid 2.40 | perplexity 11.0 | best');
    expect(progressLine({ ...evaluation, trainLoss: undefined, best: false })).toBe(
      'eval 500/2000 | valid 2.40 | perplexity 11.0',
    );
  });

  it('format other events', () => {
    const position = { step: 7, totalSteps: 20, epoch: 1, elapsed: 61 };
    expect(progressLine({ type: 'checkpoint', ...position, path: 'runs/a' })).toBe('saved 7/20 | runs/a');
    expect(
      progressLine({
        type: 'done',
        ...position,
        tokens: 1,
        reason: 'earlyStopping',
        best: { step: 5, loss: 1.5 },
      }),
    ).toBe('done 7/20 | early stopping | best valid 1.50 at step 5 | 1m01s');
    expect(
      progressLine({
        type: 'start',
        step: 7,
        totalSteps: 20,
        epoch: 1,
        resumed: true,
        parameters: 1052672,
        warnings: [],
      }),
    ).toBe('resume 7/20 | 1,052,672 parameters');
  });

  it('format numbers that are not finite', () => {
    expect(progressLine({ ...step, loss: NaN, eta: Infinity, tokensPerSecond: 0 })).toBe(
      'step 120/2000 | loss NaN | lr 3.0e-4 | 0 tok/s | eta -',
    );
  });
});

it.each([
  [0, '0s'],
  [0.4, '0s'],
  [59.6, '1m00s'],
  [72, '1m12s'],
  [3599.7, '1h00m'],
  [7500, '2h05m'],
  [86_400 * 3 + 3600 * 4 + 5, '3d04h'],
  [NaN, '-'],
])('%d seconds are %s', (seconds, expected) => expect(formatDuration(seconds)).toBe(expected));

it.each([
  [0.01234, '0.0123'],
  [2.3098, '2.31'],
  [10.96, '11.0'],
  [999.6, '1,000'],
  [4096.4, '4,096'],
  [Infinity, 'Infinity'],
])('a loss of %d is %s', (loss, expected) => expect(formatLoss(loss)).toBe(expected));

it.each([
  [3.14159, '3.14'],
  [41_234, '41,200'],
  [1_234_567, '1,230,000'],
])('a rate of %d is %s', (rate, expected) => expect(formatRate(rate)).toBe(expected));
