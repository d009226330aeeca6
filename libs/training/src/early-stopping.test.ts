import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BestSoFar } from './early-stopping.js';

describe('patience', () => {
  // Validation losses that a published run with patience 1 printed: best at epoch 6, stopped after 7.
  it('of one ends a run at the first evaluation that is no better', () => {
    const best = new BestSoFar(1);
    const stops = [4.3575, 4.206, 4.1325, 4.1099, 4.0966, 4.0943, 4.0975].map((loss, epoch) => {
      best.observe(epoch + 1, loss);
      return best.exhausted;
    });
    expect(stops).toEqual([false, false, false, false, false, false, true]);
    expect(best.best).toEqual({ step: 6, loss: 4.0943 });
  });

  it('starts over at every improvement; equal and NaN are none', () => {
    const best = new BestSoFar(3);
    const found = [2, 2, NaN, 1.9, 2, 2].map((loss, step) => best.observe(step, loss));
    expect(found).toEqual([true, false, false, true, false, false]);
    expect(best.exhausted).toBe(false);
    best.observe(6, 1.9);
    expect(best.exhausted).toBe(true);
  });

  it('is endless by default', () => {
    const best = new BestSoFar();
    for (let step = 0; step < 1000; step++) best.observe(step, 1);
    expect(best.exhausted).toBe(false);
    expect(best.best).toEqual({ step: 0, loss: 1 });
  });

  it('of less than one is refused', () => {
    expect(() => new BestSoFar(0)).toThrow('patience 0: expected a whole number of at least 1');
  });
});

it('goes through JSON at any point', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(1, 2, 3, NaN)), fc.nat(5), (losses, at) => {
      const whole = new BestSoFar(2);
      let parts = new BestSoFar(2);
      losses.forEach((loss, step) => {
        if (step === at) {
          const saved = JSON.parse(JSON.stringify(parts.state()));
          parts = new BestSoFar(2);
          parts.restore(saved);
        }
        expect(parts.observe(step, loss)).toBe(whole.observe(step, loss));
        expect(parts.exhausted).toBe(whole.exhausted);
        expect(parts.best).toEqual(whole.best);
      });
    }),
  );
});
