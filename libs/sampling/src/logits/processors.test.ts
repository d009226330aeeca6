// Filters and processors compared with Hugging Face's: golden values, and fixtures/decoding.json of fixtures/decoding.py
// for min-p, typical sampling, bad words and forced tokens.
import { parseSafetensors, toFloat32 } from '@lilformer/checkpoints';
import { golden, goldenJson, largestDifference, relativeDifference } from '@lilformer/testing';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodingFixture, optionsOf, type HuggingFaceOptions } from '../testing/decoding-fixture.js';
import { applyMinP, applyTypicalP, filterLogits } from './filters.js';
import { applyRepetitionPenalty, banRepeatedNgrams, banWords, processLogits } from './processors.js';
import { softmax } from './sample.js';

const WARPERS = 'hf/gpt2/warpers.safetensors';

describe("Hugging Face's warpers", () => {
  const { cases, eos_token_id } = goldenJson<{
    cases: ({ index: number } & HuggingFaceOptions)[];
    eos_token_id: number;
  }>('hf/gpt2/warpers.json');
  const { tensors } = parseSafetensors(readFileSync(golden(WARPERS)));
  const rowsOf = (name: string): Float32Array[] => {
    const array = tensors.get(name)!;
    const [rows, width] = array.shape;
    const data = toFloat32(array);
    return Array.from({ length: rows }, (_, row) => data.slice(row * width, (row + 1) * width));
  };
  const [rows, length] = tensors.get('prefix_ids')!.shape;
  const ids = Array.from(tensors.get('prefix_ids')!.data as BigInt64Array, Number);

  it('covers each setting', () => {
    const named = new Set(cases.flatMap((one) => Object.keys(one)));
    const expected = [
      'temperature',
      'top_k',
      'top_p',
      'repetition_penalty',
      'no_repeat_ngram_size',
      'min_length',
    ];
    expect([...named]).toEqual(expect.arrayContaining(expected));
  });

  it.each(cases)('$index: %o', ({ index, ...one }) => {
    const logits = rowsOf('logits');
    expect(logits.length).toBe(rows);
    logits.forEach((row, i) => {
      const prefix = ids.slice(i * length, (i + 1) * length);
      const options = { ...optionsOf(one), minNewTokens: one.min_length };
      const eosTokenIds = new Set([eos_token_id]);
      const state = { ids: prefix, generated: prefix.length, maxNewTokens: Infinity, eosTokenIds };
      let mine = filterLogits(processLogits(row, state, options), options);
      let theirs = rowsOf(`processed.${index}`)[i];
      let theirProbabilities = rowsOf(`probabilities.${index}`)[i];
      let myProbabilities = new Float32Array(softmax(mine));
      if (one.top_p !== undefined && new Set(row).size < row.length) {
        // Which of several equal logits top-p removes depends on the sort: compare without their order.
        [mine, theirs] = [mine.slice().sort(), theirs.slice().sort()];
        [myProbabilities, theirProbabilities] = [myProbabilities.sort(), theirProbabilities.slice().sort()];
      }
      expectSameRow(mine, theirs);
      expect(relativeDifference(myProbabilities, theirProbabilities)).toBeLessThan(1e-5);
    });
  });
});

describe("Hugging Face's processors", () => {
  const { logits, prefix, cases, eos, prompt_length } = decodingFixture.processors;

  it.each(cases)('$settings', ({ settings, processed }) => {
    logits.forEach((row, i) => {
      const options = optionsOf(settings);
      const state = {
        ids: prefix[i],
        generated: prefix[i].length - prompt_length,
        maxNewTokens: (settings.max_length ?? Infinity) - prompt_length,
        eosTokenIds: new Set([eos]),
      };
      const badWordsIds = options.badWordsIds?.filter((word) => word.join() !== String(eos));
      const mine = processLogits(rowOf(row), state, { ...options, badWordsIds });
      expectSameRow(filterLogits(mine, options), rowOf(processed[i]));
    });
  });

  it('cover the settings that the golden values lack, and all settings together', () => {
    const named = new Set(cases.flatMap(({ settings }) => Object.keys(settings)));
    const expected = ['min_p', 'typical_p', 'bad_words_ids', 'min_new_tokens', 'forced_eos_token_id'];
    expect([...named]).toEqual(expect.arrayContaining(expected));
    expect(Math.max(...cases.map(({ settings }) => Object.keys(settings).length))).toBeGreaterThan(6);
  });
});

