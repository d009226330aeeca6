import { describe, expect, it } from 'vitest';
import { checkOptionNames, trainBpe } from './index.js';

describe('checkOptionNames', () => {
  it('names the unknown option, all known ones and the nearest', () => {
    expect(() => checkOptionNames({ maxSteps: 1, batchsize: 2 }, ['maxSteps', 'batchSize'])).toThrow(
      new TypeError(
        'batchsize: unknown option. Expected one of maxSteps, batchSize. Did you mean batchSize?',
      ),
    );
    expect(() => checkOptionNames({ epochs: 1 }, ['signal', 'order'])).toThrow(
      /Expected one of signal, order\.$/,
    );
    expect(() => checkOptionNames({ order: 1, epochs: undefined }, ['order'])).not.toThrow();
  });

  it('is applied to the options of trainBpe', async () => {
    await expect(trainBpe(['a'], { vocabSize: 300, minFrequenzy: 2 } as never)).rejects.toThrow(
      'Did you mean minFrequency?',
    );
  });
});
