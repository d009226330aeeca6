// Sequences of GPT-2, BART and T5 compared with Hugging Face's: greedy, beam search, batches with padding.
import { parseSafetensors, type NamedArray } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { loadModel, type LanguageModel } from '@lilformer/models';
import { golden, goldenJson, relativeDifference, tolerances } from '@lilformer/testing';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate, generateBatch } from './generate.js';
import type { GenerateOptions } from './options.js';
import type { GenerativeModel } from './sequences/generative-model.js';
import { optionsOf, type HuggingFaceOptions } from './testing/decoding-fixture.js';

interface Generation {
  max_new_tokens: number;
  pad_token_id: number;
  eos_token_id: number;
  forced_eos_token_id?: number | null;
  [ids: string]: unknown;
}

for (const family of ['gpt2', 'bart', 't5']) {
  const folder = `hf/${family}`;
  describe(`${family}'s sequences`, () => {
    const { generation } = goldenJson<{ generation: Generation }>(`${folder}/case.json`);
    const read = (file: string): ReadonlyMap<string, NamedArray> =>
      parseSafetensors(readFileSync(golden(`${folder}/${file}`))).tensors;
    const expected = read('generation.safetensors');
    const rowsOf = (name: string): number[][] => {
      const { shape, data } = expected.get(name)!;
      const numbers = Array.from(data as ArrayLike<bigint | number>, Number);
      return Array.from({ length: shape[0] }, (_, row) =>
        numbers.slice(row * shape[1], (row + 1) * shape[1]),
      );
    };
    /** Rows without the positions where their mask is 0. */
    const masked = (name: string, mask: string): number[][] => {
      const kept = rowsOf(mask);
      return rowsOf(name).map((ids, row) => ids.filter((_, place) => kept[row][place] === 1));
    };
    const isDecoder = family === 'gpt2';
    const prompts = isDecoder ? [] : masked('input_ids', 'attention_mask');
    const common = {
      maxNewTokens: generation.max_new_tokens,
      forcedEosTokenId: generation.forced_eos_token_id ?? undefined,
    };
    let model: GenerativeModel;

    beforeAll(async () => {
      await openEngine();
      model = (await loadModel(golden(folder), { tokenizer: false })).model as GenerativeModel;
      const ids = tf.tensor2d([[0]], [1, 1], 'int32');
      const made = isDecoder ? (model as LanguageModel).forward(ids) : undefined; // creates the model's constants
      tf.dispose([ids, made ?? []]);
    });
    afterAll(() => model?.dispose());

    /** The golden ids after the prompt, without padding at the end. */
    const continuations = (name: string, length: number, eos: number): number[][] =>
      rowsOf(name).map((row) => {
        const ids = row.slice(length);
        const end = ids.indexOf(eos);
        return end < 0 ? ids : ids.slice(0, end + 1);
      });

    const greedy = async (texts: readonly number[][], options: GenerateOptions): Promise<number[][]> =>
      (await generateBatch(model, undefined, texts, { temperature: 0, ...options })).map(({ ids }) => ids);

    if (isDecoder) {
      const eosOf = (settings: HuggingFaceOptions): number =>
        [settings.eos_token_id ?? generation.eos_token_id].flat()[0];
      const named = Object.entries(generation).filter(([name]) => name.endsWith('_ids')) as [
        string,
        HuggingFaceOptions & { prompt?: string },
      ][];

      it.each(named)('%s %o', async (name, settings) => {
        const inBatch = settings.prompt?.startsWith('batch_prompt') ?? false;
        const texts = inBatch ? masked('batch_prompt', 'batch_attention_mask') : rowsOf('prompt');
        const length = rowsOf(inBatch ? 'batch_prompt' : 'prompt')[0].length;
        const eos = eosOf(settings);
        const expectedIds = continuations(name, length, eos);
        const before = tf.memory().numTensors;
        if ((settings.num_beams ?? 1) > 1) {
          const options = { eosTokenId: eos, ...common, ...optionsOf(settings) };
          const found = await generateBatch(model, undefined, texts, options);
          expect(found.map(({ ids }) => ids)).toEqual(expectedIds);
          if (name === 'beam_ids') {
            const scores = expected.get('beam_scores')!.data as Float32Array;
            const difference = relativeDifference(
              found.map(({ score }) => score!),
              scores,
            );
            expect(difference).toBeLessThan(tolerances.pretrained);
          }
        } else {
          for (const useCache of [true, false]) {
            const options = { eosTokenId: eos, ...common, ...optionsOf(settings), useCache };
            expect(await greedy(texts, options)).toEqual(expectedIds);
          }
        }
        expect(tf.memory().numTensors).toBe(before);
      });

      it('greedy decoding has the same logits', async () => {
        const [prompt] = rowsOf('prompt');
        const logits = rowsOf('greedy_logits');
        let step = 0;
        for await (const token of generate(model, undefined, prompt, { temperature: 0, ...common })) {
          expect(relativeDifference(token.logits, logits[step++])).toBeLessThan(tolerances.pretrained);
        }
        expect(step).toBe(logits.length);
      });
      return;
    }

    it.each([true, false])('greedy, useCache: %o', async (useCache) => {
      const before = tf.memory().numTensors;
      const found = await greedy(prompts, { ...common, useCache });
      expect(found).toEqual(continuations('greedy_ids', 1, generation.eos_token_id));
      expect(tf.memory().numTensors).toBe(before);
    });

    it('greedy, one prompt at a time, token by token', async () => {
      const expectedIds = continuations('greedy_ids', 1, generation.eos_token_id);
      for (const [row, prompt] of prompts.entries()) {
        const ids: number[] = [];
        for await (const { id } of generate(model, undefined, prompt, { temperature: 0, ...common }))
          ids.push(id);
        expect(ids).toEqual(expectedIds[row]);
      }
    });

    it.each([true, false])('beam search, useCache: %o', async (useCache) => {
      const before = tf.memory().numTensors;
      const numBeams = (generation.beam_ids as HuggingFaceOptions).num_beams;
      const found = await generateBatch(model, undefined, prompts, { ...common, numBeams, useCache });
      expect(found.map(({ ids }) => ids)).toEqual(continuations('beam_ids', 1, generation.eos_token_id));
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
