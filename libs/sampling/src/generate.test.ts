import { openEngine, tf } from '@lilformer/engine';
import { CharTokenizer } from '@lilformer/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { generate, generateIds, generateText, type GeneratedToken } from './generate.js';
import { TableLM } from './testing/table-model.js';

const tokenizer = CharTokenizer.fromText('abcdef'); // a = 0 … f = 5
const cycle = () => TableLM.saying([0, 1, 2, 3, 4, 5], 6);

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

beforeAll(async () => {
  await openEngine();
});

describe('generate', () => {
  it('streams ids, text, and why it ended', async () => {
    const tokens = await collect(generate(cycle(), tokenizer, 'ab', { maxTokens: 5, temperature: 0 }));
    expect(tokens.map(({ id }) => id)).toEqual([2, 3, 4, 5, 0]);
    expect(tokens.map(({ text }) => text)).toEqual(['c', 'd', 'e', 'f', 'a']);
    expect(tokens.map(({ finish }) => finish)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'length',
    ]);
    expect([...tokens[0].logits]).toEqual([0, 0, 50, 0, 0, 0]);
  });

  it('keeps the stop token among the ids and out of the text', async () => {
    const options = { temperature: 0, stopTokens: [4, 1] };
    const result = await generateText(cycle(), tokenizer, 'ab', options);
    expect(result).toEqual({ text: 'cd', ids: [2, 3, 4], finish: 'stop' });
    const last = await generateText(cycle(), tokenizer, 'ab', { ...options, maxTokens: 3 });
    expect(last.finish).toBe('stop');
  });

  it('takes ids for a prompt, and generates nothing when that is asked', async () => {
    expect((await generateText(cycle(), tokenizer, [3], { temperature: 0, maxTokens: 2 })).text).toBe('ef');
    const model = cycle();
    expect(await generateText(model, tokenizer, 'a', { maxTokens: 0 })).toEqual({
      text: '',
      ids: [],
      finish: 'length',
    });
    expect(model.fed).toEqual([]);
  });

  it('gives the same with the same seed, and with another seed something else', async () => {
    const model = new TableLM(Array.from({ length: 6 }, () => [0, 0.5, 1, 0.2, 0.3, -1]));
    const text = async (seed: number | string | undefined, more = {}) =>
      (await generateText(model, tokenizer, 'a', { seed, maxTokens: 40, ...more })).text;
    expect(await text(1)).toBe(await text('1'));
    expect(await text(1)).not.toBe(await text(2));
    expect(await text(undefined)).not.toBe(await text(undefined));
    expect(new Set(await text(1, { topK: 2 }))).toEqual(new Set('bc'));
    expect(new Set(await text(1, { topP: 0.3 }))).toEqual(new Set('c')); // p(c) is 0.30…
  });

  it('never draws an id that the tokenizer does not have', async () => {
    const model = new TableLM(Array.from({ length: 9 }, () => [0, 0, 0, 0, 0, 0, 9, 9, 9]));
    expect(model.vocabSize).toBe(9);
    for (const temperature of [0, 1]) {
      const { ids } = await generateText(model, tokenizer, 'a', { temperature, maxTokens: 30, seed: 3 });
      expect(Math.max(...ids)).toBeLessThan(6);
    }
  });

  it('feeds the prompt once and then a token at a time; without the cache all of it', async () => {
    const model = cycle();
    await collect(generateIds(model, [0, 1, 2], { maxTokens: 4 }));
    expect(model.fed.splice(0)).toEqual([
      [1, 3],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    await collect(generateIds(model, [0, 1, 2], { maxTokens: 3, cache: false }));
    expect(model.fed).toEqual([
      [1, 3],
      [1, 4],
      [1, 5],
    ]);
  });

  it('slides past the context, or says that it is full', async () => {
    const rows = Array.from({ length: 6 }, (_, id) => [0, 1, 2, 3, 4, 5].map((next) => +(next === id) * 9));
    const model = new TableLM(rows, 4);
    await collect(generateIds(model, [0, 1, 2], { maxTokens: 5 }));
    expect(model.fed.splice(0)).toEqual([
      [1, 3],
      [1, 1],
      [1, 4],
      [1, 4],
      [1, 4],
    ]);
    const seen: number[] = [];
    const strict = async (prompt: number[]) => {
      seen.length = 0;
      const options = { maxTokens: 5, onOverflow: 'error' } as const;
      for await (const { id } of generateIds(model, prompt, options)) seen.push(id);
    };
    await expect(strict([0, 1, 2])).rejects.toThrow("outgrown the model's context of 4 tokens");
    expect(seen.length).toBe(2);
    await expect(strict([0, 1, 2, 3, 4])).rejects.toThrow('give a shorter prompt');
    expect(seen.length).toBe(0);
  });

  it('refuses at once what it cannot start from', async () => {
    const model = cycle();
    expect(() => generate(model, tokenizer, '')).toThrow('the prompt is empty');
    expect(() => generate(model, tokenizer, 'xyz')).toThrow('"x"');
    expect(() => generate(model, tokenizer, [2, 6])).toThrow(
      'prompt, id 6 at place 1: expected a whole number',
    );
    expect(() => generateIds(model, [])).toThrow('no ids given');
    expect(() => generateIds(model, 'ab' as unknown as number[])).toThrow('expected ids');
    expect(() => generateIds(model, [0], { topK: 0 })).toThrow('topK 0');
    expect(() => generate(model, CharTokenizer.fromText('abcdefg'), 'a')).toThrow('the tokenizer has 7 ids');
    await expect(generateText(model, tokenizer, 'a', { topP: 2 })).rejects.toThrow('topP 2');
    expect(model.fed).toEqual([]);
  });

  it('lets others run between two tokens', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    let before = -1;
    try {
      for await (const _ of generateIds(cycle(), [0], { maxTokens: 2000 })) {
        if (before < 0) before = turns;
        if (turns > before) break;
      }
    } finally {
      clearInterval(timer);
    }
    expect(turns).toBeGreaterThan(before);
  });

  it("ends with the signal's reason", async () => {
    const model = cycle();
    const stop = new AbortController();
    const tokens: GeneratedToken[] = [];
    const reading = (async () => {
      for await (const token of generate(model, tokenizer, 'a', { signal: stop.signal, maxTokens: 1000 })) {
        tokens.push(token);
        if (tokens.length === 3) stop.abort(new Error('enough'));
      }
    })();
    await expect(reading).rejects.toThrow('enough');
    expect(tokens.length).toBe(3);
    await expect(generateText(model, tokenizer, 'a', { signal: AbortSignal.abort() })).rejects.toThrow(
      'abort',
    );
  });

  it('evaluates, and leaves the model in the mode it was in', async () => {
    const model = cycle().train();
    for await (const _ of generateIds(model, [0], { maxTokens: 3 })) expect(model.training).toBe(true);
    expect(model.trainingAtForward).toEqual([false, false, false]);
    model.eval();
    await collect(generateIds(model, [0], { maxTokens: 1 }));
    expect(model.training).toBe(false);
  });

  it('says what is wrong when the model has diverged', async () => {
    const model = new TableLM([
      [0, 1],
      [NaN, 0],
    ]);
    await expect(collect(generateIds(model, [0], { temperature: 0 }))).rejects.toThrow('logit 0 is NaN');
    const before = tf.memory().numTensors;
    await expect(collect(generateIds(model, [1]))).rejects.toThrow('NaN');
    expect(tf.memory().numTensors).toBe(before);
  });
});
