import { openEngine, tf } from '@lilformer/engine';
import { createModel, type LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer } from '@lilformer/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { firstTokenDistributions, STRATEGIES } from './decoding-strategies.js';

const tokenizer = CharTokenizer.fromText('abcdefghijklmnop .');
let model: LanguageModel;
beforeAll(async () => {
  await openEngine();
  const sizes = { dModel: 16, nHeads: 2, nLayers: 2, contextLength: 64 };
  model = createModel({ type: 'tied-transformer', vocabSize: tokenizer.vocabSize, ...sizes }, new Random(3));
  for (const [, { variable }] of model.namedParameters()) {
    tf.tidy(() => variable.assign(tf.mul(variable, variable.rank > 1 ? 6 : 1)));
  }
});

describe('firstTokenDistributions', () => {
  it('has the probabilities of the model, then those of each strategy, 0 for filtered tokens', async () => {
    const ids = tokenizer.encode('abc');
    const { tokens, stages } = await firstTokenDistributions(model, tokenizer, ids, STRATEGIES, 6);
    expect(tokens.length).toBe(6);
    expect(stages.map(({ name }) => name)).toEqual(['the model', ...STRATEGIES.map(({ name }) => name)]);
    const named = (name: string) => stages.find((stage) => stage.name === name)!.probabilities;
    expect(named('Greedy search')).toEqual([1, 0, 0, 0, 0, 0]);
    expect(named('Top-k 1')).toEqual([1, 0, 0, 0, 0, 0]);
    expect(named('Temperature 1.0')).toEqual(named('the model'));
    expect(named('Temperature 0.5')[0]).toBeGreaterThan(named('the model')[0]);
    expect(named('Temperature 1.5')[0]).toBeLessThan(named('the model')[0]);
    for (const { probabilities } of stages) {
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeLessThan(1 + 1e-9);
    }
    const all = await firstTokenDistributions(model, tokenizer, ids, STRATEGIES, 99);
    expect(all.tokens.length).toBe(tokenizer.vocabSize);
    const half = all.stages.find(({ name }) => name === 'Top-p 0.5')!.probabilities;
    expect(half.filter((p) => p > 0).length).toBeLessThan(tokenizer.vocabSize);
    expect(half.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
  });
});
