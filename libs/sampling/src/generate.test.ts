import { openEngine, tf } from '@lilformer/engine';
import { CharTokenizer } from '@lilformer/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { generate, generateText, type GeneratedToken } from './generate.js';
import { TableLM } from './testing/table-model.js';

const tokenizer = CharTokenizer.fromText('abcdef'); // a = 0 … f = 5
const cycle = () => TableLM.repeating([0, 1, 2, 3, 4, 5], 6);

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

beforeAll(async () => {
  await openEngine();
});

describe('generate', () => {
  it('streams ids, text and the finish reason', async () => {
    const tokens = await collect(generate(cycle(), tokenizer, 'ab', { maxNewTokens: 5, temperature: 0 }));
    expect(tokens.map(({ id }) => id)).toEqual([2, 3, 4, 5, 0]);
    expect(tokens.map(({ text }) => text)).toEqual(['c', 'd', 'e', 'f', 'a']);
    expect(tokens.map(({ finishReason }) => finishReason)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'length',
    ]);
    expect([...tokens[0].logits]).toEqual([0, 0, 50, 0, 0, 0]);
  });

  it('keeps the end-of-text token in the ids and out of the text', async () => {
    const options = { temperature: 0, eosTokenId: [4, 1] };
    const result = await generateText(cycle(), tokenizer, 'ab', options);
    expect(result).toEqual({ text: 'cd', ids: [2, 3, 4], finishReason: 'stop' });
    const last = await generateText(cycle(), tokenizer, 'ab', { ...options, maxNewTokens: 3 });
    expect(last.finishReason).toBe('stop');
  });

  it('takes ids as a prompt, and generates nothing with maxNewTokens 0', async () => {
    expect((await generateText(cycle(), tokenizer, [3], { temperature: 0, maxNewTokens: 2 })).text).toBe(
      'ef',
    );
    const model = cycle();
    expect(await generateText(model, tokenizer, 'a', { maxNewTokens: 0 })).toEqual({
      text: '',
      ids: [],
      finishReason: 'length',
    });
    expect(model.fed).toEqual([]);
  });

  it('generates the same with the same seed and something else with another', async () => {
    const model = new TableLM(Array.from({ length: 6 }, () => [0, 0.5, 1, 0.2, 0.3, -1]));
    const text = async (seed: number | string | undefined, more = {}) =>
      (await generateText(model, tokenizer, 'a', { seed, maxNewTokens: 40, ...more })).text;
    expect(await text(1)).toBe(await text('1'));
    expect(await text(1)).not.toBe(await text(2));
    expect(await text(undefined)).not.toBe(await text(undefined));
    expect(new Set(await text(1, { topK: 2 }))).toEqual(new Set('bc'));
    expect(new Set(await text(1, { topP: 0.3 }))).toEqual(new Set('c')); // p(c) is 0.30…
  });

  it('never generates an id that the tokenizer does not have', async () => {
    const model = new TableLM(Array.from({ length: 9 }, () => [0, 0, 0, 0, 0, 0, 9, 9, 9]));
    expect(model.vocabSize).toBe(9);
    for (const temperature of [0, 1]) {
      const { ids } = await generateText(model, tokenizer, 'a', { temperature, maxNewTokens: 30, seed: 3 });
      expect(Math.max(...ids)).toBeLessThan(6);
    }
  });

  it('feeds the prompt once and then one token at a time; without the cache the whole sequence', async () => {
    const model = cycle();
    await collect(generate(model, undefined, [0, 1, 2], { maxNewTokens: 4 }));
    expect(model.fed.splice(0)).toEqual([
      [1, 3],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    await collect(generate(model, undefined, [0, 1, 2], { maxNewTokens: 3, useCache: false }));
    expect(model.fed).toEqual([
      [1, 3],
      [1, 4],
      [1, 5],
    ]);
  });

  it('slides past the context, or throws with onOverflow error', async () => {
    const rows = Array.from({ length: 6 }, (_, id) => [0, 1, 2, 3, 4, 5].map((next) => +(next === id) * 9));
    const model = new TableLM(rows, 4);
    await collect(generate(model, undefined, [0, 1, 2], { maxNewTokens: 5 }));
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
      const options = { maxNewTokens: 5, onOverflow: 'error' } as const;
      for await (const { id } of generate(model, undefined, prompt, options)) seen.push(id);
    };
    await expect(strict([0, 1, 2])).rejects.toThrow("exceeds the model's context of 4 tokens");
    expect(seen.length).toBe(2);
    await expect(strict([0, 1, 2, 3, 4])).rejects.toThrow('Give a shorter prompt');
    expect(seen.length).toBe(0);
  });

  it('throws at once on an invalid prompt, option or tokenizer', async () => {
    const model = cycle();
    expect(() => generate(model, tokenizer, '')).toThrow('the prompt is empty');
    expect(() => generate(model, tokenizer, 'xyz')).toThrow('"x"');
    expect(() => generate(model, tokenizer, [2, 6])).toThrow(
      "prompt: id 6 at position 1 is not in the model's vocabulary. Expected integers from 0 to 5.",
    );
    expect(() => generate(model, undefined, [])).toThrow('the prompt is empty');
    expect(() => generate(model, undefined, 'ab' as unknown as number[])).toThrow('expected token ids');
    expect(() => generate(model, undefined, [0], { topK: 0 })).toThrow('topK 0');
    const padded = CharTokenizer.fromText('abcdef', { unknownToken: '<unk>' }); // a special token without a row
    expect(() => generate(model, padded, 'a')).not.toThrow();
    expect(() => generate(model, CharTokenizer.fromText('abcdefg'), 'a')).toThrow('the tokenizer has 7 ids');
    await expect(generateText(model, tokenizer, 'a', { topP: 2 })).rejects.toThrow('topP 2');
    expect(model.fed).toEqual([]);
  });

  it('gives the event loop a turn between tokens', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    let before = -1;
    try {
      for await (const _ of generate(cycle(), undefined, [0], { maxNewTokens: 2000 })) {
        if (before < 0) before = turns;
        if (turns > before) break;
      }
    } finally {
      clearInterval(timer);
    }
    expect(turns).toBeGreaterThan(before);
  });

  it('throws the reason of an aborted signal', async () => {
    const model = cycle();
    const stop = new AbortController();
    const tokens: GeneratedToken[] = [];
    const reading = (async () => {
      for await (const token of generate(model, tokenizer, 'a', {
        signal: stop.signal,
        maxNewTokens: 1000,
      })) {
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

  it('runs in evaluation mode and restores the mode of the model', async () => {
    const model = cycle().train();
    for await (const _ of generate(model, undefined, [0], { maxNewTokens: 3 }))
      expect(model.training).toBe(true);
    expect(model.trainingAtForward).toEqual([false, false, false]);
    model.eval();
    await collect(generate(model, undefined, [0], { maxNewTokens: 1 }));
    expect(model.training).toBe(false);
  });

  it('names a NaN of a diverged model', async () => {
    const model = new TableLM([
      [0, 1],
      [NaN, 0],
    ]);
    await expect(collect(generate(model, undefined, [0], { temperature: 0 }))).rejects.toThrow(
      'logit 0 is NaN',
    );
    const before = tf.memory().numTensors;
    await expect(collect(generate(model, undefined, [1]))).rejects.toThrow('NaN');
    expect(tf.memory().numTensors).toBe(before);
  });
});
