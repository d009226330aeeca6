// Text as it comes out of subword tokens: whole characters, spaces where the words before ask for
// them, and an end of text that is seen by the loop and not by the reader.
import { openEngine } from '@lilformer/engine';
import { CharTokenizer, trainBpe, type Tokenizer } from '@lilformer/tokenizers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateBatch } from './batch.js';
import { generate, generateText, type GeneratedToken } from './generate.js';
import { TableLM } from './testing/table-model.js';

const END = '<|endoftext|>';

/** A model that says `text`, whatever it starts from; its ids must all be different. */
function speaker(tokenizer: Tokenizer, text: string): TableLM {
  const ids = [...tokenizer.encode(text, { addEos: true })];
  expect(new Set(ids).size).toBe(ids.length);
  return TableLM.saying(ids, tokenizer.vocabSize);
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

  it('never cuts a character, and ends at the end of text', async () => {
    const text = 'é語🙂!';
    const tokens = await collect(generate(speaker(bytes, text), bytes, '', { temperature: 0 }));
    expect(tokens.map(({ text }) => text)).toEqual(['', 'é', '', '', '語', '', '', '', '🙂', '!', '']);
    expect(tokens.at(-1)).toMatchObject({ id: bytes.eosTokenId, finish: 'stop' });
  });

  it('shows a character that was never finished as U+FFFD, in its last piece', async () => {
    const model = speaker(bytes, 'é🙂');
    const tokens = await collect(generate(model, bytes, '', { temperature: 0, maxTokens: 4 }));
    expect(tokens.map(({ text }) => text).join('')).toBe('é\ufffd');
    expect(tokens.at(-1)!.text).toBe('\ufffd');
    const cut = [...bytes.encode('🙂')][1];
    const stopped = await generateText(model, bytes, '', { temperature: 0, stopTokens: [cut] });
    expect(stopped).toMatchObject({ text: 'é\ufffd', finish: 'stop' });
  });

  it('goes on after the end of text when that does not stop it', async () => {
    const options = { temperature: 0, stopTokens: [], maxTokens: 5 };
    const { text, ids, finish } = await generateText(speaker(bytes, 'ab.'), bytes, '', options);
    expect(text).toBe('ab.ab.');
    expect(ids).toContain(bytes.eosTokenId);
    expect(finish).toBe('length');
  });

  it('joins its pieces to what decoding everything at once gives, for any ids', async () => {
    const flat = new TableLM(
      Array.from({ length: bytes.vocabSize }, () => new Array<number>(bytes.vocabSize).fill(0)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
        fc.integer(),
        async (prompt, seed) => {
          const options = { seed, maxTokens: 30, stopTokens: [] };
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

describe('with a tokenizer of words', () => {
  it('puts the space between the prompt and what follows', async () => {
    const words = await trainBpe(['the cat sat down', 'the cat sat down'], {
      vocabSize: 100,
      specialTokens: [END],
    });
    const cat = words.tokenToId('cat')!;
    const sat = words.tokenToId('sat')!;
    const down = words.tokenToId('down')!;
    const model = TableLM.saying([cat, sat, down], words.vocabSize);
    const options = { temperature: 0, maxTokens: 2 };
    const tokens = await collect(generate(model, words, 'the cat', options));
    const prompt = words.decode(words.encode('the cat'));
    const all = words.decode([...words.encode('the cat'), sat, down]);
    expect(prompt + tokens.map(({ text }) => text).join('')).toBe(all);
    const [row] = await generateBatch(model, words, ['the cat'], options);
    expect(row.text).toBe(tokens.map(({ text }) => text).join(''));
  });
});

describe('stop texts', () => {
  const characters = CharTokenizer.fromText('abcdef');
  const flat = (): TableLM => new TableLM(Array.from({ length: 6 }, () => [0, 0, 0, 0, 0, 0]));

  it('end the text before them, wherever they lie among the tokens, and give nothing out too early', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 }), {
          minLength: 1,
        }),
        fc.integer(),
        async (stopTexts, seed) => {
          const options = { seed, topK: 2, maxTokens: 12 };
          const model = new TableLM(Array.from({ length: 6 }, () => [1, 1, 0, 0, 0, 0]));
          const { text: whole } = await generateText(model, characters, 'a', options);
          const at = stopTexts.map((stop) => whole.indexOf(stop)).filter((place) => place >= 0);
          const ends = stopTexts
            .filter((stop) => whole.includes(stop))
            .map((stop) => whole.indexOf(stop) + stop.length);
          const tokens = await collect(generate(model, characters, 'a', { ...options, stopTexts }));
          const text = tokens.map(({ text }) => text).join('');
          if (at.length === 0) {
            expect(text).toBe(whole);
            expect(tokens.at(-1)!.finish).toBe('length');
          } else {
            // The first to be complete ends it; what stands before the earliest match is the text.
            const end = Math.min(...ends);
            expect(tokens.length).toBe(end);
            const starts = stopTexts
              .filter((stop) => whole.slice(0, end).endsWith(stop))
              .map(({ length }) => end - length);
            expect(text).toBe(whole.slice(0, Math.min(...starts)));
            expect(tokens.at(-1)!.finish).toBe('stop');
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are found in batches, beside stop tokens, and when the text just ends', async () => {
    const model = TableLM.saying([0, 1, 2, 3, 4, 5], 6);
    const options = { temperature: 0, stopTexts: ['de'], stopTokens: [1], maxTokens: 6 };
    const texts = (await generateBatch(model, characters, ['a', 'b', 'f'], options)).map(({ text }) => text);
    expect(texts).toEqual(['', 'c', 'a']);
    const short = await generateText(model, characters, 'b', { ...options, maxTokens: 2 });
    expect(short).toEqual({ text: 'cd', ids: [2, 3], finish: 'length' });
    expect(
      (await generateText(flat(), characters, 'a', { seed: 1, maxTokens: 3, stopTexts: 'zz' })).ids.length,
    ).toBe(3);
  });

  it('bad words never come, as texts or as ids', async () => {
    const options = { seed: 3, maxTokens: 60, badWords: ['ab', [2], 'de'] };
    const spaced = CharTokenizer.fromText('abcde '); // a word is banned behind a space as well
    const written = await generateText(flat(), spaced, 'a', options);
    expect(written.text.length).toBe(60);
    expect(`a${written.text}`).not.toMatch(/ab|de/);
    expect(written.ids).not.toContain(2);
  });
});
