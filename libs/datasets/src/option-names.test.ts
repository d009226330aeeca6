import { describe, expect, it } from 'vitest';
import * as datasets from './index.js';

const { arraySource, makeWindows, openTokenFile } = datasets;
const tokenizer = { vocabSize: 2 } as never;
const corpus = await datasets.openCorpus({ data: 'stories', storyBytes: 1000 });
const typo = { seperator: '' } as never;

describe('an option with an unknown name', () => {
  const tokens = { train: arraySource(new Uint32Array(100)) };

  it('is refused with the nearest known one', () => {
    expect(() => makeWindows({ contextLenght: 8 } as never, tokens)).toThrow(
      'contextLenght: unknown option. Expected one of contextLength, windows, split, splitBy, evalBatches. Did you mean contextLength?',
    );
  });

  it.each(
    Object.entries<() => unknown>({
      makeWindows: () => makeWindows({ contextLength: 8, ...(typo as object) }, tokens),
      openTokenFile: () => openTokenFile('a.tokens', typo),
      encodeDocuments: () => datasets.encodeDocuments(tokenizer, [], typo),
      createTokenizer: () =>
        datasets.createTokenizer({ tokenizer: 'char', vocabSize: 0, ...(typo as object) }, corpus),
      'the task of createTokenizer': () =>
        datasets.createTokenizer({ tokenizer: 'char', vocabSize: 0 }, corpus, typo),
      openCorpus: () => datasets.openCorpus({ data: 'stories', ...(typo as object) }),
      'the task of openCorpus': () => datasets.openCorpus({ data: 'stories' }, typo),
      encodeCorpus: () => datasets.encodeCorpus(corpus, tokenizer, typo),
      encodeCached: () => datasets.encodeCached({ files: [] }, tokenizer, typo),
      encodeToFile: () => datasets.encodeToFile({ files: [] }, tokenizer, 'a.tokens', typo),
      corpusPath: () => datasets.corpusPath('tiny-shakespeare', typo),
      readDocuments: () => datasets.readDocuments('a.txt', typo).next(),
    }),
  )('is refused by %s', async (_, call) => {
    await expect(async () => call()).rejects.toThrow(/^seperator: unknown option\. Expected one of /);
  });
});
