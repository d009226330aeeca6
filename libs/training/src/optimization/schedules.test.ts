import { goldenJson } from '@lilformer/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule, type ScheduleOptions } from './schedules.js';

function rates(settings: ScheduleOptions, count: number): number[] {
  const schedule = createSchedule(settings);
  return Array.from({ length: count }, (_, step) => schedule.rate(step));
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1e-15));
}

const file = 'unit/cosine_warmup.json';
describe('cosine with warmup equals nanoGPT and transformers', () => {
  it.each(['nano', 'transformers'] as const)('form %s', (form) => {
    const c = goldenJson<{
      peak_lr: number;
      min_lr: number;
      warmup_steps: number;
      total_steps: number;
      nano: { lr: number[] };
      transformers: { lr: number[] };
    }>(file);
    const settings = {
      type: 'cosine',
      form,
      learningRate: c.peak_lr,
      warmupSteps: c.warmup_steps,
      totalSteps: c.total_steps,
      ...(form === 'nano' ? { minLearningRate: c.min_lr } : {}),
    } as const;
    expectClose(rates(settings, c[form].lr.length), c[form].lr);
  });
});

describe('linear', () => {
  // transformers 5.23.0, get_linear_schedule_with_warmup, lr 3e-4.
  it('equals transformers', () => {
    expectClose(
      rates({ type: 'linear', learningRate: 3e-4, warmupSteps: 3, totalSteps: 11 }, 14),
      [0, 1e-4, 2e-4, 3e-4, 2.625e-4, 2.25e-4, 1.875e-4, 1.5e-4, 1.125e-4, 7.5e-5, 3.75e-5, 0, 0, 0],
    );
    expectClose(
      rates({ type: 'linear', learningRate: 3e-4, totalSteps: 4 }, 5),
      [3e-4, 2.25e-4, 1.5e-4, 7.5e-5, 0],
    );
  });
});

it('linear decays to minLearningRate', () => {
  const settings = { type: 'linear', learningRate: 1, minLearningRate: 0.5, totalSteps: 4 } as const;
  expect(rates(settings, 6)).toEqual([1, 0.875, 0.75, 0.625, 0.5, 0.5]);
});

describe('every schedule', () => {
  it('rises in warmup and falls after it, between its limits', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('linear' as const, 'cosine' as const),
        fc.nat(20),
        fc.integer({ min: 1, max: 60 }),
        (type, warmupSteps, more) => {
          const totalSteps = warmupSteps + more;
          const all = rates({ type, learningRate: 1e-3, warmupSteps, totalSteps }, totalSteps + 5);
          const low = type === 'cosine' ? 1e-4 : 0;
          expect(Math.max(...all)).toBeCloseTo(1e-3, 12);
          expect(all[totalSteps]).toBe(low);
          expect(all[totalSteps + 4]).toBe(low);
          for (let s = 1; s < all.length; s++) {
            if (s <= warmupSteps) expect(all[s]).toBeGreaterThan(all[s - 1]);
            else expect(all[s]).toBeLessThanOrEqual(all[s - 1]);
          }
        },
      ),
    );
  });

  it('is finite with warmup as long as the run', () => {
    for (const form of ['nano', 'transformers'] as const) {
      const all = rates({ type: 'cosine', form, learningRate: 1, warmupSteps: 4, totalSteps: 4 }, 6);
      expect(all.every(Number.isFinite)).toBe(true);
    }
  });

  it('throws on options out of range', () => {
    expect(() => createSchedule({ type: 'constant', learningRate: 0 })).toThrow(
      'learningRate: 0. Expected a number above 0',
    );
    expect(() => createSchedule({ type: 'constant', learningRate: NaN })).toThrow('learningRate: NaN');
    expect(() => createSchedule({ type: 'cosine', learningRate: 1 })).toThrow('totalSteps: missing');
    expect(() => createSchedule({ type: 'linear', learningRate: 1, warmupSteps: 5, totalSteps: 4 })).toThrow(
      'warmupSteps: 5. Expected at most totalSteps, which is 4',
    );
    expect(() =>
      createSchedule({
        type: 'cosine',
        form: 'transformers',
        learningRate: 1,
        minLearningRate: 0.1,
        totalSteps: 9,
      }),
    ).toThrow("minLearningRate: 0.1 with form 'transformers', which ends at 0");
    expect(() =>
      createSchedule({ type: 'cosine', learningRate: 1, minLearningRate: 2, totalSteps: 9 }),
    ).toThrow('minLearningRate: 2. Expected at most learningRate, which is 1');
    expect(() => createSchedule({ type: 'step', learningRate: 1 } as never)).toThrow('schedule type: "step"');
  });

  it('throws on the state of another type of schedule', () => {
    const plateau = createSchedule({ type: 'plateau', learningRate: 1e-3 });
    const constant = createSchedule({ type: 'constant', learningRate: 1e-3 });
    expect(() => constant.restore(plateau.state())).toThrow('has a plateau schedule. Expected constant.');
    expect(() => plateau.restore(constant.state())).toThrow('has a constant schedule. Expected plateau.');
    constant.restore(constant.state());
  });
});
