import { CharTokenizer } from '@lilformer/tokenizers';
import { describe, expect, it } from 'vitest';
import type { TextModel } from './text-model.js';
import { randomFrom, settingsFrom, type GenerateOptions } from './options.js';

const model = { vocabSize: 6 } as TextModel;

describe('settingsFrom', () => {
  it.each([
    [{ temperature: -1 }, 'temperature -1: expected a number of at least 0'],
    [{ temperature: NaN }, 'temperature NaN: expected a number of at least 0'],
    [{ temperature: Infinity }, 'temperature Infinity: expected a number of at least 0'],
    [{ topK: 0 }, 'topK 0: expected a whole number of at least 1'],
    [{ topK: 2.5 }, 'topK 2.5: expected a whole number of at least 1'],
    [{ topP: 0 }, 'topP 0: expected a number above 0 and at most 1'],
    [{ topP: 1.1 }, 'topP 1.1: expected a number above 0 and at most 1'],
    [{ minP: 1.5 }, 'minP 1.5: expected a number from 0 to 1'],
    [{ typicalP: 0 }, 'typicalP 0: expected a number above 0 and at most 1'],
    [{ minTokens: -1 }, 'minTokens -1: expected a whole number of at least 0'],
    [{ repetitionPenalty: 0 }, 'repetitionPenalty 0: expected a number above 0'],
    [{ noRepeatNgram: 0 }, 'noRepeatNgram 0: expected a whole number of at least 1'],
    [{ badWords: [[6]] }, 'badWords 6: expected sequences of ids from 0 to 5'],
    [{ badWords: ['a'] }, 'badWords "a": expected ids, or texts where there is a tokenizer'],
    [{ stopTexts: 'a' }, 'stopTexts "a": expected a tokenizer'],
    [{ stopTexts: [''] }, 'stopTexts "": expected texts of at least one character'],
    [{ forcedEos: 6 }, 'forcedEos 6: expected an id, a whole number from 0 to 5'],
    [{ beams: 2 }, 'beams: no such setting; there are maxTokens'],
    [{ maxTokens: -1 }, 'maxTokens -1: expected a whole number of at least 0'],
    [{ maxTokens: Infinity }, 'maxTokens Infinity: expected a whole number of at least 0'],
    [{ stopTokens: [3, -2] }, 'stopTokens -2: expected ids, whole numbers of at least 0'],
    [{ temperature: '0.5' }, 'temperature "0.5": expected a number of at least 0'],
    [{ cache: 1 }, 'cache 1: expected true or false'],
    [{ onOverflow: 'slip' }, `onOverflow "slip": expected 'slide' or 'error'`],
    [{ signal: {} }, 'signal [object Object]: expected an AbortSignal'],
    [{ top_k: 3 }, 'top_k: no such setting; there are maxTokens, minTokens'],
  ])('refuses %o', (options, message) => {
    expect(() => settingsFrom(model, options as GenerateOptions)).toThrow(message);
  });

  it('takes the borders of every range', () => {
    const options = { maxTokens: 0, temperature: 0, topK: 1, topP: 1, stopTokens: [] };
    expect(settingsFrom(model, options).filters).toEqual({ temperature: 0, topK: 1, topP: 1 });
  });

  it("stops at the tokenizer's end of text unless told otherwise", () => {
    const characters = CharTokenizer.fromText('ab');
    const withEos = Object.assign(Object.create(characters) as CharTokenizer, { eosTokenId: 1 });
    expect([...settingsFrom(model, {}).stopTokens]).toEqual([]);
    expect([...settingsFrom(model, {}, characters).stopTokens]).toEqual([]);
    expect([...settingsFrom(model, {}, withEos).stopTokens]).toEqual([1]);
    expect([...settingsFrom(model, { stopTokens: [] }, withEos).stopTokens]).toEqual([]);
    expect([...settingsFrom(model, { stopTokens: new Set([0]) }, withEos).stopTokens]).toEqual([0]);
  });
});

describe('randomFrom', () => {
  it('repeats itself with a seed, and not without', () => {
    expect(randomFrom(7).uniform()).toBe(randomFrom('7').uniform());
    expect(randomFrom(7).uniform()).not.toBe(randomFrom(8).uniform());
    expect(randomFrom().uniform()).not.toBe(randomFrom().uniform());
  });

  it('refuses a seed that is none', () => {
    expect(() => randomFrom(1.5)).toThrow('seed 1.5: expected a whole number between ±2^53, or a text');
    expect(() => randomFrom(null as unknown as number)).toThrow('seed null');
  });
});
