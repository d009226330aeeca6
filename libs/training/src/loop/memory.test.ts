import { slidingWindows, arraySource } from '@lilformer/datasets';
import { openEngine } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyModel, tinyWindows } from '../testing/tiny.js';
import { machineMemory } from '@lilformer/engine';
import { checkMemory, leastMemory } from './memory.js';
import { train } from './train.js';

describe('the memory of a step', () => {
  beforeAll(async () => {
    await openEngine();
  });
  const { train: windows } = tinyWindows();

  it('counts weights, gradients, moments, and activations in proportion to the batch', () => {
    const model = tinyModel('attention');
    const weights = 4 * model.parameterCount();
    const least = (batchSize: number, type: 'adamw' | 'sgd' = 'adamw') =>
      leastMemory(model, { optimizer: { type }, batchSize, train: windows });
    const activations = least(4) - 4 * weights;
    expect(activations).toBeGreaterThan(0);
    expect(least(8) - 4 * weights).toBe(2 * activations);
    expect(least(4, 'sgd')).toBe(2 * weights + activations);
    expect(least(1e9)).toBe(least(windows.count));
  });

  it('beyond the limit is refused before the first step', async () => {
    const model = tinyModel('attention');
    const options = { optimizer: { type: 'adamw' }, batchSize: 4, train: windows } as const;
    const least = leastMemory(model, options);
    expect(() => checkMemory(model, options, least)).not.toThrow();
    expect(() => checkMemory(model, options, least - 1)).toThrow(
      /^batchSize: 4 windows of 6 tokens need at least .* GB of memory with this model\. Expected at most/,
    );
    expect(machineMemory()).toBeGreaterThan(1e8);
    const huge = slidingWindows(arraySource(new Uint32Array(5e8)), 6);
    const run = train({ model, train: huge, batchSize: 4e8, schedule: 0.1, maxSteps: 1 });
    await expect(run.next()).rejects.toThrow('batchSize: 400000000 windows');
  });
});
