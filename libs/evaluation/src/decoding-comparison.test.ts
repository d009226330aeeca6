import { openEngine, tf } from '@lilformer/engine';
import { createModel, type LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { generateText } from '@lilformer/sampling';
import { CharTokenizer } from '@lilformer/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  compareDecoding,
  decodingStrategies,
  firstTokenDistributions,
  type Strategy,
} from './decoding-comparison.js';

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

describe('compareDecoding', () => {
  it('lets every strategy write what it writes alone; top-k 1 writes what greedy search writes', async () => {
    const written = new Map<Strategy, { text: string; ids: readonly number[] }>();
    for await (const { strategy, text, ids } of compareDecoding(model, tokenizer, 'abc', {
      maxNewTokens: 12,
      seed: 5,
    })) {
      const before = written.get(strategy)?.text ?? '';
      written.set(strategy, { text: before + text, ids: ids ?? [] });
    }
    expect([...written.keys()]).toEqual(decodingStrategies);
    for (const [{ options }, { text, ids }] of written) {
      const alone = await generateText(model, tokenizer, 'abc', { ...options, maxNewTokens: 12, seed: 5 });
      expect({ text, ids }).toEqual({ text: alone.text, ids: alone.ids });
    }
    const named = (name: string) => [...written].find(([strategy]) => strategy.name === name)![1];
    expect(named('Top-k 1')).toEqual(named('Greedy search'));
    expect(named('Temperature 1.5')).not.toEqual(named('Greedy search'));
  });

  it('takes other strategies and common settings', async () => {
    const strategies = [{ name: 'x', about: '', options: { temperature: 0 } }];
    const texts: string[] = [];
    const greedy = await generateText(model, tokenizer, 'a', { temperature: 0, maxNewTokens: 9 });
    const common = { eosTokenId: [greedy.ids[2]] };
    for await (const { text } of compareDecoding(model, tokenizer, 'a', {
      maxNewTokens: 9,
      strategies,
      common,
    })) {
      texts.push(text);
    }
    expect(texts.length).toBeLessThanOrEqual(3);
  });
});

describe('firstTokenDistributions', () => {
  it('has the model’s own first, then each strategy’s; what a filter takes out is 0', async () => {
    const ids = tokenizer.encode('abc');
    const { tokens, stages } = await firstTokenDistributions(model, tokenizer, ids, decodingStrategies, 6);
    expect(tokens.length).toBe(6);
    expect(stages.map(({ name }) => name)).toEqual([
      'the model',
      ...decodingStrategies.map(({ name }) => name),
    ]);
    const named = (name: string) => stages.find((stage) => stage.name === name)!.probabilities;
    expect(named('Greedy search')).toEqual([1, 0, 0, 0, 0, 0]);
    expect(named('Top-k 1')).toEqual([1, 0, 0, 0, 0, 0]);
    expect(named('Temperature 1.0')).toEqual(named('the model'));
    expect(named('Temperature 0.5')[0]).toBeGreaterThan(named('the model')[0]);
    expect(named('Temperature 1.5')[0]).toBeLessThan(named('the model')[0]);
    for (const { probabilities } of stages) {
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeLessThan(1 + 1e-9);
    }
    const all = await firstTokenDistributions(model, tokenizer, ids, decodingStrategies, 99);
    expect(all.tokens.length).toBe(tokenizer.vocabSize);
    const half = all.stages.find(({ name }) => name === 'Top-p 0.5')!.probabilities;
    expect(half.filter((p) => p > 0).length).toBeLessThan(tokenizer.vocabSize);
    expect(half.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
  });
});
