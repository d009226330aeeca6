import { CharTokenizer } from '@lilformer/tokenizers';
import { describe, expect, it } from 'vitest';
import { randomFrom, settingsFrom, type GenerateOptions } from './options.js';

describe('settingsFrom', () => {
  it.each([
    [{ temperature: -1 }, 'temperature -1: expected a number of at least 0'],
    [{ temperature: NaN }, 'temperature NaN: expected a number of at least 0'],
    [{ temperature: Infinity }, 'temperature Infinity: expected a number of at least 0'],
    [{ topK: 0 }, 'topK 0: expected a whole number of at least 1'],
    [{ topK: 2.5 }, 'topK 2.5: expected a whole number of at least 1'],
    [{ topP: 0 }, 'topP 0: expected a number above 0 and at most 1'],
    [{ topP: 1.1 }, 'topP 1.1: expected a number above 0 and at most 1'],
    [{ maxTokens: -1 }, 'maxTokens -1: expected a whole number of at least 0'],
    [{ maxTokens: Infinity }, 'maxTokens Infinity: expected a whole number of at least 0'],
    [{ stopTokens: [3, -2] }, 'stopTokens -2: expected ids, whole numbers of at least 0'],
    [{ temperature: '0.5' }, 'temperature "0.5": expected a number of at least 0'],
    [{ cache: 1 }, 'cache 1: expected true or false'],
    [{ onOverflow: 'slip' }, `onOverflow "slip": expected 'slide' or 'error'`],
    [{ signal: {} }, 'signal [object Object]: expected an AbortSignal'],
    [{ top_k: 3 }, 'top_k: no such setting; there are maxTokens, temperature, topK'],
  ])('refuses %o', (options, message) => {
    expect(() => settingsFrom(options as GenerateOptions)).toThrow(message);
  });

  it('takes the borders of every range', () => {
    const options = { maxTokens: 0, temperature: 0, topK: 1, topP: 1, stopTokens: [] };
    expect(settingsFrom(options).filters).toEqual({ temperature: 0, topK: 1, topP: 1 });
  });

  it("stops at the tokenizer's end of text unless told otherwise", () => {
    const characters = CharTokenizer.fromText('ab');
    const withEos = Object.assign(Object.create(characters) as CharTokenizer, { eosId: 1 });
    expect([...settingsFrom({}).stopTokens]).toEqual([]);
    expect([...settingsFrom({}, characters).stopTokens]).toEqual([]);
    expect([...settingsFrom({}, withEos).stopTokens]).toEqual([1]);
    expect([...settingsFrom({ stopTokens: [] }, withEos).stopTokens]).toEqual([]);
    expect([...settingsFrom({ stopTokens: new Set([0]) }, withEos).stopTokens]).toEqual([0]);
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
