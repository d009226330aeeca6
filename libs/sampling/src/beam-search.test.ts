// Beam search against Hugging Face's (fixtures/decoding.json), and against looking at every text there is.
import { openEngine, tf } from '@lilformer/engine';
import { CharTokenizer } from '@lilformer/tokenizers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { searchBeams } from './beam-search.js';
import { beamSearch, beamSearchIds } from './beams.js';
import { softmax } from './draw.js';
import { generateText } from './generate.js';
import { beamSettingsFrom, type BeamOptions, type BeamSettings } from './options.js';
import { beamOptionsOf, decodingFixture, TableScorer } from './testing/decoding-fixture.js';
import { TableLM } from './testing/table-model.js';

let flat: TableLM;
beforeAll(async () => {
  await openEngine();
  flat = TableLM.saying([0, 1], 9);
});

const settingsOf = (options: BeamOptions): BeamSettings => beamSettingsFrom(flat, options);

describe.each(['beams', 'groups'] as const)("Hugging Face's %s", (kind) => {
  const fixture = decodingFixture[kind];
  it.each(fixture.cases)('$table: $settings', async ({ table, settings, prompts, ids, scores }) => {
    const options = { maxTokens: 9, stopTokens: [fixture.eos], ...beamOptionsOf(settings) };
    const scorer = TableScorer.of(fixture, table, prompts);
    const found = (await searchBeams(scorer, settingsOf(options))).flat();
    expect(found.map(({ ids }) => ids)).toEqual(ids);
    found.forEach(({ score }, i) => expect(score).toBeCloseTo(scores[i], 4));
    expect(scorer.disposed).toBe(true);
  });
});

/** Every text of up to `length` tokens that ends with token 0 or is that long, with its score. */
function everyText(
  scorer: TableScorer,
  length: number,
  lengthPenalty: number,
): { ids: number[]; score: number }[] {
  const prompt = scorer.texts[0];
  const vocab = scorer.next()[0].length;
  const all: { ids: number[]; score: number }[] = [];
  const grow = (ids: number[], score: number): void => {
    if (ids.at(-1) === 0 || ids.length === length) {
      all.push({ ids, score: score / ids.length ** lengthPenalty });
      return;
    }
    scorer.texts = [[...prompt, ...ids]];
    const probabilities = softmax(scorer.next()[0]);
    for (let id = 0; id < vocab; id++) grow([...ids, id], score + Math.log(probabilities[id]));
  };
  grow([], 0);
  scorer.texts = [prompt];
  return all.sort((a, b) => b.score - a.score);
}

describe('beam search', () => {
  const tables = fc.integer({ min: 0, max: 1e6 });
  const scorerOf = (seed: number, vocab: number): TableScorer =>
    new TableScorer([[seed % vocab]], 911, (state) =>
      Float32Array.from(
        { length: vocab },
        (_, token) => 3 * Math.sin(seed + 7.77 * state + 31.3 * token * (state + 1)),
      ),
    );

  it('with as many beams as there are texts finds the best of all', async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.constantFrom(0, 0.5, 1, 2), async (seed, lengthPenalty) => {
        const scorer = scorerOf(seed, 3);
        const expected = everyText(scorer, 4, lengthPenalty).slice(0, 5);
        const options = { beams: 81, sequences: 5, maxTokens: 4, stopTokens: [0], lengthPenalty } as const;
        const [found] = await searchBeams(scorer, settingsOf({ ...options, earlyStopping: 'never' }));
        found.forEach(({ score }, i) => expect(score).toBeCloseTo(expected[i].score, 4));
        expect(found[0].ids.length).toBeGreaterThan(0);
      }),
      { numRuns: 20 },
    );
  });

  it('finds what is there, best first, no text twice, and with one beam what is greedy', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(true, false, 'never' as const),
        async (seed, beams, earlyStopping) => {
          const every = everyText(scorerOf(seed, 4), 4, 1);
          const options = { beams, sequences: beams, maxTokens: 4, stopTokens: [0], earlyStopping };
          const [found] = await searchBeams(scorerOf(seed, 4), settingsOf(options));
          expect(found.length).toBe(beams);
          expect(new Set(found.map(({ ids }) => ids.join())).size).toBe(beams);
          found.forEach(({ ids, score, finish }, rank) => {
            const same = every.find((one) => one.ids.join() === ids.join());
            expect(score).toBeCloseTo(same!.score, 4);
            expect(finish).toBe(ids.at(-1) === 0 ? 'stop' : 'length');
            if (rank > 0) expect(score).toBeLessThanOrEqual(found[rank - 1].score);
          });
          if (beams > 1) return;
          let text: number[] = [];
          const scorer = scorerOf(seed, 4);
          while (text.length < 4 && text.at(-1) !== 0) {
            const [row] = scorer.next();
            text = [...text, row.indexOf(Math.max(...row))];
            scorer.extend([0], [text.at(-1)!]);
          }
          expect(found[0].ids).toEqual(text);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('gives texts up to a stop text, with their scores, and frees everything', async () => {
    const tokenizer = CharTokenizer.fromText('abcdef');
    const model = TableLM.saying([0, 1, 2, 3, 4, 5], 6);
    await beamSearch(model, tokenizer, ['a'], { maxTokens: 1 });
    const before = tf.memory().numTensors;
    const options = { beams: 3, maxTokens: 8, stopTexts: 'ef' };
    const [[first], [second]] = await beamSearch(model, tokenizer, ['a', 'abc'], options);
    expect(first).toMatchObject({ text: 'bcd', ids: [1, 2, 3, 4, 5], finish: 'stop' });
    expect(second).toMatchObject({ text: 'd', ids: [3, 4, 5], finish: 'stop' });
    expect(first.score).toBeCloseTo(0, 6);
    expect(tf.memory().numTensors).toBe(before);
    const { text } = await generateText(model, tokenizer, 'a', {
      temperature: 0,
      stopTexts: 'ef',
      maxTokens: 8,
    });
    expect(text).toBe('bcd');
  });

  it('has nothing to do for no tokens or no prompts, and says what is wrong', async () => {
    expect(await beamSearchIds(flat, [[1]], { maxTokens: 0 })).toEqual([
      [{ ids: [], score: 0, finish: 'length' }],
    ]);
    expect(await beamSearchIds(flat, [])).toEqual([]);
    await expect(beamSearchIds(flat, [[1]], { sequences: 5 })).rejects.toThrow(
      'sequences 5: expected a whole number from 1 to 4, the beams',
    );
    await expect(beamSearchIds(flat, [[1]], { groups: 3 })).rejects.toThrow(
      'groups 3: expected a whole number that divides 4',
    );
    await expect(beamSearchIds(flat, [[1]], { temperature: 2 } as BeamOptions)).rejects.toThrow(
      'temperature: no such setting',
    );
    await expect(
      beamSearchIds(flat, [[1]], { badWords: [...Array(9).keys()].map((id) => [id]) }),
    ).rejects.toThrow('no token can follow');
    await expect(beamSearchIds(flat, [[1]], { signal: AbortSignal.abort() })).rejects.toThrow('abort');
  });
});
