import { describe, expect, it } from 'vitest';
import { IdTokenizer } from './id-tokenizer.js';
import { beamOptions, drawingOptions, writingOptions } from './writing.js';

describe('flags of writing', () => {
  it('become options, and what is not given is left out', () => {
    expect(writingOptions({})).toEqual({});
    const flags = {
      maxTokens: 5,
      noCache: true,
      badWord: ['x'],
      stop: ['\n'],
      temperature: 0,
      minP: 0.1,
      seed: 3,
    };
    expect(drawingOptions(flags)).toEqual({
      maxTokens: 5,
      cache: false,
      badWords: ['x'],
      stopTexts: ['\n'],
      temperature: 0,
      minP: 0.1,
      seed: 3,
    });
  });

  it('ask for a beam search, or say what does not go with one', () => {
    expect(beamOptions({ temperature: 0.8 })).toBeUndefined();
    const flags = { beams: 4, beamGroups: 2, earlyStopping: 'true', maxTokens: 3, temperature: 0.8 } as const;
    expect(beamOptions(flags)).toEqual({ beams: 4, groups: 2, earlyStopping: true, maxTokens: 3 });
    expect(beamOptions({ beams: 2, earlyStopping: 'never' })).toEqual({ beams: 2, earlyStopping: 'never' });
    expect(() => beamOptions({ lengthPenalty: 2 })).toThrow('--length-penalty: expected --beams N with it');
    expect(() => beamOptions({ beams: 2, topK: 5 })).toThrow('--top-k 5: a beam search draws nothing');
  });
});

describe('ids as texts', () => {
  const tokenizer = new IdTokenizer(50, 49);

  it('are numbers, both ways', () => {
    expect([...tokenizer.encode(' 5  17 42\n')]).toEqual([5, 17, 42]);
    expect(tokenizer.decode([5, 17, 42])).toBe('5 17 42');
    const stream = tokenizer.decodeStream();
    expect([5, 17, 42].map((id) => stream.push(id)).join('') + stream.flush()).toBe('5 17 42');
    expect(tokenizer.idToToken(50)).toBeUndefined();
  });

  it('and nothing else', () => {
    expect(() => tokenizer.encode('5 fish')).toThrow('"fish": the model lies without a tokenizer');
    expect(() => tokenizer.encode('50')).toThrow('expected numbers from 0 to 49');
  });
});
