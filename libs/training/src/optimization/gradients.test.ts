import { batches, readBatch } from '@lilformer/datasets';
import { openEngine, tf } from '@lilformer/engine';
import { relativeDifference } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { lossAndGradients } from './gradients.js';
import { tinyModel, tinyWindows } from '../testing/tiny.js';

describe('gradient accumulation', () => {
  beforeAll(async () => {
    await openEngine();
  });

  it.each(['bigram', 'attention', 'moe'] as const)(
    '%s: unequal batches have the loss and gradients of one large batch',
    (kind) => {
      const model = tinyModel(kind);
      const parameters = new Map(model.namedParameters());
      const { train } = tinyWindows();
      const before = tf.memory().numTensors;
      const numbers = Array.from({ length: 11 }, (_, i) => (i * 7) % train.count);
      const whole = lossAndGradients(model, parameters, [readBatch(train, numbers)]);
      const parts = lossAndGradients(
        model,
        parameters,
        [numbers.slice(0, 4), numbers.slice(4, 5), numbers.slice(5)].map((part) => readBatch(train, part)),
      );
      expect(Math.abs(parts.loss - whole.loss)).toBeLessThan(1e-6);
      expect([...parts.gradients.keys()].sort()).toEqual([...whole.gradients.keys()].sort());
      for (const [name, gradient] of whole.gradients) {
        const difference = relativeDifference(parts.gradients.get(name)!.dataSync(), gradient.dataSync());
        expect([name, difference < 2e-6 ? 'close' : difference]).toEqual([name, 'close']);
      }
      tf.dispose([...whole.gradients.values(), ...parts.gradients.values()]);
      expect(tf.memory().numTensors).toBe(before);
      model.dispose();
    },
  );

  it('ignores frozen parameters', () => {
    const model = tinyModel();
    const parameters = new Map(model.namedParameters());
    parameters.get('embedding.weight')!.trainable = false;
    const [batch] = batches(tinyWindows().train, { batchSize: 4, order: 'shuffled' });
    const { gradients } = lossAndGradients(model, parameters, [batch]);
    expect([...gradients.keys()]).toEqual(['unembed.weight', 'unembed.bias']);
    tf.dispose([...gradients.values()]);
    model.dispose();
  });
});
