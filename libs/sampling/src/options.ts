// The settings of a generation: what can be set, what is assumed, and what is refused.
import { EncoderDecoderModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import type { Tokenizer } from '@lilformer/tokenizers';
import { randomUUID } from 'node:crypto';
import type { Filters } from './filters.js';
import type { Processing } from './processors.js';
import type { TextModel } from './text-model.js';

/** What every way of writing takes, whether it draws tokens or searches for the likeliest text. */
export interface WritingOptions extends Omit<Processing, 'badWords'> {
  /** Most tokens to generate. Default 100. */
  readonly maxTokens?: number;
  /** No stop token comes before this many tokens are generated. Default 0. */
  readonly minTokens?: number;
  /** Divides positive and multiplies negative logits of tokens that the text has; above 1 repeats less. Default 1. */
  readonly repetitionPenalty?: number;
  /** No sequence of so many tokens comes twice, those of the prompt included. */
  readonly noRepeatNgram?: number;
  /**
   * What never comes: ids in their order, or texts, which are then banned as the tokenizer writes them at the start of a
   * text and after a space.
   */
  readonly badWords?: Iterable<string | readonly number[]>;
  /** The id that follows a text of one token, such as an encoder-decoder's start (`forced_bos_token_id`). */
  readonly forcedBos?: number;
  /** The id at the last place, should `maxTokens` be reached (`forced_eos_token_id`). */
  readonly forcedEos?: number;
  /**
   * Ids that end the text; the one met is kept among the ids and not shown in the text. Default: the model's end-of-text id
   * if it is an encoder-decoder, else the tokenizer's if it has one. `[]`: none.
   */
  readonly stopTokens?: Iterable<number>;
  /** Texts that end the text; the one met is not shown. They need a tokenizer. Default none. */
  readonly stopTexts?: string | Iterable<string>;
  /**
   * Keep the attention's keys and values, so that a token costs one row of attention. Default true; `false`
   * computes everything anew for each token and gives the same tokens.
   */
  readonly cache?: boolean;
  /**
   * When the text no longer fits into the model's context: `'slide'` (default) goes on with its last
   * `contextLength` tokens, computed anew for each token; `'error'` throws, as an encoder-decoder does in any case.
   */
  readonly onOverflow?: 'slide' | 'error';
  /** Ends the generation with the signal's reason as error. */
  readonly signal?: AbortSignal;
}

/** How to go on from a prompt, token by token. */
export interface GenerateOptions extends WritingOptions, Filters {
  /** 0 takes the likeliest token always (greedy). Default 1. */
  readonly temperature?: number;
  /** Draw only from the `topK` likeliest tokens (and those tied with the last of them). */
  readonly topK?: number;
  /** Draw only from the likeliest tokens that together have at least this probability, above 0 and at most 1. */
  readonly topP?: number;
  /** Draw only from tokens at least `minP` times as likely as the likeliest, 0 to 1. */
  readonly minP?: number;
  /** Draw only from the tokens of the commonest surprise that together have this probability, above 0 and at most 1. */
  readonly typicalP?: number;
  /** The same seed gives the same tokens. Left out, every call draws anew. */
  readonly seed?: number | string;
}

/** How to search for the likeliest text. */
export interface BeamOptions extends WritingOptions {
  /** How many texts are followed at once, those of all groups together. Default 4. */
  readonly beams?: number;
  /** How many of the texts found to give, best first; at most `beams`. Default 1. */
  readonly sequences?: number;
  /** A text's score is its summed log-probability divided by its number of tokens to this power: above 0 favours long ones. Default 1. */
  readonly lengthPenalty?: number;
  /**
   * When there are as many texts as `beams` that have ended: `true` stops, `false` (the default) goes on as long as a
   * text of the present length could still be better, `'never'` as long as one of any length could.
   */
  readonly earlyStopping?: boolean | 'never';
  /** Groups of equally many beams, each of which avoids what those before it take. Default 1. */
  readonly groups?: number;
  /** How much a token's score loses for each beam of an earlier group that takes it at the same place. Default 0. */
  readonly diversityPenalty?: number;
}

/** The options with everything decided. */
export interface Settings {
  readonly maxTokens: number;
  readonly filters: Filters;
  /** Undefined where there is nothing to do. */
  readonly processing: Processing | undefined;
  /** Ids from here on are never drawn: a model may have more rows than its tokenizer has tokens. */
  readonly drawable: number;
  readonly stopTokens: ReadonlySet<number>;
  readonly stopTexts: readonly string[];
  readonly cache: boolean;
  readonly onOverflow: 'slide' | 'error';
  readonly signal: AbortSignal | undefined;
}

/** Those of a beam search with everything decided. */
export interface BeamSettings extends Settings {
  readonly beams: number;
  readonly sequences: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean | 'never';
  readonly groups: number;
  readonly diversityPenalty: number;
}

const WRITING = [
  'maxTokens',
  'minTokens',
  'repetitionPenalty',
  'noRepeatNgram',
  'badWords',
  'forcedBos',
  'forcedEos',
  'stopTokens',
  'stopTexts',
  'cache',
  'onOverflow',
  'signal',
] as const satisfies (keyof WritingOptions)[];
const DRAWING = ['temperature', 'topK', 'topP', 'minP', 'typicalP', 'seed'] as const;
const SEARCHING = [
  'beams',
  'sequences',
  'lengthPenalty',
  'earlyStopping',
  'groups',
  'diversityPenalty',
] as const;

/**
 * Checks the options (all but the seed, see {@link randomFrom}) and fills in what is left out.
 * @throws RangeError or TypeError that names the setting, what was given and what was expected
 */
export function settingsFrom(model: TextModel, options: GenerateOptions, tokenizer?: Tokenizer): Settings {
  checkNames(options, [...WRITING, ...DRAWING]);
  const { temperature = 1, topK, topP, minP, typicalP } = options;
  expect(isNumber(temperature) && temperature >= 0, 'temperature', temperature, 'a number of at least 0');
  expectOptional(isCount(topK, 1), 'topK', topK, 'a whole number of at least 1');
  expectOptional(isShare(topP), 'topP', topP, 'a number above 0 and at most 1');
  expectOptional(minP === 0 || isShare(minP), 'minP', minP, 'a number from 0 to 1');
  expectOptional(isShare(typicalP), 'typicalP', typicalP, 'a number above 0 and at most 1');
  return {
    ...writingSettings(model, options, tokenizer),
    filters: { temperature, topK, topP, minP, typicalP },
  };
}

/** The same for a beam search. */
export function beamSettingsFrom(
  model: TextModel,
  options: BeamOptions,
  tokenizer?: Tokenizer,
): BeamSettings {
  checkNames(options, [...WRITING, ...SEARCHING]);
  const {
    beams = 4,
    sequences = 1,
    lengthPenalty = 1,
    earlyStopping = false,
    groups = 1,
    diversityPenalty = 0,
  } = options;
  expect(isCount(beams, 1), 'beams', beams, 'a whole number of at least 1');
  const sequencesFit = isCount(sequences, 1) && sequences <= beams;
  expect(sequencesFit, 'sequences', sequences, `a whole number from 1 to ${beams}, the beams`);
  expect(isNumber(lengthPenalty), 'lengthPenalty', lengthPenalty, 'a number');
  const stopping = earlyStopping === 'never' || typeof earlyStopping === 'boolean';
  expect(stopping, 'earlyStopping', earlyStopping, "true, false or 'never'");
  const divides = isCount(groups, 1) && beams % groups === 0;
  expect(divides, 'groups', groups, `a whole number that divides ${beams}, the beams`);
  const penalty = isNumber(diversityPenalty) && diversityPenalty >= 0;
  expect(penalty, 'diversityPenalty', diversityPenalty, 'a number of at least 0');
  const searching = { beams, sequences, lengthPenalty, earlyStopping, groups, diversityPenalty };
  return { ...writingSettings(model, options, tokenizer), ...searching };
}

function writingSettings(
  model: TextModel,
  options: WritingOptions,
  tokenizer: Tokenizer | undefined,
): Settings {
  const { maxTokens = 100, cache = true, onOverflow = 'slide', signal } = options;
  expect(isCount(maxTokens, 0), 'maxTokens', maxTokens, 'a whole number of at least 0');
  expect(typeof cache === 'boolean', 'cache', cache, 'true or false');
  expect(onOverflow === 'slide' || onOverflow === 'error', 'onOverflow', onOverflow, "'slide' or 'error'");
  expect(signal === undefined || signal instanceof AbortSignal, 'signal', signal, 'an AbortSignal');

  const eosId = model instanceof EncoderDecoderModel ? model.eosId : tokenizer?.eosTokenId;
  const stopTokens = [...(options.stopTokens ?? (eosId === undefined ? [] : [eosId]))];
  for (const id of stopTokens) expect(isCount(id, 0), 'stopTokens', id, 'ids, whole numbers of at least 0');

  const { stopTexts: given = [] } = options;
  const stopTexts = typeof given === 'string' ? [given] : [...given];
  for (const stop of stopTexts) {
    expect(typeof stop === 'string' && stop !== '', 'stopTexts', stop, 'texts of at least one character');
    expect(tokenizer !== undefined, 'stopTexts', stop, 'a tokenizer that makes text of the ids');
  }
  return {
    maxTokens,
    filters: {},
    processing: processingFrom(model, options, new Set(stopTokens), tokenizer),
    drawable: tokenizer?.vocabSize ?? Infinity,
    stopTokens: new Set(stopTokens),
    stopTexts,
    cache,
    onOverflow,
    signal,
  };
}

function processingFrom(
  model: TextModel,
  {
    minTokens = 0,
    repetitionPenalty = 1,
    noRepeatNgram,
    badWords = [],
    forcedBos,
    forcedEos,
  }: WritingOptions,
  stopTokens: ReadonlySet<number>,
  tokenizer: Tokenizer | undefined,
): Processing | undefined {
  expect(isCount(minTokens, 0), 'minTokens', minTokens, 'a whole number of at least 0');
  const penalty = isNumber(repetitionPenalty) && repetitionPenalty > 0;
  expect(penalty, 'repetitionPenalty', repetitionPenalty, 'a number above 0');
  expectOptional(isCount(noRepeatNgram, 1), 'noRepeatNgram', noRepeatNgram, 'a whole number of at least 1');
  const isId = (id: unknown): boolean => isCount(id, 0) && (id as number) < model.vocabSize;
  const anId = `an id, a whole number from 0 to ${model.vocabSize - 1}`;
  expectOptional(isId(forcedBos), 'forcedBos', forcedBos, anId);
  expectOptional(isId(forcedEos), 'forcedEos', forcedEos, anId);

  const words: number[][] = [];
  for (const word of badWords) {
    if (typeof word === 'string') {
      expect(
        tokenizer !== undefined && word !== '',
        'badWords',
        word,
        'ids, or texts where there is a tokenizer',
      );
      words.push(...[word, ` ${word}`].map((text) => [...tokenizer!.encode(text)]));
    } else {
      expect(
        word.length > 0 && word.every(isId),
        'badWords',
        word,
        `sequences of ids from 0 to ${model.vocabSize - 1}`,
      );
      words.push([...word]);
    }
  }
  // As in Hugging Face's: the end of the text cannot be a bad word, or it would have none.
  const bad = words.filter((word) => word.length > 1 || !stopTokens.has(word[0]));
  const nothing =
    minTokens === 0 &&
    repetitionPenalty === 1 &&
    noRepeatNgram === undefined &&
    bad.length === 0 &&
    forcedBos === undefined &&
    forcedEos === undefined;
  return nothing
    ? undefined
    : { minTokens, repetitionPenalty, noRepeatNgram, badWords: bad, forcedBos, forcedEos };
}

/** The generator of one text's draws. @throws RangeError when the seed is no whole number and no text */
export function randomFrom(seed: number | string = randomUUID()): Random {
  const valid = typeof seed === 'string' || Number.isSafeInteger(seed);
  expect(valid, 'seed', seed, 'a whole number between ±2^53, or a text');
  return new Random(seed).split('sampling');
}

function checkNames(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${unknown}: no such setting; there are ${known.join(', ')}`);
  }
}

function expect(valid: boolean, name: string, given: unknown, expected: string): void {
  if (valid) return;
  const shown = typeof given === 'string' ? JSON.stringify(given) : String(given);
  throw new RangeError(`${name} ${shown}: expected ${expected}`);
}

function expectOptional(valid: boolean, name: string, given: unknown, expected: string): void {
  expect(given === undefined || valid, name, given, expected);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isShare(value: unknown): boolean {
  return isNumber(value) && value > 0 && value <= 1;
}

function isCount(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
