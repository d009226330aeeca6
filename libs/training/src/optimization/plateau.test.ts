import { goldenJson } from '@lilformer/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReduceOnPlateau, type PlateauOptions } from './plateau.js';

function ratesAfter(settings: PlateauOptions, metrics: readonly (number | null)[]): number[] {
  const schedule = new ReduceOnPlateau(settings);
  return metrics.map((metric) => {
    schedule.observe(metric ?? NaN);
    return schedule.rate();
  });
}

const file = 'unit/reduce_lr_on_plateau.json';
describe('reduce on plateau against PyTorch', () => {
  const c = goldenJson<{
    factor: number;
    patience: number;
    threshold: number;
    cooldown: number;
    min_lr: number;
    eps: number;
    cases: { label: string; lr: number; metrics: (number | null)[]; lr_after: number[] }[];
  }>(file);
  it.each(c.cases)('$label', ({ lr, metrics, lr_after }) => {
    const settings = {
      type: 'plateau',
      learningRate: lr,
      factor: c.factor,
      patience: c.patience,
      threshold: c.threshold,
      cooldown: c.cooldown,
      minLearningRate: c.min_lr,
      eps: c.eps,
    } as const;
    expect(ratesAfter(settings, metrics)).toEqual(lr_after);
  });
});

// torch 2.15.0, torch.optim.lr_scheduler.ReduceLROnPlateau, lr 1e-3.
describe('other options equal PyTorch', () => {
  const metrics = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0.6, 0.6, 0.6, null, 0.4];
  const base = { type: 'plateau', learningRate: 1e-3 } as const;

  it('cooldown', () => {
    expect(ratesAfter({ ...base, factor: 0.5, patience: 0, cooldown: 2 }, metrics)).toEqual([
      0.001, 0.0005, 0.0005, 0.0005, 0.00025, 0.00025, 0.00025, 0.000125, 0.000125, 0.000125, 0.000125,
      6.25e-5, 6.25e-5, 6.25e-5, 3.125e-5, 3.125e-5,
    ]);
  });

  it('minLearningRate', () => {
    const expected = [0.001, 0.001, 0.0001, 0.0001, ...new Array<number>(12).fill(5e-5)];
    expect(ratesAfter({ ...base, patience: 1, minLearningRate: 5e-5 }, metrics)).toEqual(expected);
  });

  it('eps', () => {
    const expected = [0.001, 0.0005, ...new Array<number>(14).fill(0.00025)];
    expect(ratesAfter({ ...base, factor: 0.5, patience: 0, eps: 2e-4 }, metrics)).toEqual(expected);
  });

  it('threshold', () => {
    expect(
      ratesAfter({ ...base, factor: 0.5, patience: 0, threshold: 0.1 }, [1, 0.95, 0.91, 0.7, 0.65]),
    ).toEqual([0.001, 0.0005, 0.00025, 0.00025, 0.000125]);
  });
});

describe('state', () => {
  it('restored from JSON continues the same rates', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.constant(NaN)), { minLength: 1 }),
        fc.nat(2),
        fc.nat(2),
        fc.nat(),
        (metrics, patience, cooldown, at) => {
          const settings = { type: 'plateau', learningRate: 1, factor: 0.5, patience, cooldown } as const;
          const whole = ratesAfter(settings, metrics);
          let schedule = new ReduceOnPlateau(settings);
          const parts = metrics.map((metric, i) => {
            if (i === at % metrics.length) {
              const saved = JSON.parse(JSON.stringify(schedule.state()));
              schedule = new ReduceOnPlateau(settings);
              schedule.restore(saved);
            }
            schedule.observe(metric);
            return schedule.rate();
          });
          expect(parts).toEqual(whole);
        },
      ),
    );
  });
});

it('throws on options out of range', () => {
  const make = (options: Partial<PlateauOptions>) => () =>
    new ReduceOnPlateau({ type: 'plateau', learningRate: 1, ...options });
  expect(make({ factor: 1 })).toThrow('factor: 1. Expected a number of at least 0 and below 1');
  expect(make({ factor: 0 })).toThrow('factor: 0. Expected a number above 0');
  expect(make({ patience: 1.5 })).toThrow('patience: 1.5. Expected an integer of at least 0');
  expect(make({ threshold: -1 })).toThrow('threshold: -1');
  expect(make({ cooldown: -1 })).toThrow('cooldown: -1');
  expect(make({ patience: undefined })).not.toThrow();
});
