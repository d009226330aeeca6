// Beam search compared with Hugging Face's (fixtures/decoding.json) and with an exhaustive search.
import { openEngine, tf } from '@lilformer/engine';
import { CharTokenizer } from '@lilformer/tokenizers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateBatch, generateText } from '../generate.js';
import { softmax } from '../logits/sample.js';
import { settingsFrom, type GenerateOptions, type Settings } from '../options.js';
import { decodingFixture, optionsOf, TableBatch } from '../testing/decoding-fixture.js';
import { TableLM } from '../testing/table-model.js';
import { searchBeams } from './beam-search.js';

let flat: TableLM;
beforeAll(async () => {
  await openEngine();
  flat = TableLM.repeating([0, 1], 9);
});

/** Settings of a beam search, which one beam does not ask for elsewhere. */
const settingsOf = ({ numBeams = 1, ...options }: GenerateOptions): Settings => {
  return { ...settingsFrom(flat, { ...options, numBeams: Math.max(2, numBeams) }), numBeams };
};

describe.each(['beams', 'groups'] as const)("Hugging Face's %s", (kind) => {
  const fixture = decodingFixture[kind];
  it.each(fixture.cases)('$table: $settings', async ({ table, settings, prompts, ids, scores }) => {
    const options = { maxNewTokens: 9, eosTokenId: fixture.eos, ...optionsOf(settings) };
    const batch = TableBatch.of(fixture, table, prompts);
    const found = (await searchBeams(batch, settingsOf(options))).flat();
    expect(found.map(({ ids }) => ids)).toEqual(ids);
    found.forEach(({ score }, i) => expect(score).toBeCloseTo(scores[i], 4));
    expect(batch.disposed).toBe(true);
  });
});

/** All sequences of up to `length` tokens that end with token 0 or have that length, with their scores, best first. */
async function allSequences(
  batch: TableBatch,
  length: number,
  lengthPenalty: number,
): Promise<{ ids: number[]; score: number }[]> {
  const prompt = batch.sequences[0];
  const vocab = (await batch.nextLogits())[0].length;
  const all: { ids: number[]; score: number }[] = [];
  const grow = async (ids: number[], score: number): Promise<void> => {
    if (ids.at(-1) === 0 || ids.length === length) {
      all.push({ ids, score: score / ids.length ** lengthPenalty });
      return;
    }
    batch.sequences = [[...prompt, ...ids]];
    const probabilities = softmax((await batch.nextLogits())[0]);
    for (let id = 0; id < vocab; id++) await grow([...ids, id], score + Math.log(probabilities[id]));
  };
  await grow([], 0);
  batch.sequences = [prompt];
  return all.sort((a, b) => b.score - a.score);
}

describe('beam search', () => {
  const tables = fc.integer({ min: 0, max: 1e6 });
  const tableOf = (seed: number, vocab: number): TableBatch =>
    new TableBatch([[seed % vocab]], 911, (state) =>
      Float32Array.from(
        { length: vocab },
        (_, token) => 3 * Math.sin(seed + 7.77 * state + 31.3 * token * (state + 1)),
      ),
    );

  it('finds the best sequences of all with as many beams as there are sequences', async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.constantFrom(0, 0.5, 1, 2), async (seed, lengthPenalty) => {
        const batch = tableOf(seed, 3);
        const expected = (await allSequences(batch, 4, lengthPenalty)).slice(0, 5);
        const beams = { numBeams: 81, numReturnSequences: 5, earlyStopping: 'never' as const };
        const options = { ...beams, maxNewTokens: 4, eosTokenId: 0, lengthPenalty };
        const [found] = await searchBeams(batch, settingsOf(options));
        found.forEach(({ score }, i) => expect(score).toBeCloseTo(expected[i].score, 4));
        expect(found[0].ids.length).toBeGreaterThan(0);
      }),
      { numRuns: 20 },
    );
  });

  it('finds distinct sequences with their scores, best first, and the greedy one with one beam that stops early', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(true, false, 'never' as const),
        async (seed, numBeams, earlyStopping) => {
          const every = await allSequences(tableOf(seed, 4), 4, 1);
          const beams = { numBeams, numReturnSequences: numBeams, earlyStopping };
          const options = settingsOf({ ...beams, maxNewTokens: 4, eosTokenId: 0 });
          const [found] = await searchBeams(tableOf(seed, 4), options);
          expect(found.length).toBe(numBeams);
          expect(new Set(found.map(({ ids }) => ids.join())).size).toBe(numBeams);
          found.forEach(({ ids, score, finishReason }, rank) => {
            const same = every.find((one) => one.ids.join() === ids.join());
            expect(score).toBeCloseTo(same!.score, 4);
            expect(finishReason).toBe(ids.at(-1) === 0 ? 'stop' : 'length');
            if (rank > 0) expect(score).toBeLessThanOrEqual(found[rank - 1].score);
          });
          // Without early stopping, one beam may still find a better sequence than the greedy one.
          if (numBeams > 1 || earlyStopping !== true) return;
          let greedy: number[] = [];
          const batch = tableOf(seed, 4);
          while (greedy.length < 4 && greedy.at(-1) !== 0) {
            const [row] = await batch.nextLogits();
            greedy = [...greedy, row.indexOf(Math.max(...row))];
            batch.append([0], [greedy.at(-1)!]);
          }
          expect(found[0].ids).toEqual(greedy);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('returns texts up to a stop string with their scores, and frees all tensors', async () => {
    const tokenizer = CharTokenizer.fromText('abcdef');
    const model = TableLM.repeating([0, 1, 2, 3, 4, 5], 6);
    await generateBatch(model, tokenizer, ['a'], { numBeams: 2, maxNewTokens: 1 });
    const before = tf.memory().numTensors;
    const options = { numBeams: 3, maxNewTokens: 8, stop: 'ef' };
    const [first, second] = await generateBatch(model, tokenizer, ['a', 'abc'], options);
    expect(first).toMatchObject({ text: 'bcd', ids: [1, 2, 3, 4, 5], finishReason: 'stop' });
    expect(second).toMatchObject({ text: 'd', ids: [3, 4, 5], finishReason: 'stop' });
    expect(first.score).toBeCloseTo(0, 6);
    expect(tf.memory().numTensors).toBe(before);
    expect(await generateText(model, tokenizer, 'a', options)).toEqual(first);
    const greedy = { temperature: 0, stop: 'ef', maxNewTokens: 8 };
    expect((await generateText(model, tokenizer, 'a', greedy)).text).toBe('bcd');
  });

  it('returns nothing for no prompts, an empty text for no tokens, and throws on invalid options', async () => {
    const search = (options: GenerateOptions, prompts = [[1]]) =>
      generateBatch(flat, undefined, prompts, { numBeams: 4, ...options });
    expect(await search({ maxNewTokens: 0 })).toEqual([
      { text: '', ids: [], score: 0, finishReason: 'length' },
    ]);
    expect(await search({}, [])).toEqual([]);
    await expect(search({ numReturnSequences: 5 })).rejects.toThrow('numReturnSequences 5: expected at most');
    const everyId = [...Array(9).keys()].map((id) => [id]);
    await expect(search({ badWordsIds: everyId })).rejects.toThrow('no token can follow');
    await expect(search({ signal: AbortSignal.abort() })).rejects.toThrow('abort');
  });
});
