// The weights are PyTorch's, in their places, under tokens that one can see.
import { openEngine, tf } from '@lilformer/engine';
import { createModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer } from '@lilformer/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { attentionMap } from './attention-map.js';
import { floats, goldenModel, goldenTensors, idRows } from './testing/golden-model.js';

beforeAll(async () => void (await openEngine()));

/** A character for each id of a model. */
function characters(vocabSize: number): CharTokenizer {
  return CharTokenizer.fromText(
    Array.from({ length: vocabSize }, (_, i) => String.fromCharCode(0x100 + i)).join(''),
  );
}

for (const [folder, type] of [
  ['evolution/09_multihead', 'multi-head-transformer'],
  ['tiny_transformer', 'tiny-transformer'],
] as const) {
  describe(`attention of ${folder}`, () => {
    it('is that of the original, with averages of heads and layers', async () => {
      const before = tf.memory().numTensors;
      const model = await goldenModel(folder, type);
      const io = await goldenTensors(folder, 'io.safetensors');
      const [ids] = idRows(io.get('input_ids')!);
      const map = attentionMap(model, characters(model.vocabSize), ids);
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
      expect(map.ids).toEqual(ids);
      const [, heads, length] = io.get('attn.0')!.shape;
      map.layers.forEach((layer, number) => {
        const weights = floats(io.get(`attn.${number}`));
        expect(layer.heads).toHaveLength(heads);
        for (let i = 0; i < length; i++) {
          for (let j = 0; j < length; j++) {
            let sum = 0;
            for (let head = 0; head < heads; head++) {
              const expected = weights[(head * length + i) * length + j];
              expect(layer.heads[head][i][j]).toBeCloseTo(expected, 5);
              sum += expected;
            }
            expect(layer.average[i][j]).toBeCloseTo(sum / heads, 5);
          }
        }
      });
      for (const row of map.average) expect(row.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
    });
  });
}

it('shows white space, crops to the context, and says what it cannot read', () => {
  const tokenizer = CharTokenizer.fromText('ab \n');
  const sizes = { vocabSize: tokenizer.vocabSize, dModel: 4, contextLength: 3 };
  const model = createModel({ type: 'attention', ...sizes }, new Random(1));
  const map = attentionMap(model, tokenizer, 'ab \na');
  expect(map.tokens).toEqual(['␣', '↵', 'a']);
  expect(map.layers[0].heads[0]).toHaveLength(3);
  expect(() => attentionMap(model, tokenizer, '')).toThrow('the prompt is empty');
  expect(() => attentionMap(model, tokenizer, [99])).toThrow('token 99: the model knows');
  const bigram = createModel({ type: 'bigram', vocabSize: tokenizer.vocabSize, dModel: 4 }, new Random(1));
  expect(() => attentionMap(bigram, tokenizer, 'ab')).toThrow('BigramLM has no attention weights');
  model.dispose();
  bigram.dispose();
});
