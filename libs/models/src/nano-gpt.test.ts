// The initialization of nanoGPT. Outputs, gradients and checkpoints are compared in golden.test.ts.
import { openEngine } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { NanoGPT } from './index.js';

beforeAll(async () => {
  await openEngine();
});

/** Standard deviation of matrices with this name, from nanoGPT's model.py. */
const std = (name: string, nLayers: number): number =>
  name.endsWith('c_proj.weight') ? 0.02 / Math.sqrt(2 * nLayers) : 0.02;

describe('initial weights of nano-gpt', () => {
  it.each([true, false])('have the mean and standard deviation of nanoGPT, bias: %s', (bias) => {
    const nLayers = 3;
    const sizes = { vocabSize: 101, dModel: 64, nLayers, nHeads: 4, contextLength: 50 };
    const model = new NanoGPT({ ...sizes, bias }, new Random(1));
    for (const [name, parameter] of model.namedParameters()) {
      const values = parameter.values();
      if (/ln_\w\.weight$/.test(name)) expect([name, new Set(values)]).toEqual([name, new Set([1])]);
      else if (name.endsWith('.bias')) expect([name, new Set(values)]).toEqual([name, new Set([0])]);
      else {
        const count = values.length;
        const mean = values.reduce((sum, x) => sum + x, 0) / count;
        const measured = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count);
        const expected = std(name, nLayers);
        // Five standard errors of a normal sample.
        expect(Math.abs(mean), name).toBeLessThan((5 * expected) / Math.sqrt(count));
        expect(Math.abs(measured / expected - 1), name).toBeLessThan(5 / Math.sqrt(2 * count));
      }
    }
    expect([...model.stateDict().keys()].some((name) => name.endsWith('.bias'))).toBe(bias);
    model.dispose();
  });
});
