import { flopsFormulas } from '@lilformer/evaluation';
import { recurrentCosts, transformerCosts, type ModelCosts } from '@lilformer/models';
import { describe, expect, it } from 'vitest';
import { notebookDifferences, notebookFormulas } from './notebook-flops.js';

const T = 100;
const gpt = transformerCosts({ nLayers: 1, dModel: 128, dFf: 512, vocabSize: 92 });
const gru = recurrentCosts({ gates: 3, nLayers: 1, embedSize: 32, hiddenSize: 192, vocabSize: 92 });

describe("the notebook's formulas", () => {
  it('give its numbers', () => {
    // 24·1·100·128² + 4·1·100²·128
    expect(notebookFormulas(gpt, T).generate.value).toBe(39_321_600 + 5_120_000);
    expect(notebookFormulas(gpt, T).train.value).toBe(3 * 44_441_600);
    const rnn = recurrentCosts({ gates: 1, nLayers: 1, embedSize: 64, hiddenSize: 256, vocabSize: 92 });
    expect(notebookFormulas(rnn, T).generate.value).toBe(4 * 100 * 256 ** 2);
    expect(notebookFormulas(gru, T)).toMatchObject({
      generate: { value: 12 * 100 * 192 ** 2, formula: '12TLD²' },
      train: { value: 24 * 100 * 192 ** 2 },
      sequentialTrain: { value: 200 },
    });
  });

  it.each<[string, ModelCosts]>([
    ['a transformer', gpt],
    ['attention without a feed-forward network', { ...gpt, dFf: 0 }],
    ['experts', { ...gpt, dFf: 100, nExperts: 3 }],
    ['experts with a trained router', { ...gpt, nLayers: 2, nExperts: 3, trainedRouter: true }],
    ['a bigram', { ...gpt, nLayers: 0, dFf: 0 }],
    ['a GRU', gru],
    ['an RNN of three layers', { ...gru, gates: 1, nLayers: 3 }],
  ])('differ from the exact ones by the stated reasons: %s', (_, costs) => {
    const exact = flopsFormulas(costs, T);
    for (const of of ['generate', 'train'] as const) {
      const differences = notebookDifferences(costs, T).filter((each) => each.of === of);
      const sum = differences.reduce(
        (total, { flops }) => total + flops,
        notebookFormulas(costs, T)[of].value,
      );
      expect(sum).toBe(exact[of].value);
    }
  });
});
