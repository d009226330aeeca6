import { openEngine } from '@lilformer/engine';
import { createModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer } from '@lilformer/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateBatch } from './batch.js';
import { generateText } from './generate.js';
import { TableLM } from './testing/table-model.js';

const tokenizer = CharTokenizer.fromText('abcdef');

beforeAll(async () => {
  await openEngine();
});

describe('generateBatch', () => {
  it('keeps the order of the prompts, and runs all of them side by side, shorter ones padded', async () => {
    const model = TableLM.saying([0, 1, 2, 3, 4, 5], 6);
    const prompts = ['a', 'ab', 'f', [2, 3]];
    const results = await generateBatch(model, tokenizer, prompts, { temperature: 0, maxTokens: 2 });
    expect(results.map(({ text }) => text)).toEqual(['bc', 'cd', 'ab', 'ef']);
    expect(model.fed).toEqual([
      [4, 2],
      [4, 1],
    ]);
  });

  it('runs those that will outgrow the context with those of their length only, and recurrent ones as well', async () => {
    const rows = Array.from({ length: 6 }, () => [0, 1, 2, 3, 4, 5]);
    const model = new TableLM(rows, 4);
    await generateBatch(model, tokenizer, ['a', 'ab', 'abcdef', 'abcde', 'abc'], { maxTokens: 3 });
    const firsts = model.fed.filter((_, i) => i % 3 === 0);
    expect(firsts).toEqual([
      [2, 2],
      [2, 4],
      [1, 3],
    ]);
    const gru = createModel({ type: 'gru', vocabSize: 6, embedSize: 2, hiddenSize: 2 }, new Random(1));
    const [first, second] = await generateBatch(gru, tokenizer, ['a', 'abc'], {
      temperature: 0,
      maxTokens: 3,
    });
    expect(first).toEqual(await generateText(gru, tokenizer, 'a', { temperature: 0, maxTokens: 3 }));
    expect(second).toEqual(await generateText(gru, tokenizer, 'abc', { temperature: 0, maxTokens: 3 }));
  });

  it('no longer feeds rows that have ended', async () => {
    const model = TableLM.saying([0, 1, 2, 3, 4, 5], 6);
    const options = { temperature: 0, stopTokens: [4], maxTokens: 9 };
    const results = await generateBatch(model, tokenizer, ['a', 'b', 'd'], options);
    expect(results.map(({ text, finish }) => [text, finish])).toEqual([
      ['bcd', 'stop'],
      ['cd', 'stop'],
      ['', 'stop'],
    ]);
    expect(model.fed).toEqual([
      [3, 1],
      [2, 1],
      [2, 1],
      [1, 1],
    ]);
  });

  it('takes one seed for all rows or one for each', async () => {
    const model = new TableLM(Array.from({ length: 6 }, () => [0, 0, 0, 0, 0, 0]));
    const texts = async (seed?: number | number[]) =>
      (await generateBatch(model, tokenizer, ['a', 'a'], { seed, maxTokens: 20 })).map(({ text }) => text);
    const [first, second] = await texts(4);
    expect(first).toBe(second);
    const [third, fourth] = await texts([4, 5]);
    expect(third).toBe(first);
    expect(fourth).not.toBe(first);
    const [fifth, sixth] = await texts();
    expect(fifth).not.toBe(sixth);
    await expect(texts([1, 2, 3])).rejects.toThrow('seed: 3 given for 2 prompts, expected one or one each');
  });

  it('has nothing to do for no prompts, and names what is wrong with one', async () => {
    const model = TableLM.saying([0, 1], 6);
    expect(await generateBatch(model, tokenizer, [])).toEqual([]);
    await expect(generateBatch(model, tokenizer, ['a', ''])).rejects.toThrow('the prompt is empty');
    await expect(generateBatch(model, tokenizer, ['a'], { topK: -1 })).rejects.toThrow('topK -1');
  });
});
