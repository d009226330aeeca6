// What GPT-2, BART and T5 write, against Hugging Face's: greedily, by beams, in batches with padding.
import { parseSafetensors, type NamedArray } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { architectureOf, type LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { golden, goldenJson, relativeDifference } from '@lilformer/testing';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beamSearchIds } from './beams.js';
import { generateIds } from './generate.js';
import { lockstep } from './lockstep.js';
import { randomFrom, settingsFrom, type GenerateOptions } from './options.js';
import { scorerOf, type TextModel } from './text-model.js';
import { beamOptionsOf, type HuggingFaceSettings } from './testing/decoding-fixture.js';

interface Generation {
  max_new_tokens: number;
  pad_token_id: number;
  eos_token_id: number;
  forced_eos_token_id?: number | null;
  [ids: string]: unknown;
}

for (const family of ['gpt2', 'bart', 't5']) {
  const folder = `hf/${family}`;
  describe(`${family}'s texts`, () => {
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
    /** Rows without the places where their mask is 0. */
    const masked = (name: string, mask: string): number[][] => {
      const kept = rowsOf(mask);
      return rowsOf(name).map((ids, row) => ids.filter((_, place) => kept[row][place] === 1));
    };
    const isDecoder = family === 'gpt2';
    const prompts = isDecoder ? [] : masked('input_ids', 'attention_mask');
    const forcedEos = generation.forced_eos_token_id ?? undefined;
    const common = {
      maxTokens: generation.max_new_tokens,
      ...(forcedEos === undefined ? {} : { forcedEos }),
    };
    let model: TextModel;

    beforeAll(async () => {
      await openEngine();
      const architecture = architectureOf(goldenJson(`${folder}/config.json`));
      model = architecture.build(goldenJson(`${folder}/config.json`), new Random(0)) as TextModel;
      const weights = [...read('model.safetensors')].map(
        ([name, array]) => [architecture.key(name), array] as const,
      );
      model.loadStateDict(
        new Map(weights.filter((entry): entry is [string, NamedArray] => entry[0] !== undefined)),
      );
      const ids = tf.tensor2d([[0]], [1, 1], 'int32');
      const made = isDecoder ? (model as LanguageModel).forward(ids) : undefined; // a model's lasting constants
      tf.dispose([ids, made ?? []]);
    });
    afterAll(() => model?.dispose());

    /** What is in a row of golden ids after the prompt, padding at its end left out. */
    const continuations = (name: string, length: number, eos: number): number[][] =>
      rowsOf(name).map((row) => {
        const ids = row.slice(length);
        const end = ids.indexOf(eos);
        return end < 0 ? ids : ids.slice(0, end + 1);
      });

    /** All texts side by side, greedily. */
    const greedy = async (texts: readonly number[][], options: GenerateOptions): Promise<number[][]> => {
      const settings = settingsFrom(model, { temperature: 0, ...options });
      const ids = texts.map((): number[] => []);
      const randoms = texts.map(() => randomFrom(0));
      for await (const { row, id } of lockstep(scorerOf(model, texts, settings), randoms, settings))
        ids[row].push(id);
      return ids;
    };

    if (isDecoder) {
      const eosOf = (settings: HuggingFaceSettings): number =>
        [settings.eos_token_id ?? generation.eos_token_id].flat()[0];
      const named = Object.entries(generation).filter(([name]) => name.endsWith('_ids')) as [
        string,
        HuggingFaceSettings & { prompt?: string },
      ][];

      it.each(named)('%s %o', async (name, settings) => {
        const inBatch = settings.prompt?.startsWith('batch_prompt') ?? false;
        const texts = inBatch ? masked('batch_prompt', 'batch_attention_mask') : rowsOf('prompt');
        const length = rowsOf(inBatch ? 'batch_prompt' : 'prompt')[0].length;
        const eos = eosOf(settings);
        const expectedIds = continuations(name, length, eos);
        const before = tf.memory().numTensors;
        if ((settings.num_beams ?? 1) > 1) {
          const options = { stopTokens: [eos], ...common, ...beamOptionsOf(settings) };
          const found = (await beamSearchIds(model, texts, options)).flat();
          expect(found.map(({ ids }) => ids)).toEqual(expectedIds);
          if (name === 'beam_ids') {
            const scores = expected.get('beam_scores')!.data as Float32Array;
            const difference = relativeDifference(
              found.map(({ score }) => score),
              scores,
            );
            expect(difference).toBeLessThan(3e-5);
          }
        } else {
          const { repetition_penalty: repetitionPenalty, no_repeat_ngram_size: noRepeatNgram } = settings;
          for (const cache of [true, false]) {
            const options = { stopTokens: [eos], ...common, repetitionPenalty, noRepeatNgram, cache };
            expect(await greedy(texts, options)).toEqual(expectedIds);
          }
        }
        expect(tf.memory().numTensors).toBe(before);
      });

      it('greedily from the same logits', async () => {
        const [prompt] = rowsOf('prompt');
        const logits = rowsOf('greedy_logits');
        let step = 0;
        for await (const token of generateIds(model, prompt, { temperature: 0, ...common })) {
          expect(relativeDifference(token.logits, logits[step++])).toBeLessThan(3e-5);
        }
        expect(step).toBe(logits.length);
      });
      return;
    }

    it.each([true, false])('greedily, cache: %o', async (cache) => {
      const before = tf.memory().numTensors;
      const found = await greedy(prompts, { ...common, cache });
      expect(found).toEqual(continuations('greedy_ids', 1, generation.eos_token_id));
      expect(tf.memory().numTensors).toBe(before);
    });

    it('greedily, one prompt at a time, token by token', async () => {
      const expectedIds = continuations('greedy_ids', 1, generation.eos_token_id);
      for (const [row, prompt] of prompts.entries()) {
        const ids: number[] = [];
        for await (const { id } of generateIds(model, prompt, { temperature: 0, ...common })) ids.push(id);
        expect(ids).toEqual(expectedIds[row]);
      }
    });

    it.each([true, false])('by beams, cache: %o', async (cache) => {
      const before = tf.memory().numTensors;
      const beams = (generation.beam_ids as HuggingFaceSettings).num_beams;
      const found = await beamSearchIds(model, prompts, { ...common, beams, cache });
      expect(found.map(([{ ids }]) => ids)).toEqual(continuations('beam_ids', 1, generation.eos_token_id));
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
