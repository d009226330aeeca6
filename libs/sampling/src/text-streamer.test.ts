// Text of subword tokens: whole characters, spaces between words, stop strings, and no end-of-text token.
import { openEngine } from '@lilformer/engine';
import { CharTokenizer, trainBpe, type Tokenizer } from '@lilformer/tokenizers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { generate, generateBatch, generateText, type GeneratedToken } from './generate.js';
import { TableLM } from './testing/table-model.js';

const END = '<|endoftext|>';

/** A model that generates `text` from any prompt; its ids must be distinct. */
function speaker(tokenizer: Tokenizer, text: string): TableLM {
  const ids = [...tokenizer.encode(text, { addEos: true })];
  expect(new Set(ids).size).toBe(ids.length);
  return TableLM.repeating(ids, tokenizer.vocabSize);
}

async function collect(stream: AsyncIterable<GeneratedToken>): Promise<GeneratedToken[]> {
  const tokens: GeneratedToken[] = [];
  for await (const token of stream) tokens.push(token);
  return tokens;
}

beforeAll(async () => {
  await openEngine();
});

describe('with a byte-level tokenizer', () => {
  let bytes: Tokenizer;
  beforeAll(async () => {
    bytes = await trainBpe('ab ab', {
      vocabSize: 260,
      specialTokens: [END],
      preTokenizer: 'byte-level',
    });
  });

  it('never splits a character, and stops at the end-of-text token', async () => {
    const text = 'é語🙂!';
    const tokens = await collect(generate(speaker(bytes, text), bytes, '', { temperature: 0 }));
    expect(tokens.map(({ text }) => text)).toEqual(['', 'é', '', '', '語', '', '', '', '🙂', '!', '']);
    expect(tokens.at(-1)).toMatchObject({ id: bytes.eosTokenId, finishReason: 'stop' });
  });

  it('decodes an incomplete character as U+FFFD in the last piece', async () => {
    const model = speaker(bytes, 'é🙂');
    const tokens = await collect(generate(model, bytes, '', { temperature: 0, maxNewTokens: 4 }));
    expect(tokens.map(({ text }) => text).join('')).toBe('é\ufffd');
    expect(tokens.at(-1)!.text).toBe('\ufffd');
    const cut = [...bytes.encode('🙂')][1];
    const stopped = await generateText(model, bytes, '', { temperature: 0, eosTokenId: cut });
    expect(stopped).toMatchObject({ text: 'é\ufffd', finishReason: 'stop' });
  });

  it('continues after the end-of-text token when it is no stop token', async () => {
    const options = { temperature: 0, eosTokenId: [], maxNewTokens: 5 };
    const { text, ids, finishReason } = await generateText(speaker(bytes, 'ab.'), bytes, '', options);
    expect(text).toBe('ab.ab.');
    expect(ids).toContain(bytes.eosTokenId);
    expect(finishReason).toBe('length');
  });

  it('yields pieces that join to the decoded ids', async () => {
    const flat = new TableLM(
      Array.from({ length: bytes.vocabSize }, () => new Array<number>(bytes.vocabSize).fill(0)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
        fc.integer(),
        async (prompt, seed) => {
          const options = { seed, maxNewTokens: 30, eosTokenId: [] };
          const { text, ids } = await generateText(flat, bytes, prompt, options);
          const all = bytes.decode([...bytes.encode(prompt), ...ids]);
          expect(bytes.decode(bytes.encode(prompt)) + text).toBe(all);
          const [row] = await generateBatch(flat, bytes, [prompt], options);
          expect(row.text).toBe(text);
        },
      ),
      { numRuns: 8 },
    );
  });
});

describe('with a word-level tokenizer', () => {
  it('puts a space between the prompt and the next word', async () => {
    const words = await trainBpe(['the cat sat down', 'the cat sat down'], {
      vocabSize: 100,
      specialTokens: [END],
    });
    const cat = words.tokenToId('cat')!;
    const sat = words.tokenToId('sat')!;
    const down = words.tokenToId('down')!;
    const model = TableLM.repeating([cat, sat, down], words.vocabSize);
    const options = { temperature: 0, maxNewTokens: 2 };
    const tokens = await collect(generate(model, words, 'the cat', options));
    const prompt = words.decode(words.encode('the cat'));
    const all = words.decode([...words.encode('the cat'), sat, down]);
    expect(prompt + tokens.map(({ text }) => text).join('')).toBe(all);
    const [row] = await generateBatch(model, words, ['the cat'], options);
    expect(row.text).toBe(tokens.map(({ text }) => text).join(''));
  });
});