const rowOf = (values: (number | null)[]): Float32Array =>
  Float32Array.from(values, (value) => value ?? -Infinity);
const removed = (logit: number): number => (logit === -Infinity ? 1 : 0);
const finite = (logits: Float32Array): Float32Array => logits.filter((logit) => logit !== -Infinity);

function expectSameRow(mine: Float32Array, theirs: Float32Array): void {
  expect(mine.map(removed)).toEqual(theirs.map(removed));
  expect(largestDifference(finite(mine), finite(theirs))).toBeLessThan(1e-5);
}

const row = fc
  .array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: 2, maxLength: 30 })
  .map((values) => new Float32Array(values));

describe('properties', () => {
  it('min-p keeps exactly the tokens above the threshold', () => {
    fc.assert(
      fc.property(row, fc.double({ min: 0.001, max: 1, noNaN: true }), (logits, p) => {
        const probabilities = softmax(logits);
        const most = Math.max(...probabilities);
        applyMinP(logits, p).forEach((logit, id) => {
          const share = probabilities[id] / most;
          if (Math.abs(share - p) > 1e-6) expect(logit > -Infinity).toBe(share > p);
        });
      }),
    );
  });

  it('typical sampling keeps the tokens of most typical surprisal that reach p together', () => {
    fc.assert(
      fc.property(row, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (logits, p) => {
        const probabilities = softmax(logits);
        const entropy = -probabilities.reduce((sum, q) => sum + (q > 0 ? q * Math.log(q) : 0), 0);
        const oddness = Array.from(probabilities, (q) => Math.abs(-Math.log(q) - entropy));
        const left = applyTypicalP(logits, p);
        const kept = [...left.keys()].filter((id) => left[id] > -Infinity);
        expect(kept.reduce((sum, id) => sum + probabilities[id], 0)).toBeGreaterThan(p - 1e-6);
        const oddest = Math.max(...kept.map((id) => oddness[id]));
        for (const id of left.keys())
          if (!kept.includes(id)) expect(oddness[id]).toBeGreaterThan(oddest - 1e-9);
      }),
    );
  });

  it('banRepeatedNgrams bans exactly the tokens that repeat an n-gram', () => {
    const ids = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 24 });
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 4 }), (text, size) => {
        const left = banRepeatedNgrams(new Float32Array(4), text, size);
        for (let id = 0; id < 4; id++) {
          const all = [...text, id];
          const grams = all
            .slice(0, Math.max(0, all.length - size + 1))
            .map((_, at) => all.slice(at, at + size).join());
          const repeats = grams.length > 0 && grams.slice(0, -1).includes(grams.at(-1)!);
          expect(left[id] === -Infinity).toBe(repeats);
        }
      }),
    );
  });

  it('banWords bans exactly the last tokens of words', () => {
    const ids = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 10 });
    const words = fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(ids, words, (text, words) => {
        const left = banWords(new Float32Array(4), text, words);
        for (let id = 0; id < 4; id++) {
          const all = `,${[...text, id].join()}`;
          expect(left[id] === -Infinity).toBe(words.some((word) => all.endsWith(`,${word.join()}`)));
        }
      }),
    );
  });

  it('a repetition penalty above 1 only lowers logits of tokens in the sequence', () => {
    fc.assert(
      fc.property(
        row,
        fc.double({ min: 1, max: 3, noNaN: true }),
        fc.array(fc.nat(29)),
        (logits, penalty, ids) => {
          applyRepetitionPenalty(logits, ids, penalty).forEach((logit, id) => {
            if (ids.includes(id)) expect(logit).toBeLessThanOrEqual(logits[id]);
            else expect(logit).toBe(logits[id]);
          });
        },
      ),
    );
  });
});
