// Attention weights against Hugging Face's and PyTorch's.
import { parseSafetensors, toFloat32, type NamedArray } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import type { Module } from '@lilformer/layers';
import { createModel, EncoderDecoderModel, loadModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { golden, relativeDifference, tolerances } from '@lilformer/testing';
import { CharTokenizer } from '@lilformer/tokenizers';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { floats, goldenModel, goldenTensors, idRows } from '../testing/golden-model.js';
import { attentionMaps } from './attention-maps.js';

beforeAll(async () => void (await openEngine()));

/** More ids than any golden vocabulary has. */
const many = CharTokenizer.fromText(
  String.fromCodePoint(...Array.from({ length: 1000 }, (_, i) => 0x4e00 + i)),
);
const digits = CharTokenizer.fromText('0123456789');

const STACKS = {
  gpt2: [['decoder', 'attentions']],
  bert: [['encoder', 'attentions']],
  bart: [
    ['encoder', 'encoder_attentions'],
    ['decoder', 'decoder_attentions'],
    ['cross', 'cross_attentions'],
  ],
  t5: [
    ['encoder', 'encoder_attentions'],
    ['decoder', 'decoder_attentions'],
    ['cross', 'cross_attentions'],
  ],
} as const;

/**
 * Changes BERT's position embeddings so that token type 0 everywhere gives what the token types of the reference give:
 * both embeddings are added to the token's.
 */
function mergeTokenTypes(model: Module, io: ReadonlyMap<string, NamedArray>): void {
  const weights = model.stateDict();
  const floats = (name: string) =>
    [...weights].find(([key]) => key.endsWith(`embeddings.${name}.weight`))![1].data as Float32Array;
  const [positions, types] = [floats('position_embeddings'), floats('token_type_embeddings')];
  const { shape, data } = io.get('token_type_ids')!;
  const width = types.length / 2;
  for (let at = 0; at < shape[1]; at++) {
    const type = Number(data[at]);
    for (let i = 0; i < width; i++) positions[at * width + i] += types[type * width + i] - types[i];
  }
  model.loadStateDict(weights);
}

for (const [family, stacks] of Object.entries(STACKS)) {
  const folder = `hf/${family}`;
  describe(`attention of ${family}`, () => {
    it("equals Hugging Face's", async () => {
      const read = (file: string) => parseSafetensors(readFileSync(golden(`${folder}/${file}`))).tensors;
      const { model } = await loadModel(golden(folder), { tokenizer: false });
      const io = read('io.safetensors');
      if (family === 'bert') mergeTokenTypes(model, io);
      // The first row is the one without padding.
      const row = (name: string): number[] => {
        const { shape, data } = io.get(name)!;
        return Array.from(data as BigInt64Array, Number).slice(0, shape[1]);
      };
      const before = tf.memory().numTensors;
      const prompt = row('input_ids');
      let found;
      if (model instanceof EncoderDecoderModel) {
        found = await attentionMaps(model, many, prompt, row('decoder_input_ids').slice(1));
        await expect(attentionMaps(model, many, prompt)).rejects.toThrow("the decoder's prompt is missing");
      } else found = await attentionMaps(model, many, prompt);
      expect(tf.memory().numTensors).toBe(before);
      expect(found.map(({ kind }) => kind)).toEqual(stacks.map(([kind]) => kind));
      for (const [i, [, name]] of stacks.entries()) {
        const { layers, tokens, keys } = found[i];
        for (const [layer, heads] of layers.entries()) {
          for (const matrix of heads) {
            expect([matrix.length, matrix[0].length]).toEqual([tokens.length, keys.length]);
            for (const weights of matrix) expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 4);
          }
          const expected = toFloat32(io.get(`${name}.${layer}`)!);
          const mine = heads.flat(2);
          expect(relativeDifference(mine, expected.subarray(0, mine.length))).toBeLessThan(
            tolerances.pretrained,
          );
        }
      }
      model.dispose();
    });
  });
}

/** A tokenizer with a character per id. */
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
    it('equals the original', async () => {
      const before = tf.memory().numTensors;
      const model = await goldenModel(folder, type);
      const io = await goldenTensors(folder, 'io.safetensors');
      const [ids] = idRows(io.get('input_ids')!);
      const [map] = await attentionMaps(model, characters(model.vocabSize), ids);
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
      expect(map.tokens).toHaveLength(ids.length);
      const [, heads, length] = io.get('attn.0')!.shape;
      expect(map.layers.map((layer) => layer.length)).toEqual(map.layers.map(() => heads));
      map.layers.forEach((layer, number) => {
        const weights = floats(io.get(`attn.${number}`));
        layer.forEach((matrix, head) => {
          matrix.forEach((row, i) => {
            row.forEach((weight, j) =>
              expect(weight).toBeCloseTo(weights[(head * length + i) * length + j], 5),
            );
          });
        });
      });
    });
  });
}

describe('attentionMaps', () => {
  it('has the tokens and layers of a language model, cropped to the context', async () => {
    const sizes = { vocabSize: 10, dModel: 8, nHeads: 2, nLayers: 3, contextLength: 4 };
    const model = createModel({ type: 'tied-transformer', ...sizes }, new Random(1));
    const [{ kind, tokens, keys, layers }] = await attentionMaps(model, digits, '012345');
    expect([kind, tokens, keys]).toEqual(['decoder', ['2', '3', '4', '5'], ['2', '3', '4', '5']]);
    expect([layers.length, layers[0].length]).toEqual([3, 2]);
    await expect(attentionMaps(model, digits, '')).rejects.toThrow('prompt: is empty');
    const gru = createModel({ type: 'gru', vocabSize: 10, embedSize: 2, hiddenSize: 2 }, new Random(1));
    await expect(attentionMaps(gru, digits, '0')).rejects.toThrow('GRULM: has no attention weights');
    model.dispose();
    gru.dispose();
  });

  it('shows white space, crops to the context, and rejects invalid prompts', async () => {
    const tokenizer = CharTokenizer.fromText('ab \n');
    const sizes = { vocabSize: tokenizer.vocabSize, dModel: 4, contextLength: 3 };
    const model = createModel({ type: 'attention', ...sizes }, new Random(1));
    const [map] = await attentionMaps(model, tokenizer, 'ab \na');
    expect(map.tokens).toEqual(['␣', '↵', 'a']);
    expect(map.layers[0][0]).toHaveLength(3);
    await expect(attentionMaps(model, tokenizer, '')).rejects.toThrow('prompt: is empty');
    await expect(attentionMaps(model, tokenizer, [99])).rejects.toThrow('token id 99 is outside');
    const bigram = createModel({ type: 'bigram', vocabSize: tokenizer.vocabSize, dModel: 4 }, new Random(1));
    await expect(attentionMaps(bigram, tokenizer, 'ab')).rejects.toThrow(
      'BigramLM: has no attention weights',
    );
    model.dispose();
    bigram.dispose();
  });
});
