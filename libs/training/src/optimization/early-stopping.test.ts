import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EarlyStopping } from './early-stopping.js';

describe('early stopping', () => {
  // Validation losses printed by a published run with patience 1: best at epoch 6, stopped after 7.
  it('with patience 1 ends a run at the first evaluation without improvement', () => {
    const best = new EarlyStopping(1);
    const stops = [4.3575, 4.206, 4.1325, 4.1099, 4.0966, 4.0943, 4.0975].map((loss, epoch) => {
      best.observe(epoch + 1, loss);
      return best.exhausted;
    });
    expect(stops).toEqual([false, false, false, false, false, false, true]);
    expect(best.best).toEqual({ step: 6, loss: 4.0943 });
  });

  it('restarts its count at every improvement; an equal loss and NaN are none', () => {
    const best = new EarlyStopping(3);
    const found = [2, 2, NaN, 1.9, 2, 2].map((loss, step) => best.observe(step, loss));
    expect(found).toEqual([true, false, false, true, false, false]);
    expect(best.exhausted).toBe(false);
    best.observe(6, 1.9);
    expect(best.exhausted).toBe(true);
  });

  it('is disabled by default', () => {
    const best = new EarlyStopping();
    for (let step = 0; step < 1000; step++) best.observe(step, 1);
    expect(best.exhausted).toBe(false);
    expect(best.best).toEqual({ step: 0, loss: 1 });
  });

  it('throws on a patience below 1', () => {
    expect(() => new EarlyStopping(0)).toThrow('earlyStoppingPatience: 0. Expected an integer of at least 1');
  });
});

it('continues from a state in JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(1, 2, 3, NaN)), fc.nat(5), (losses, at) => {
      const whole = new EarlyStopping(2);
      let parts = new EarlyStopping(2);
      losses.forEach((loss, step) => {
        if (step === at) {
          const saved = JSON.parse(JSON.stringify(parts.state()));
          parts = new EarlyStopping(2);
          parts.restore(saved);
        }
        expect(parts.observe(step, loss)).toBe(whole.observe(step, loss));
        expect(parts.exhausted).toBe(whole.exhausted);
        expect(parts.best).toEqual(whole.best);
      });
    }),
  );
});
