// The readable BPE against the fast one, on Shakespeare and on random text.
import { readFileSync } from 'node:fs';
import { tinyShakespeare } from '@lilformer/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gpt2Tokenizer, TextbookBpe, trainBpe } from '../index.js';
import { wholeText } from '../testing/random-text.js';

const shakespeare = readFileSync(tinyShakespeare, 'utf8').slice(0, 20_000);

/** A merge to an existing token is learned twice by Hugging Face's trainer, which `trainBpe` reproduces. */
const hasRepeatedToken = ({ merges }: TextbookBpe): boolean =>
  new Set(merges.map((pair) => pair.join(''))).size < merges.length;

async function expectSameTraining(text: string, vocabSize: number): Promise<void> {
  const textbook = TextbookBpe.train(text, vocabSize);
  fc.pre(!hasRepeatedToken(textbook));
  const { vocab, merges } = (await trainBpe(text, { vocabSize, preTokenizer: 'byte-level' })).config;
  expect({ tokens: [...vocab.keys()], merges }).toEqual({
    tokens: textbook.tokens,
    merges: textbook.merges,
  });
}

describe('TextbookBpe', () => {
  it('learns the vocabulary and merges of trainBpe on Shakespeare', async () => {
    for (const vocabSize of [256, 300, 350]) {
      expect(hasRepeatedToken(TextbookBpe.train(shakespeare, vocabSize))).toBe(false);
      await expectSameTraining(shakespeare, vocabSize);
    }
  });

  it('learns the vocabulary and merges of trainBpe on random text', async () => {
    const words = fc.array(fc.stringMatching(/^[abc]{1,8}$/), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          wholeText(),
          words.map((list) => list.join(' ')),
        ),
        (text) => expectSameTraining(text, 280),
      ),
      { numRuns: 200 },
    );
  });

  it('encodes and decodes like BpeTokenizer with the same merges', async () => {
    const tokenizer = await trainBpe(shakespeare, { vocabSize: 500, preTokenizer: 'byte-level' });
    const textbook = new TextbookBpe([...tokenizer.config.vocab.keys()], tokenizer.config.merges);
    expect(textbook.encode(shakespeare)).toEqual([...tokenizer.encode(shakespeare)]);
    expect(textbook.decode(textbook.encode(shakespeare))).toBe(shakespeare);
    const long = fc.stringMatching(/^[theoas]{40,120}$/); // words beyond 48 symbols are merged with a heap
    fc.assert(
      fc.property(fc.oneof(wholeText(), long), (text) => {
        const ids = textbook.encode(text);
        expect(ids).toEqual([...tokenizer.encode(text)]);
        expect(textbook.decode(ids)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it("gives GPT-2's ids with GPT-2's merges", () => {
    const { vocab, merges } = gpt2Tokenizer().config;
    const textbook = new TextbookBpe([...vocab.keys()], merges);
    expect(textbook.encode(shakespeare)).toEqual([...gpt2Tokenizer().encode(shakespeare)]);
  });
});
