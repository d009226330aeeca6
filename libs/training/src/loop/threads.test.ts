// The number of threads changes no bit of a run: sums are split by sizes, not by threads.
import { arraySource, slidingWindows } from '@lilformer/datasets';
import { engineNames, openEngine } from '@lilformer/engine';
import { createModel, type ModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { describe, expect, it } from 'vitest';
import { runToEnd, tinyTokens } from '../testing/tiny.js';

/** Sizes at which the kernels split sums: many tokens, and few long sequences. */
const CASES: readonly [ModelConfig, batchSize: number, contextLength: number][] = [
  [{ type: 'bigram', vocabSize: 700, dModel: 32 }, 48, 32],
  [{ type: 'nano-gpt', vocabSize: 61, dModel: 64, nLayers: 2, nHeads: 2, dropout: 0.1 }, 24, 64],
  [{ type: 'nano-gpt', vocabSize: 61, dModel: 32, nLayers: 1, nHeads: 1 }, 3, 300],
  [{ type: 'tiny-transformer', vocabSize: 61, dModel: 48, nHeads: 3, nLayers: 1 }, 30, 48],
  [{ type: 'moe-transformer', vocabSize: 61, dModel: 32, nHeads: 2, nLayers: 1, nExperts: 3 }, 32, 40],
  [{ type: 'gru', vocabSize: 61, embedSize: 24, hiddenSize: 40 }, 36, 32],
  [{ type: 'simple-rnn', vocabSize: 61, embedSize: 24, hiddenSize: 40 }, 7, 170],
];

const engines = (['native', 'wasm'] as const).filter((name) => engineNames.includes(name));

describe.each(engines)('on %s', (engine) => {
  it.each(CASES)('%o, %i windows of %i tokens', async (config, batchSize, contextLength) => {
    const windows = slidingWindows(arraySource(tinyTokens(2000)), contextLength);
    const runs: unknown[] = [];
    for (const threads of [1, 2, 3, 5]) {
      const opened = await openEngine({ engine, threads });
      expect(opened.describe()).toContain(`${threads} thread`);
      const options = /gru|rnn|bigram/.test(config.type) ? {} : { contextLength };
      const model = createModel({ ...config, ...options }, new Random(1));
      const { losses } = await runToEnd({ model, train: windows, batchSize, maxSteps: 3, schedule: 0.01 });
      runs.push({ losses, weights: new Map(model.stateDict()) });
      model.dispose();
    }
    for (const run of runs.slice(1)) expect(run).toEqual(runs[0]);
  });
});
