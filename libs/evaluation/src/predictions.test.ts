import { openEngine, tf } from '@lilformer/engine';
import { createModel, type LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer } from '@lilformer/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectations, nextTokenLines, predictedAgainstActual, predictNext } from './predictions.js';
import { floats, goldenModel, goldenTensors, idRows, lossAt } from './testing/golden-model.js';

beforeAll(async () => void (await openEngine()));

const FOLDER = 'tiny_transformer';

describe(`predictions of ${FOLDER}`, () => {
  it('are those of the original, step by step', async () => {
    const before = tf.memory().numTensors;
    const model = await goldenModel(FOLDER, 'tiny-transformer');
    const tokenizer = letters(model.vocabSize);
    const file = await goldenTensors(FOLDER, 'generation.safetensors');
    const greedy = Array.from(file.get('greedy_ids')!.data as ArrayLike<bigint>, Number);
    const prompt = file.get('prompt')!.shape[0];
    const ids = idRows({ ...file.get('top5_ids')!, shape: file.get('top5_ids')!.shape });
    const probabilities = floats(file.get('top5_probs'));
    ids.forEach((expected, step) => {
      const next = predictNext(model, tokenizer, greedy.slice(0, prompt + step), 5);
      expect(next.map(({ id }) => id)).toEqual(expected);
      next.forEach(({ probability }, k) => expect(probability).toBeCloseTo(probabilities[step * 5 + k], 5));
    });
    // Greedy: what the model went on with is what it held likeliest.
    const steps = Math.min(greedy.length, model.contextLength);
    const read = expectations(model, tokenizer, greedy.slice(0, steps));
    read.slice(prompt - 1).forEach(({ rank, actual, predicted }) => {
      expect(rank).toBe(1);
      expect(predicted).toEqual(actual);
    });
    const io = await goldenTensors(FOLDER, 'io.safetensors');
    const [text] = idRows(io.get('input_ids')!);
    expectations(model, tokenizer, text).forEach(({ actual, rank, predicted }, place) => {
      const loss = lossAt(floats(io.get('logits')), place, model.vocabSize, text[place + 1]);
      expect(-Math.log(actual.probability)).toBeCloseTo(loss, 4);
      expect(rank === 1).toBe(predicted.id === actual.id);
    });
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

function letters(count: number): CharTokenizer {
  return CharTokenizer.fromText(
    Array.from({ length: count }, (_, i) => String.fromCharCode(0x100 + i)).join(''),
  );
}

describe('predicted against actual', () => {
  const text = 'the cat sat on the mat and the rat sat on the cat and so on and on';
  const tokenizer = CharTokenizer.fromText(text);
  let model: LanguageModel;

  beforeAll(() => {
    model = createModel({ type: 'bigram', vocabSize: tokenizer.vocabSize, dModel: 4 }, new Random(1));
  });

  it('goes on from the first 25 tokens for as long as the text', async () => {
    const result = await predictedAgainstActual(model, tokenizer, text, { seed: 1 });
    expect(result.prompt).toBe(text.slice(0, 25));
    expect(result.actual).toBe(text);
    expect(result.predicted.startsWith(result.prompt)).toBe(true);
    expect(result.predicted).toHaveLength(text.length);
    expect(result).toMatchObject({
      promptTokens: 25,
      actualTokens: text.length,
      predictedTokens: text.length,
    });
    expect(await predictedAgainstActual(model, tokenizer, text, { seed: 1 })).toEqual(result);
  });

  it('takes half of a short text, and refuses a prompt that leaves nothing', async () => {
    const short = await predictedAgainstActual(model, tokenizer, 'the cat', { seed: 1, temperature: 0 });
    expect(short.prompt).toBe('the');
    const all = predictedAgainstActual(model, tokenizer, 'the', { promptTokens: 3 });
    await expect(all).rejects.toThrow('promptTokens 3: expected a whole number of at least 1 and below 3');
  });

  it('draws bars of a fortieth each', () => {
    const next = [
      { id: 1, token: 'I', probability: 0.1385 },
      { id: 2, token: '␣'.repeat(16), probability: 0.02 },
    ];
    expect(nextTokenLines(next)).toEqual([`1. I${' '.repeat(15)} 0.139 █████`, `2. ${'␣'.repeat(16)} 0.020`]);
  });
});
