// The settings of a generation: what can be set, what is assumed, and what is refused.
import { Random } from '@lilformer/random';
import type { Tokenizer } from '@lilformer/tokenizers';
import { randomUUID } from 'node:crypto';
import type { Filters } from './filters.js';

/** How to go on from a prompt. */
export interface GenerateOptions extends Filters {
  /** Most tokens to generate. Default 100. */
  readonly maxTokens?: number;
  /** 0 takes the likeliest token always (greedy). Default 1. */
  readonly temperature?: number;
  /** Draw only from the `topK` likeliest tokens (and those tied with the last of them). */
  readonly topK?: number;
  /** Draw only from the likeliest tokens that together have at least this probability, above 0 and at most 1. */
  readonly topP?: number;
  /** The same seed gives the same tokens. Left out, every call draws anew. */
  readonly seed?: number | string;
  /**
   * Ids that end the text; the one met is kept among the ids and not shown in the text. Default: the
   * tokenizer's end-of-text id if it has one, and without a tokenizer none. `[]`: none.
   */
  readonly stopTokens?: Iterable<number>;
  /**
   * Keep the attention's keys and values, so that a token costs one row of attention. Default true; `false`
   * computes everything anew for each token and gives the same tokens.
   */
  readonly cache?: boolean;
  /**
   * When the text no longer fits into the model's context: `'slide'` (default) goes on with its last
   * `contextLength` tokens, computed anew for each token; `'error'` throws.
   */
  readonly onOverflow?: 'slide' | 'error';
  /** Ends the generation with the signal's reason as error. */
  readonly signal?: AbortSignal;
}

/** The options with everything decided. */
export interface Settings {
  readonly maxTokens: number;
  readonly filters: Filters;
  /** Ids from here on are never drawn: a model may have more rows than its tokenizer has tokens. */
  readonly drawable: number;
  readonly stopTokens: ReadonlySet<number>;
  readonly cache: boolean;
  readonly onOverflow: 'slide' | 'error';
  readonly signal: AbortSignal | undefined;
}

const KNOWN = new Set([
  'maxTokens',
  'temperature',
  'topK',
  'topP',
  'seed',
  'stopTokens',
  'cache',
  'onOverflow',
  'signal',
] satisfies (keyof GenerateOptions)[]) as ReadonlySet<string>;

/**
 * Checks the options (all but the seed, see {@link randomFrom}) and fills in what is left out.
 * @throws RangeError or TypeError that names the setting, what was given and what was expected
 */
export function settingsFrom(options: GenerateOptions, tokenizer?: Tokenizer): Settings {
  const unknown = Object.keys(options).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) {
    throw new TypeError(`${unknown}: no such setting; there are ${[...KNOWN].join(', ')}`);
  }
  const {
    maxTokens = 100,
    temperature = 1,
    topK,
    topP,
    cache = true,
    onOverflow = 'slide',
    signal,
  } = options;
  expect(isCount(maxTokens, 0), 'maxTokens', maxTokens, 'a whole number of at least 0');
  expect(isNumber(temperature) && temperature >= 0, 'temperature', temperature, 'a number of at least 0');
  expect(topK === undefined || isCount(topK, 1), 'topK', topK, 'a whole number of at least 1');
  expect(
    topP === undefined || (isNumber(topP) && topP > 0 && topP <= 1),
    'topP',
    topP,
    'a number above 0 and at most 1',
  );
  expect(typeof cache === 'boolean', 'cache', cache, 'true or false');
  expect(onOverflow === 'slide' || onOverflow === 'error', 'onOverflow', onOverflow, "'slide' or 'error'");
  expect(signal === undefined || signal instanceof AbortSignal, 'signal', signal, 'an AbortSignal');

  const eosId = tokenizer?.eosId;
  const stopTokens = [...(options.stopTokens ?? (eosId === undefined ? [] : [eosId]))];
  for (const id of stopTokens) expect(isCount(id, 0), 'stopTokens', id, 'ids, whole numbers of at least 0');

  return {
    maxTokens,
    filters: { temperature, topK, topP },
    drawable: tokenizer?.vocabSize ?? Infinity,
    stopTokens: new Set(stopTokens),
    cache,
    onOverflow,
    signal,
  };
}

/** The generator of one text's draws. @throws RangeError when the seed is no whole number and no text */
export function randomFrom(seed: number | string = randomUUID()): Random {
  const valid = typeof seed === 'string' || Number.isSafeInteger(seed);
  expect(valid, 'seed', seed, 'a whole number between ±2^53, or a text');
  return new Random(seed).split('sampling');
}

function expect(valid: boolean, name: string, given: unknown, expected: string): void {
  if (valid) return;
  const shown = typeof given === 'string' ? JSON.stringify(given) : String(given);
  throw new RangeError(`${name} ${shown}: expected ${expected}`);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
