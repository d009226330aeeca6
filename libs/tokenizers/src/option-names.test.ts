import { describe, expect, it } from 'vitest';
import { BpeTokenizer, CharTokenizer, checkOptionNames, CompactBuilder, trainBpe } from './index.js';

describe('checkOptionNames', () => {
  it('names the unknown option, all known ones and the nearest', () => {
    expect(() => checkOptionNames({ maxSteps: 1, batchsize: 2 }, ['maxSteps', 'batchSize'])).toThrow(
      new TypeError(
        'batchsize: unknown option. Expected one of maxSteps, batchSize. Did you mean batchSize?',
      ),
    );
    expect(() => checkOptionNames({ epochs: 1 }, ['signal', 'order'])).toThrow(
      /Expected one of signal, order\.$/,
    );
    expect(() => checkOptionNames({ order: 1, epochs: undefined }, ['order'])).not.toThrow();
  });

  it('is applied to the options of trainBpe', async () => {
    await expect(trainBpe(['a'], { vocabSize: 300, minFrequenzy: 2 } as never)).rejects.toThrow(
      'Did you mean minFrequency?',
    );
  });

  it('is applied to the options of encode and decode', async () => {
    const compact = (await new CompactBuilder().addCorpus(['a'])).build(10);
    const bpe = await trainBpe(['a b'], { vocabSize: 300 });
    expect(bpe).toBeInstanceOf(BpeTokenizer);
    for (const tokenizer of [CharTokenizer.fromText('a'), bpe, compact]) {
      expect(() => tokenizer.encode('a', { addEOS: true } as never)).toThrow('Did you mean addEos?');
      expect(() => tokenizer.decode([0], { skipSpecial: true } as never)).toThrow(/^skipSpecial: unknown/);
      expect(() => tokenizer.decodeStream({ skipSpecial: true } as never)).toThrow(/^skipSpecial: unknown/);
    }
    expect(() => CharTokenizer.fromText('a', { unkToken: '?' } as never)).toThrow(
      'unkToken: unknown option. Expected one of unknownToken.',
    );
  });
});
