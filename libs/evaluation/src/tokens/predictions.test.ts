import { openEngine, tf } from '@lilformer/engine';
import { CharTokenizer } from '@lilformer/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { predictEachToken, predictNext } from './predictions.js';
import { floats, goldenModel, goldenTensors, idRows, lossAt } from '../testing/golden-model.js';

beforeAll(async () => void (await openEngine()));

const FOLDER = 'tiny_transformer';

describe(`predictions of ${FOLDER}`, () => {
  it('equal the reference, step by step', async () => {
    const before = tf.memory().numTensors;
    const model = await goldenModel(FOLDER, 'tiny-transformer');
    const tokenizer = letters(model.vocabSize);
    const file = await goldenTensors(FOLDER, 'generation.safetensors');
    const greedy = Array.from(file.get('greedy_ids')!.data as ArrayLike<bigint>, Number);
    const prompt = file.get('prompt')!.shape[0];
    const ids = idRows({ ...file.get('top5_ids')!, shape: file.get('top5_ids')!.shape });
    const probabilities = floats(file.get('top5_probs'));
    for (const [step, expected] of ids.entries()) {
      const next = await predictNext(model, tokenizer, greedy.slice(0, prompt + step), 5);
      expect(next.map(({ id }) => id)).toEqual(expected);
      next.forEach(({ probability }, k) => expect(probability).toBeCloseTo(probabilities[step * 5 + k], 5));
    }
    // A greedy sequence consists of most likely tokens.
    const steps = Math.min(greedy.length, model.contextLength);
    const read = await predictEachToken(model, tokenizer, greedy.slice(0, steps));
    read.slice(prompt - 1).forEach(({ rank, actual, predicted }) => {
      expect(rank).toBe(1);
      expect(predicted).toEqual(actual);
    });
    const io = await goldenTensors(FOLDER, 'io.safetensors');
    const [text] = idRows(io.get('input_ids')!);
    (await predictEachToken(model, tokenizer, text)).forEach(({ actual, rank, predicted }, position) => {
      const loss = lossAt(floats(io.get('logits')), position, model.vocabSize, text[position + 1]);
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
