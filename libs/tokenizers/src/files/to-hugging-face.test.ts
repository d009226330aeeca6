// Loads our tokenizers with Hugging Face's library.
import fc from 'fast-check';
import { Tokenizer as HuggingFace } from 'tokenizers';
import { expect, it } from 'vitest';
import { CharTokenizer, CompactBuilder, toHuggingFace, tokenizerFromJSON, trainBpe } from '../index.js';
import { wholeText } from '../testing/random-text.js';

it('a character tokenizer has the same ids in Hugging Face, and when it is loaded again', async () => {
  const tokenizer = CharTokenizer.fromText(' abcABC\n.,é你🙂0129thesrl', { unknownToken: '<unk>' });
  const json = toHuggingFace(tokenizer);
  const theirs = HuggingFace.fromString(JSON.stringify(json));
  const again = tokenizerFromJSON(json);
  await fc.assert(
    fc.asyncProperty(wholeText(), async (text) => {
      const ids = [...tokenizer.encode(text)];
      expect((await theirs.encode(text)).getIds()).toEqual(ids);
      expect([...again.encode(text)]).toEqual(ids);
      const whole = { skipSpecialTokens: false };
      expect(await theirs.decode(ids, false)).toBe(tokenizer.decode(ids, whole));
      expect(again.decode(ids, whole)).toBe(tokenizer.decode(ids, whole));
    }),
  );
});

it('BPE is unchanged, compact GPT-2 is an error', async () => {
  const bpe = await trainBpe(['the cat sat on the mat'], { vocabSize: 40 });
  expect(toHuggingFace(bpe)).toEqual(bpe.toJSON());
  const compact = new CompactBuilder(bpe).add('the cat').build(8);
  expect(() => toHuggingFace(compact)).toThrow(/^CompactTokenizer: .*cannot represent this tokenizer/);
});
