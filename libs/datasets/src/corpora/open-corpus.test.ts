import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stories } from '@lilformer/stories';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from '../encoding/create-tokenizer.js';
import { encodeCorpus } from '../encoding/encode-corpus.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { corpusText } from './corpus.js';
import { openCorpus } from './open-corpus.js';

const temporary = temporaryFolder();

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(temporary(), name), text);
  return name;
}

describe('openCorpus', () => {
  it('generates stories of the requested size, with different seeds for training and validation', async () => {
    const corpus = await openCorpus({ data: 'stories', storyBytes: 20_000, split: 0.8, seed: 3 });
    const [train, valid] = [await corpusText(corpus.train), await corpusText(corpus.valid!)];
    expect(train).toBe([...stories({ seed: '3/train', bytes: 16_000 })].join('\n'));
    expect(valid).toBe([...stories({ seed: '3/valid', bytes: 4000 })].join('\n'));
  });

  it('reads files relative to the base folder, and limits the training text only', async () => {
    const baseFolder = temporary();
    const data = await file('a.txt', 'one<|endoftext|>two');
    const valid = await file('b.txt', 'three and four');
    const corpus = await openCorpus({ data, valid, maxChars: 5, baseFolder });
    expect(await corpusText(corpus.train)).toBe('one\ntw');
    expect(await corpusText(corpus.valid!)).toBe('three and four');
    const whole = await openCorpus({ data, separator: 'none', baseFolder });
    expect(await corpusText(whole.train)).toBe('one<|endoftext|>two');
    expect(whole.valid).toBeUndefined();
  });

  it('names the option of a file that does not exist', async () => {
    await expect(openCorpus({ data: '/nowhere.txt' })).rejects.toThrow(
      'data: /nowhere.txt is not there. Expected a file or one of stories, tiny-shakespeare, tinystories',
    );
    await expect(openCorpus({ data: 'stories', valid: '/nowhere.txt' })).rejects.toThrow(
      'valid: /nowhere.txt is not there. Expected a file.',
    );
  });
});

describe('createTokenizer', () => {
  const options = { vocabSize: 300, baseFolder: '/' };

  it('takes the characters of the validation text into the vocabulary unless there is an unknown token', async () => {
    const baseFolder = temporary();
    const corpus = await openCorpus({
      data: await file('c.txt', 'abc'),
      valid: await file('d.txt', 'xyz'),
      baseFolder,
    });
    const closed = await createTokenizer({ ...options, tokenizer: 'char' }, corpus);
    expect(closed.decode(closed.encode('abcxyz'))).toBe('abcxyz');
    const open = await createTokenizer({ ...options, tokenizer: 'char', unkToken: '<unk>' }, corpus);
    expect(open.encode('ax')[1]).toBe(open.unkTokenId);
  });

  it.each(['bpe', 'bpe-whitespace'])('trains %s with the requested vocabulary size', async (tokenizer) => {
    const corpus = await openCorpus({ data: 'stories', storyBytes: 30_000 });
    const phases = new Set<string>();
    const trained = await createTokenizer({ ...options, tokenizer }, corpus, {
      onProgress: (progress) => progress.step === 'tokenizer' && phases.add(progress.phase),
    });
    expect(trained.vocabSize).toBe(300);
    expect([...phases]).toEqual(['count', 'merge']);
  });

  it('gives tokens that decode to the text, also through encodeCorpus', async () => {
    const corpus = await openCorpus({ data: 'stories', storyBytes: 5000 });
    const tokenizer = await createTokenizer({ ...options, tokenizer: 'char' }, corpus);
    const { train, valid } = await encodeCorpus(corpus, tokenizer);
    expect(tokenizer.decode(train.read(0, train.length))).toBe(await corpusText(corpus.train));
    expect(tokenizer.decode(valid!.read(0, valid!.length))).toBe(await corpusText(corpus.valid!));
  });
});