describe('stop strings', () => {
  const characters = CharTokenizer.fromText('abcdef');
  const flat = (): TableLM => new TableLM(Array.from({ length: 6 }, () => [0, 0, 0, 0, 0, 0]));

  it('end the text before them, also across tokens, and no part of them is yielded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 }), {
          minLength: 1,
        }),
        fc.integer(),
        async (stop, seed) => {
          const options = { seed, topK: 2, maxNewTokens: 12 };
          const model = new TableLM(Array.from({ length: 6 }, () => [1, 1, 0, 0, 0, 0]));
          const { text: whole } = await generateText(model, characters, 'c', options);
          const at = stop.map((stop) => whole.indexOf(stop)).filter((place) => place >= 0);
          const ends = stop
            .filter((stop) => whole.includes(stop))
            .map((stop) => whole.indexOf(stop) + stop.length);
          const tokens = await collect(generate(model, characters, 'c', { ...options, stop }));
          const text = tokens.map(({ text }) => text).join('');
          if (at.length === 0) {
            expect(text).toBe(whole);
            expect(tokens.at(-1)!.finishReason).toBe('length');
          } else {
            // The first complete match ends the text; the text is what precedes the earliest match.
            const end = Math.min(...ends);
            expect(tokens.length).toBe(end);
            const starts = stop
              .filter((stop) => whole.slice(0, end).endsWith(stop))
              .map(({ length }) => end - length);
            expect(text).toBe(whole.slice(0, Math.min(...starts)));
            expect(tokens.at(-1)!.finishReason).toBe('stop');
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('work in batches, with end-of-text tokens, and at the end of a text', async () => {
    const model = TableLM.repeating([0, 1, 2, 3, 4, 5], 6);
    const options = { temperature: 0, stop: ['de'], eosTokenId: [1], maxNewTokens: 6 };
    const texts = (await generateBatch(model, characters, ['a', 'b', 'f'], options)).map(({ text }) => text);
    expect(texts).toEqual(['', 'c', 'a']);
    const short = await generateText(model, characters, 'b', { ...options, maxNewTokens: 2 });
    expect(short).toEqual({ text: 'cd', ids: [2, 3], finishReason: 'length' });
    expect(
      (await generateText(flat(), characters, 'a', { seed: 1, maxNewTokens: 3, stop: 'zz' })).ids.length,
    ).toBe(3);
  });

  it('may begin in the prompt, and do not match a prompt that contains them', async () => {
    const model = TableLM.repeating([0, 1, 2, 3, 4, 5], 6); // transformers stops at the same tokens
    const options = { temperature: 0, maxNewTokens: 4 };
    const stopAt = async (stop: string): Promise<unknown> => {
      const whole = await generateText(model, characters, 'ab', { ...options, stop });
      const tokens = await collect(generate(model, characters, 'ab', { ...options, stop }));
      expect(tokens.map(({ text }) => text).join('')).toBe(whole.text);
      return whole;
    };
    expect(await stopAt('bc')).toEqual({ text: '', ids: [2], finishReason: 'stop' });
    expect(await stopAt('abcd')).toEqual({ text: '', ids: [2, 3], finishReason: 'stop' });
    expect(await stopAt('ab')).toMatchObject({ text: 'cdef', finishReason: 'length' });
    expect(await stopAt('bcx')).toMatchObject({ text: 'cdef', finishReason: 'length' });
    const beams = await generateText(model, characters, 'ab', { numBeams: 2, maxNewTokens: 4, stop: 'bc' });
    expect(beams).toMatchObject({ text: '', ids: [2], finishReason: 'stop' });
  });

  it('bad words are never generated, given as strings or as ids', async () => {
    const options = { seed: 3, maxNewTokens: 60, badWords: ['ab', 'de'], badWordsIds: [[2]] };
    const spaced = CharTokenizer.fromText('abcde '); // a word is also banned after a space
    const written = await generateText(flat(), spaced, 'a', options);
    expect(written.text.length).toBe(60);
    expect(`a${written.text}`).not.toMatch(/ab|de/);
    expect(written.ids).not.toContain(2);
  });

  it('bad words are never generated through other tokens, or across the end of the prompt', async () => {
    const merged = await trainBpe('bad badly bad', {
      vocabSize: 270,
      specialTokens: [END],
      preTokenizer: 'byte-level',
    });
    const { vocabSize } = merged;
    const letters = ['b', 'a', 'd', 'ad', 'bad', 'badly'].map((token) => merged.tokenToId(token));
    const rows = Array.from({ length: vocabSize }, () =>
      Array.from({ length: vocabSize }, (_, id) => (letters.includes(id) ? 5 : -50)),
    );
    const model = new TableLM(rows);
    for (const strategy of [{ seed: 2 }, { temperature: 0 }, { numBeams: 3 }]) {
      const options = { ...strategy, maxNewTokens: 40, eosTokenId: [], badWords: ['bad'] };
      const { text } = await generateText(model, merged, 'ba', options);
      expect(text.length).toBeGreaterThan(20);
      expect(`ba${text}`).not.toContain('bad');
    }
    const bytes = { seed: 1, maxNewTokens: 60, eosTokenId: [], badWords: ['é'] };
    const [first, second] = merged.encode('é');
    const spell = Array.from({ length: vocabSize }, () =>
      Array.from({ length: vocabSize }, (_, id) => (id === first || id === second ? 5 : -50)),
    );
    expect((await generateText(new TableLM(spell), merged, 'b', bytes)).text).not.toContain('é');
  });
});
