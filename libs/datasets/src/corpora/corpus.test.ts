import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from '../encoding/create-tokenizer.js';
import { encodeCorpus } from '../encoding/encode-corpus.js';
import { createSha256 } from '../platform/sha256.browser.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { corpusText, textCorpus } from './corpus.js';
import { openCorpus } from './open-corpus.js';

const temporary = temporaryFolder();

describe('textCorpus', () => {
  it('gives the tokenizer, tokens and hash of a file with this text', async () => {
    const text = 'One day.  <|endoftext|>\n\nA 猫 sat.<|endoftext|><|endoftext|> The end.\n';
    const data = join(temporary(), 'a.txt');
    await writeFile(data, text);
    const options = { tokenizer: 'char', vocabSize: 0 };
    const results = await Promise.all(
      [await openCorpus({ data }), textCorpus(text)].map(async (corpus) => {
        const tokenizer = await createTokenizer(options, corpus);
        const { train, textHashes } = await encodeCorpus(corpus, tokenizer);
        return {
          text: await corpusText(corpus.train),
          tokenizer: tokenizer.toJSON(),
          ids: [...train.read(0, train.length)],
          textHashes,
        };
      }),
    );
    expect(results[1]).toEqual(results[0]);
    expect(results[1].text).toBe('One day.\nA 猫 sat.\nThe end.\n');
  });

  it('takes a separator, and a validation text', async () => {
    const corpus = textCorpus('a--b', { separator: '--', valid: 'c--d' });
    expect(await corpusText(corpus.train)).toBe('a\nb');
    expect(await corpusText(corpus.valid!)).toBe('c\nd');
    expect(await corpusText(textCorpus('a--b', { separator: '' }).train)).toBe('a--b');
    expect(() => textCorpus('a', { seperator: '' } as never)).toThrow('seperator');
  });
});

it('hashes in a page as in Node', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
      const [page, node] = [createSha256(), createHash('sha256')];
      for (const text of texts) for (const hash of [page, node]) hash.update(text);
      expect(Buffer.from(page.digest()).toString('hex')).toBe(node.digest('hex'));
    }),
  );
});
