// Attention of the pretrained families against Hugging Face's, and its shapes.
import { parseSafetensors, toFloat32, type NamedArray } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { architectureOf, createModel, EncoderDecoderModel, modelFromConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { golden, goldenJson, relativeDifference, tolerances } from '@lilformer/testing';
import { CharTokenizer } from '@lilformer/tokenizers';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { attentionStacks } from './attention-maps.js';

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
function mergeTokenTypes(
  weights: ReadonlyMap<string, NamedArray>,
  io: ReadonlyMap<string, NamedArray>,
): void {
  const floats = (name: string) => weights.get(`bert.embeddings.${name}.weight`)!.data as Float32Array;
  const [positions, types] = [floats('position_embeddings'), floats('token_type_embeddings')];
  const { shape, data } = io.get('token_type_ids')!;
  const width = types.length / 2;
  for (let at = 0; at < shape[1]; at++) {
    const type = Number(data[at]);
    for (let i = 0; i < width; i++) positions[at * width + i] += types[type * width + i] - types[i];
  }
}

for (const [family, stacks] of Object.entries(STACKS)) {
  const folder = `hf/${family}`;
  describe(`attention of ${family}`, () => {
    it("is Hugging Face's", () => {
      const read = (file: string) => parseSafetensors(readFileSync(golden(`${folder}/${file}`))).tensors;
      const config = goldenJson(`${folder}/config.json`);
      const model = modelFromConfig(config, new Random(0)).eval();
      const { weightName } = architectureOf(config).huggingFace!;
      const io = read('io.safetensors');
      const files = read('model.safetensors');
      if (family === 'bert') mergeTokenTypes(files, io);
      const weights = [...files].map(([name, array]) => [weightName(name)!, array] as const);
      model.loadStateDict(new Map<string, NamedArray>(weights));
      // The first row is the one without padding.
      const row = (name: string): number[] => {
        const { shape, data } = io.get(name)!;
        return Array.from(data as BigInt64Array, Number).slice(0, shape[1]);
      };
      const before = tf.memory().numTensors;
      const prompt = row('input_ids');
      let found;
      if (model instanceof EncoderDecoderModel) {
        found = attentionStacks(model, many, prompt, row('decoder_input_ids').slice(1));
        expect(() => attentionStacks(model, many, prompt)).toThrow('expected an answer');
      } else found = attentionStacks(model, many, prompt);
      expect(tf.memory().numTensors).toBe(before);
      expect(found.map(({ where }) => where)).toEqual(stacks.map(([where]) => where));
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

describe('attentionStacks', () => {
  it('of our own models, with their tokens', () => {
    const sizes = { vocabSize: 10, dModel: 8, nHeads: 2, nLayers: 3, contextLength: 4 };
    const model = createModel({ type: 'tied-transformer', ...sizes }, new Random(1));
    const [{ where, tokens, keys, layers }] = attentionStacks(model, digits, '012345');
    expect([where, tokens, keys]).toEqual(['decoder', ['2', '3', '4', '5'], ['2', '3', '4', '5']]);
    expect([layers.length, layers[0].length]).toEqual([3, 2]);
    expect(() => attentionStacks(model, digits, '')).toThrow('the prompt is empty');
    const gru = createModel({ type: 'gru', vocabSize: 10, embedSize: 2, hiddenSize: 2 }, new Random(1));
    expect(() => attentionStacks(gru, digits, '0')).toThrow('GRULM has no attention weights');
    model.dispose();
    gru.dispose();
  });
});
