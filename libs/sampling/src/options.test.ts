import { CharTokenizer, type Tokenizer } from '@lilformer/tokenizers';
import { describe, expect, it } from 'vitest';
import { checkGenerateOptions, samplingRandom, settingsFrom, type GenerateOptions } from './options.js';
import type { GenerativeModel } from './sequences/generative-model.js';

const model = { vocabSize: 6, config: {} } as GenerativeModel;

describe('settingsFrom', () => {
  it('ends a sequence at the token of the config, else of the tokenizer', () => {
    const tokenizer = { vocabSize: 6, eosTokenId: 2 } as Tokenizer;
    const eosOf = (config: object, options: GenerateOptions = {}): number[] => [
      ...settingsFrom({ vocabSize: 6, config } as unknown as GenerativeModel, options, tokenizer).eosTokenIds,
    ];
    expect(eosOf({ eosTokenId: 5 })).toEqual([5]);
    expect(eosOf({ eosTokenId: 5 }, { eosTokenId: [1, 3] })).toEqual([1, 3]);
    expect(eosOf({ eosTokenId: 50256 })).toEqual([2]); // GPT-2's default, beyond a smaller vocabulary
    expect(eosOf({})).toEqual([2]);
  });

  it.each([
    [{ temperature: -1 }, 'temperature -1: expected a number of at least 0'],
    [{ temperature: NaN }, 'temperature NaN: expected a number of at least 0'],
    [{ temperature: Infinity }, 'temperature Infinity: expected a number of at least 0'],
    [{ topK: 0 }, 'topK 0: expected an integer of at least 1'],
    [{ topK: 2.5 }, 'topK 2.5: expected an integer of at least 1'],
    [{ topP: 0 }, 'topP 0: expected a number above 0 and at most 1'],
    [{ topP: 1.1 }, 'topP 1.1: expected a number above 0 and at most 1'],
    [{ minP: 1.5 }, 'minP 1.5: expected a number from 0 to 1'],
    [{ typicalP: 0 }, 'typicalP 0: expected a number above 0 and at most 1'],
    [{ minNewTokens: -1 }, 'minNewTokens -1: expected an integer of at least 0'],
    [{ minNewTokens: 2 }, 'minNewTokens 2: no token ends the sequence. Expected eosTokenId, or a tokenizer'],
    [{ repetitionPenalty: 0 }, 'repetitionPenalty 0: expected a number above 0'],
    [{ noRepeatNgramSize: 0 }, 'noRepeatNgramSize 0: expected an integer of at least 1'],
    [{ badWordsIds: [[6]] }, 'badWordsIds 6: expected token ids from 0 to 5'],
    [{ badWordsIds: [[]] }, 'badWordsIds [[]]: expected an array of non-empty arrays of token ids'],
    [{ badWords: ['a'] }, 'badWords: expected a tokenizer. Without one, use badWordsIds.'],
    [{ badWords: [''] }, 'badWords [""]: expected an array of non-empty strings'],
    [{ stop: 'a' }, 'stop: expected a tokenizer'],
    [{ stop: [''] }, 'stop [""]: expected a non-empty string'],
    [{ forcedBosTokenId: -1 }, 'forcedBosTokenId -1: expected an integer of at least 0'],
    [{ forcedEosTokenId: 6 }, 'forcedEosTokenId 6: expected token ids from 0 to 5'],
    [{ maxNewTokens: -1 }, 'maxNewTokens -1: expected an integer of at least 0'],
    [{ maxNewTokens: Infinity }, 'maxNewTokens Infinity: expected an integer of at least 0'],
    [{ eosTokenId: [3, -2] }, 'eosTokenId [3,-2]: expected a token id or an array of token ids'],
    [{ temperature: '0.5' }, 'temperature "0.5": expected a number of at least 0'],
    [{ useCache: 1 }, 'useCache 1: expected true or false'],
    [{ onOverflow: 'slip' }, `onOverflow "slip": expected 'slide' or 'error'`],
    [{ signal: {} }, 'signal {}: expected an AbortSignal'],
    [{ seed: 1.5 }, 'seed 1.5: expected an integer between ±2^53 or a string'],
    [{ numBeams: 0 }, 'numBeams 0: expected an integer of at least 1'],
    [{ numReturnSequences: 0 }, 'numReturnSequences 0: expected an integer of at least 1'],
    [{ numBeams: 2, lengthPenalty: Infinity }, 'lengthPenalty Infinity: expected a number'],
    [{ numBeams: 2, earlyStopping: 'soon' }, `earlyStopping "soon": expected true, false or 'never'`],
    [{ numBeams: 2, diversityPenalty: -1 }, 'diversityPenalty -1: expected a number of at least 0'],
    [{ top_k: 3 }, 'top_k: unknown option. Expected one of maxNewTokens, minNewTokens'],
  ])('rejects the value of %o', (options, message) => {
    expect(() => settingsFrom(model, options as GenerateOptions)).toThrow(message);
  });

  it.each([
    [{ lengthPenalty: 2 }, 'lengthPenalty 2: only beam search uses it. Set numBeams above 1.'],
    [{ earlyStopping: false }, 'earlyStopping false: only beam search uses it. Set numBeams above 1.'],
    [{ numBeamGroups: 2, numBeams: 1 }, 'numBeamGroups 2: only beam search uses it.'],
    [{ diversityPenalty: 1, temperature: 0 }, 'diversityPenalty 1: only beam search uses it.'],
    [
      { topK: 3, temperature: 0 },
      'topK 3: greedy decoding does not sample. Leave it out, or set temperature',
    ],
    [{ topP: 0.5, temperature: 0 }, 'topP 0.5: greedy decoding does not sample.'],
    [{ minP: 0.5, temperature: 0 }, 'minP 0.5: greedy decoding does not sample.'],
    [{ typicalP: 0.5, temperature: 1e-9 }, 'typicalP 0.5: greedy decoding does not sample.'],
    [{ numReturnSequences: 2, temperature: 0 }, 'numReturnSequences 2: greedy decoding has one sequence'],
    [
      { temperature: 1, numBeams: 2 },
      'temperature 1: beam search does not sample. Leave it out, or set numBeams',
    ],
    [{ topK: 3, numBeams: 2 }, 'topK 3: beam search does not sample.'],
    [{ topP: 0.5, numBeams: 2 }, 'topP 0.5: beam search does not sample.'],
    [{ minP: 0.5, numBeams: 2 }, 'minP 0.5: beam search does not sample.'],
    [{ typicalP: 0.5, numBeams: 2 }, 'typicalP 0.5: beam search does not sample.'],
    [{ seed: 1, numBeams: 2 }, 'seed 1: beam search does not sample.'],
    [{ numBeams: 4, numBeamGroups: 3 }, 'numBeamGroups 3: expected a divisor of numBeams 4'],
    [
      { numBeams: 4, diversityPenalty: 1 },
      'diversityPenalty 1: only groups of beams use it. Set numBeamGroups',
    ],
    [{ numBeams: 4, numReturnSequences: 5 }, 'numReturnSequences 5: expected at most numBeams, which is 4'],
  ])('rejects options that the strategy does not use: %o', (options, message) => {
    expect(() => settingsFrom(model, options as GenerateOptions)).toThrow(message);
  });

  it.each([
    { temperature: 0.5, topK: 3, topP: 0.5, minP: 0.1, typicalP: 0.9, seed: 1, numReturnSequences: 3 },
    { temperature: 0, seed: 1, repetitionPenalty: 1.2 },
    { numBeams: 4, numReturnSequences: 4, lengthPenalty: 0, earlyStopping: true, repetitionPenalty: 1.2 },
    { numBeams: 4, numBeamGroups: 2, diversityPenalty: 1 },
    { numBeams: undefined, lengthPenalty: undefined },
  ] as const)('accepts options that the strategy uses: %o', (options) => {
    expect(settingsFrom(model, options)).toMatchObject(
      Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    );
  });

  it('names options as the caller does', () => {
    expect(() => checkGenerateOptions({ lengthPenalty: 2 }, (name) => `<${name}>`)).toThrow(
      '<lengthPenalty> 2: only beam search uses it. Set <numBeams> above 1.',
    );
  });

  it('accepts the bounds of every range', () => {
    const options = { maxNewTokens: 0, temperature: 1e-6, topK: 1, topP: 1, minP: 0, eosTokenId: [] };
    expect(settingsFrom(model, options)).toMatchObject(options);
  });

  it("stops at the tokenizer's end-of-text token by default", () => {
    const characters = CharTokenizer.fromText('ab');
    const withEos = Object.assign(Object.create(characters) as CharTokenizer, { eosTokenId: 1 });
    expect([...settingsFrom(model, {}).eosTokenIds]).toEqual([]);
    expect([...settingsFrom(model, {}, characters).eosTokenIds]).toEqual([]);
    expect([...settingsFrom(model, {}, withEos).eosTokenIds]).toEqual([1]);
    expect([...settingsFrom(model, { eosTokenId: [] }, withEos).eosTokenIds]).toEqual([]);
    expect([...settingsFrom(model, { eosTokenId: 0 }, withEos).eosTokenIds]).toEqual([0]);
    expect([...settingsFrom(model, { eosTokenId: [0, 1] }, withEos).eosTokenIds]).toEqual([0, 1]);
  });
});

describe('samplingRandom', () => {
  it('repeats itself with a seed, and not without', () => {
    expect(samplingRandom(7).uniform()).toBe(samplingRandom('7').uniform());
    expect(samplingRandom(7).uniform()).not.toBe(samplingRandom(8).uniform());
    expect(samplingRandom(7).uniform()).not.toBe(samplingRandom(7, 1).uniform());
    expect(samplingRandom().uniform()).not.toBe(samplingRandom().uniform());
  });

  it('rejects a seed that is neither an integer nor a string', () => {
    expect(() => samplingRandom(1.5)).toThrow('seed 1.5: expected an integer between ±2^53 or a string');
    expect(() => samplingRandom(null as unknown as number)).toThrow('seed null');
  });
});
