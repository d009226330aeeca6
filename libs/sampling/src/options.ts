// The options of generation, their checks and their defaults.
import { EncoderDecoderModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { checkOptionNames, type Tokenizer } from '@lilformer/tokenizers';
import { BannedText } from './banned-text.js';
import { MIN_TEMPERATURE, type Filters } from './logits/filters.js';
import type { Processors } from './logits/processors.js';
import type { BatchSettings } from './sequences/sequence-batch.js';
import type { GenerativeModel } from './sequences/generative-model.js';

/**
 * Options of all generating functions. Names and meanings are those of Hugging Face's `generate`, in camelCase; `badWords`,
 * `onOverflow`, `seed`, `signal` and `stop` have no counterpart there.
 *
 * The strategy follows from the options: beam search with `numBeams` above 1, else greedy decoding with `temperature: 0`,
 * else sampling. An option that the strategy does not use is an error.
 */
export interface GenerateOptions extends Filters, Processors, Partial<BatchSettings> {
  /** Most tokens to generate. Default 100. */
  readonly maxNewTokens?: number;
  /** Sampling: the same seed gives the same tokens; an array has one seed for each prompt. Default: a random seed. */
  readonly seed?: number | string | readonly (number | string)[];

  /** Beam search: number of sequences followed at once, those of all groups together. Default 1: no beam search. */
  readonly numBeams?: number;
  /** Beam search: exponent of the length that divides a log-probability; raise it for longer outputs. Default 1. */
  readonly lengthPenalty?: number;
  /**
   * Beam search, when `numBeams` sequences have ended: `true` stops, `false` continues while a sequence of the current
   * length could be better, `'never'` while one of any length could. Default `false`.
   */
  readonly earlyStopping?: boolean | 'never';
  /** Beam search: number of groups, each of which avoids the tokens of the groups before it. Default 1. */
  readonly numBeamGroups?: number;
  /** Beam search with groups: subtracted from a token's score for each beam of an earlier group that has it. Default 0. */
  readonly diversityPenalty?: number;
  /** Number of sequences returned for each prompt, by `generateBatch` only. Default 1. */
  readonly numReturnSequences?: number;

  /** Texts never generated, by whatever tokens and also as parts of words. Needs a tokenizer. */
  readonly badWords?: readonly string[];
  /**
   * The tokens that end a sequence. They are part of `ids` and not of `text`; `[]` for none. Default: the `eosTokenId` of
   * the model's config, else the end-of-text token of the tokenizer.
   */
  readonly eosTokenId?: number | readonly number[];
  /** Strings that end a sequence, not part of `text`. Needs a tokenizer. */
  readonly stop?: string | readonly string[];
  /** Aborts the generation: it throws the signal's reason. */
  readonly signal?: AbortSignal;
}

type Name = keyof GenerateOptions;

const SAMPLING_ONLY = ['topK', 'topP', 'minP', 'typicalP'] as const satisfies Name[];
/** Options of beam search, besides `numBeams`. */
export const BEAM_SEARCH_ONLY = [
  'lengthPenalty',
  'earlyStopping',
  'numBeamGroups',
  'diversityPenalty',
] as const satisfies Name[];

type Check = readonly [isValid: (value: unknown) => boolean, expected: string];

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isInteger = (value: unknown, least = 0): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least;
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isSeed = (value: unknown): boolean => typeof value === 'string' || Number.isSafeInteger(value);
const allOf = (isValid: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every((item) => isValid(item));
const isIds = allOf((id) => isInteger(id));

const integer = (least: number): Check => [
  (value) => isInteger(value, least),
  `an integer of at least ${least}`,
];
const number = (expected: string, isValid: (value: number) => boolean): Check => [
  (value) => isNumber(value) && isValid(value),
  expected,
];
const notNegative = number('a number of at least 0', (value) => value >= 0);
const share = number('a number above 0 and at most 1', (value) => value > 0 && value <= 1);
const boolean: Check = [(value) => typeof value === 'boolean', 'true or false'];

const CHECKS: { readonly [N in Name]-?: Check } = {
  maxNewTokens: integer(0),
  minNewTokens: integer(0),
  temperature: notNegative,
  topK: integer(1),
  topP: share,
  minP: number('a number from 0 to 1', (value) => value >= 0 && value <= 1),
  typicalP: share,
  seed: [
    (value) => isSeed(value) || allOf(isSeed)(value),
    'an integer between ±2^53 or a string, or an array of those',
  ],
  numBeams: integer(1),
  lengthPenalty: number('a number', () => true),
  earlyStopping: [(value) => value === 'never' || typeof value === 'boolean', "true, false or 'never'"],
  numBeamGroups: integer(1),
  diversityPenalty: notNegative,
  numReturnSequences: integer(1),
  repetitionPenalty: number('a number above 0', (value) => value > 0),
  noRepeatNgramSize: integer(1),
  badWords: [allOf(isText), 'an array of non-empty strings'],
  badWordsIds: [
    allOf((word) => isIds(word) && (word as number[]).length > 0),
    'an array of non-empty arrays of token ids',
  ],
  forcedBosTokenId: integer(0),
  forcedEosTokenId: integer(0),
  eosTokenId: [(value) => isInteger(value) || isIds(value), 'a token id or an array of token ids'],
  stop: [(value) => isText(value) || allOf(isText)(value), 'a non-empty string or an array of those'],
  useCache: boolean,
  onOverflow: [(value) => value === 'slide' || value === 'error', "'slide' or 'error'"],
  signal: [(value) => value instanceof AbortSignal, 'an AbortSignal'],
};

/**
 * Checks names and values of options, and that the strategy uses each of them.
 *
 * @param nameOf what messages call an option, for example the flag it was given by
 * @throws RangeError or TypeError that names the option, the value and what was expected
 */
export function checkGenerateOptions(
  options: GenerateOptions,
  nameOf: (option: string) => string = (option) => option,
): void {
  const values = options as Readonly<Record<string, unknown>>;
  const fail = (name: string, message: string): never => {
    const value = typeof values[name] === 'number' ? String(values[name]) : JSON.stringify(values[name]);
    throw new RangeError(`${nameOf(name)} ${value}: ${message}`);
  };
  checkOptionNames(options, Object.keys(CHECKS));
  for (const [name, value] of Object.entries(values)) {
    const [isValid, expected] = CHECKS[name as Name];
    if (value !== undefined && !isValid(value)) fail(name, `expected ${expected}`);
  }
  const failIfGiven = (names: readonly Name[], message: string): void => {
    const given = names.find((name) => values[name] !== undefined);
    if (given !== undefined) fail(given, message);
  };
  const { numBeams = 1, numBeamGroups = 1, numReturnSequences = 1, temperature = 1 } = options;
  const [beams, groups, greedy] = ['numBeams', 'numBeamGroups', 'temperature'].map(nameOf);
  if (numBeams > 1) {
    const message = `beam search does not sample. Leave it out, or set ${beams} to 1.`;
    failIfGiven(['temperature', ...SAMPLING_ONLY, 'seed'], message);
    if (numBeams % numBeamGroups !== 0) fail('numBeamGroups', `expected a divisor of ${beams} ${numBeams}`);
    if (numBeamGroups === 1)
      failIfGiven(['diversityPenalty'], `only groups of beams use it. Set ${groups} above 1.`);
    if (numReturnSequences > numBeams)
      fail('numReturnSequences', `expected at most ${beams}, which is ${numBeams}`);
    return;
  }
  failIfGiven(BEAM_SEARCH_ONLY, `only beam search uses it. Set ${beams} above 1.`);
  if (temperature >= MIN_TEMPERATURE) return;
  failIfGiven(SAMPLING_ONLY, `greedy decoding does not sample. Leave it out, or set ${greedy} above 0.`);
  if (numReturnSequences > 1)
    fail('numReturnSequences', `greedy decoding has one sequence for a prompt. Set ${greedy} or ${beams}.`);
}

const DEFAULTS = {
  maxNewTokens: 100,
  useCache: true,
  onOverflow: 'slide',
  numBeams: 1,
  numReturnSequences: 1,
  lengthPenalty: 1,
  earlyStopping: false,
  numBeamGroups: 1,
  diversityPenalty: 0,
} satisfies GenerateOptions;

/** The options with defaults. */
export interface Settings
  extends
    Omit<GenerateOptions, keyof typeof DEFAULTS | 'stop'>,
    Required<Pick<GenerateOptions, keyof typeof DEFAULTS>> {
  readonly stop: readonly string[];
  readonly eosTokenIds: ReadonlySet<number>;
  /** The texts of `badWords`; undefined without them. */
  readonly bannedText: BannedText | undefined;
  /** Only ids below are generated: a model may have a larger vocabulary than its tokenizer. */
  readonly tokenizerSize: number;
}

/**
 * Checks the options and fills in the defaults.
 * @throws RangeError or TypeError that names the option, the value and what was expected
 */
export function settingsFrom(
  model: GenerativeModel,
  options: GenerateOptions,
  tokenizer?: Tokenizer,
): Settings {
  checkGenerateOptions(options);
  const { forcedBosTokenId, forcedEosTokenId, minNewTokens, badWords = [], badWordsIds = [] } = options;
  const isEncoderDecoder = model instanceof EncoderDecoderModel;
  const eosIds = [options.eosTokenId ?? endOfText(model, tokenizer) ?? []].flat();
  const stop = [options.stop ?? []].flat();
  if (!tokenizer && stop.length > 0) throw new TypeError('stop: expected a tokenizer, which decodes the ids');
  if (!tokenizer && badWords.length > 0)
    throw new TypeError('badWords: expected a tokenizer. Without one, use badWordsIds.');
  if (isEncoderDecoder && options.onOverflow === 'slide')
    throw new RangeError("onOverflow 'slide': an encoder-decoder cannot slide. Leave it out.");
  if (minNewTokens && eosIds.length === 0)
    throw new RangeError(
      `minNewTokens ${minNewTokens}: no token ends the sequence. Expected eosTokenId, or a tokenizer with an end-of-text token.`,
    );
  const ids = { forcedBosTokenId, forcedEosTokenId, badWordsIds: badWordsIds.flat() };
  for (const [name, given = []] of Object.entries(ids)) {
    const unknown = [given].flat().find((id) => id >= model.vocabSize);
    if (unknown !== undefined)
      throw new RangeError(`${name} ${unknown}: expected token ids from 0 to ${model.vocabSize - 1}`);
  }
  const bannedText = badWords.length > 0 ? new BannedText(tokenizer!, badWords) : undefined;
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return {
    ...DEFAULTS,
    ...(Object.fromEntries(given) as GenerateOptions),
    stop,
    eosTokenIds: new Set(eosIds),
    tokenizerSize: tokenizer?.vocabSize ?? Infinity,
    bannedText,
    // As in Hugging Face's generate, an end-of-text token cannot be a bad word.
    badWordsIds: [...(bannedText?.ids() ?? []), ...badWordsIds].filter(
      (word) => word.length > 1 || !eosIds.includes(word[0]),
    ),
  } as Settings;
}

/** The end-of-text token of the model's config, as in Hugging Face's generate, else the tokenizer's. */
export function endOfText(model: GenerativeModel, tokenizer: Tokenizer | undefined): number | undefined {
  const { eosTokenId } = model.config as { eosTokenId?: number | null };
  const isKnown = typeof eosTokenId === 'number' && eosTokenId < model.vocabSize;
  return isKnown ? eosTokenId : tokenizer?.eosTokenId;
}

/**
 * The generator for the `index`-th sequence of a prompt.
 * @throws RangeError when the seed is neither an integer nor a string
 */
export function samplingRandom(seed: number | string = crypto.randomUUID(), index = 0): Random {
  if (!isSeed(seed)) throw new RangeError(`seed ${seed}: expected ${CHECKS.seed[1]}`);
  return new Random(seed).split(index === 0 ? 'sampling' : `sampling ${index}`);
}
