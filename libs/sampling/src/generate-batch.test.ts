import { openEngine } from '@lilformer/engine';
import { createModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer } from '@lilformer/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { generate, generateBatch, generateText } from './generate.js';
import { TableLM } from './testing/table-model.js';

const tokenizer = CharTokenizer.fromText('abcdef');

beforeAll(async () => {
  await openEngine();
});

describe('generateBatch', () => {
  it('keeps the order of the prompts and pads shorter ones into one batch', async () => {
    const model = TableLM.repeating([0, 1, 2, 3, 4, 5], 6);
    const prompts = ['a', 'ab', 'f', [2, 3]];
    const results = await generateBatch(model, tokenizer, prompts, { temperature: 0, maxNewTokens: 2 });
    expect(results.map(({ text }) => text)).toEqual(['bc', 'cd', 'ab', 'ef']);
    expect(model.fed).toEqual([
      [4, 2],
      [4, 1],
    ]);
  });

  it('batches sequences by length past the context, and always in recurrent models', async () => {
    const rows = Array.from({ length: 6 }, () => [0, 1, 2, 3, 4, 5]);
    const model = new TableLM(rows, 4);
    await generateBatch(model, tokenizer, ['a', 'ab', 'abcdef', 'abcde', 'abc'], { maxNewTokens: 3 });
    const firsts = model.fed.filter((_, i) => i % 3 === 0);
    expect(firsts).toEqual([
      [2, 2],
      [2, 4],
      [1, 3],
    ]);
    const gru = createModel({ type: 'gru', vocabSize: 6, embedSize: 2, hiddenSize: 2 }, new Random(1));
    const [first, second] = await generateBatch(gru, tokenizer, ['a', 'abc'], {
      temperature: 0,
      maxNewTokens: 3,
    });
    expect(first).toEqual(await generateText(gru, tokenizer, 'a', { temperature: 0, maxNewTokens: 3 }));
    expect(second).toEqual(await generateText(gru, tokenizer, 'abc', { temperature: 0, maxNewTokens: 3 }));
  });

  it('no longer computes sequences that have ended', async () => {
    const model = TableLM.repeating([0, 1, 2, 3, 4, 5], 6);
    const options = { temperature: 0, eosTokenId: 4, maxNewTokens: 9 };
    const results = await generateBatch(model, tokenizer, ['a', 'b', 'd'], options);
    expect(results.map(({ text, finishReason }) => [text, finishReason])).toEqual([
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

  it('takes one seed for all prompts or one for each', async () => {
    const model = new TableLM(Array.from({ length: 6 }, () => [0, 0, 0, 0, 0, 0]));
    const texts = async (seed?: number | number[]) =>
      (await generateBatch(model, tokenizer, ['a', 'a'], { seed, maxNewTokens: 20 })).map(({ text }) => text);
    const [first, second] = await texts(4);
    expect(first).toBe(second);
    const [third, fourth] = await texts([4, 5]);
    expect(third).toBe(first);
    expect(fourth).not.toBe(first);
    const [fifth, sixth] = await texts();
    expect(fifth).not.toBe(sixth);
    await expect(texts([1, 2, 3])).rejects.toThrow(
      'seed: 3 seeds for 2 prompts. Expected one seed, or one for each.',
    );
  });

  it('returns nothing for no prompts and names an invalid one', async () => {
    const model = TableLM.repeating([0, 1], 6);
    expect(await generateBatch(model, tokenizer, [])).toEqual([]);
    await expect(generateBatch(model, tokenizer, ['a', ''])).rejects.toThrow('the prompt is empty');
    await expect(generateBatch(model, tokenizer, ['a'], { topK: -1 })).rejects.toThrow('topK -1');
  });

  it('returns several sequences for each prompt, the first of which equals that of generateText', async () => {
    const model = new TableLM(Array.from({ length: 6 }, () => [0, 0, 0, 0, 0, 0]));
    const options = { seed: 3, maxNewTokens: 20 };
    const results = await generateBatch(model, tokenizer, ['a', 'b'], { ...options, numReturnSequences: 3 });
    expect(results.length).toBe(6);
    expect(new Set(results.slice(0, 3).map(({ text }) => text)).size).toBe(3);
    expect(results[0]).toEqual(await generateText(model, tokenizer, 'a', options));
    expect(results[3]).toEqual(await generateText(model, tokenizer, 'b', options));
    await expect(generateText(model, tokenizer, 'a', { numReturnSequences: 2 })).rejects.toThrow(
      'numReturnSequences 2: expected 1 here. Use generateBatch',
    );
    expect(() => generate(model, tokenizer, 'a', { numBeams: 2 })).toThrow('beam search cannot stream');
  });
});
