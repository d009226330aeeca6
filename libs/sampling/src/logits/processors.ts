// Logits processors: change logits [V] by the tokens of the sequence so far, before a token is chosen by any strategy.
// Each returns new logits in which a banned token has the logit -Infinity.

/** Settings of {@link processLogits}. A setting that is left out changes nothing. */
export interface Processors {
  /** Divides positive and multiplies negative logits of tokens in the sequence; above 1 repeats less. Default 1. */
  readonly repetitionPenalty?: number;
  /** No n-gram of this size occurs twice, those of the prompt included. Default: no limit. */
  readonly noRepeatNgramSize?: number;
  /** Token sequences never generated. */
  readonly badWordsIds?: readonly (readonly number[])[];
  /** Bans end-of-text tokens until this many tokens are generated. Default 0. */
  readonly minNewTokens?: number;
  /** The token after a sequence of one token, such as an encoder-decoder's start token. */
  readonly forcedBosTokenId?: number;
  /** The last token when `maxNewTokens` is reached. */
  readonly forcedEosTokenId?: number;
}

/** The sequence whose next token is chosen. */
export interface SequenceState {
  /** All ids so far: the prompt's (of an encoder-decoder: the decoder's start token) and the generated ones. */
  readonly ids: readonly number[];
  /** Number of generated ids. */
  readonly generated: number;
  readonly maxNewTokens: number;
  readonly eosTokenIds: ReadonlySet<number>;
}

/**
 * Applies penalties, bans and forced tokens, in the order of Hugging Face's `generate`.
 *
 * @param logits `[V]`, not modified
 * @returns logits `[V]`, -Infinity for banned tokens
 */
export function processLogits(
  logits: Float32Array,
  sequence: SequenceState,
  processors: Processors,
): Float32Array {
  const { repetitionPenalty = 1, noRepeatNgramSize, badWordsIds, minNewTokens = 0 } = processors;
  const { forcedBosTokenId, forcedEosTokenId } = processors;
  const { ids, generated, maxNewTokens, eosTokenIds } = sequence;
  let row = logits;
  if (repetitionPenalty !== 1) row = applyRepetitionPenalty(row, ids, repetitionPenalty);
  if (noRepeatNgramSize !== undefined) row = banRepeatedNgrams(row, ids, noRepeatNgramSize);
  if (badWordsIds?.length) row = banWords(row, ids, badWordsIds);
  if (generated < minNewTokens) row = banTokens(row, eosTokenIds);
  if (forcedBosTokenId !== undefined && ids.length === 1) row = forceToken(row, forcedBosTokenId);
  if (forcedEosTokenId !== undefined && generated === maxNewTokens - 1)
    row = forceToken(row, forcedEosTokenId);
  return row;
}

/** Divides positive and multiplies negative logits of the tokens `ids`. Source: Keskar et al., 2019, section 4.1. */
export function applyRepetitionPenalty(
  logits: Float32Array,
  ids: Iterable<number>,
  penalty: number,
): Float32Array {
  const row = new Float32Array(logits);
  for (const id of ids)
    if (id < row.length) row[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
  return row;
}

/** Bans every token that would complete an n-gram of `size` tokens which `ids` already contain. Source: Paulus et al., 2017. */
export function banRepeatedNgrams(logits: Float32Array, ids: readonly number[], size: number): Float32Array {
  const start = ids.length - (size - 1); // where the n-gram to be completed begins
  const banned: number[] = [];
  for (let at = 0; at < start; at++) {
    let same = 0;
    while (same < size - 1 && ids[at + same] === ids[start + same]) same++;
    if (same === size - 1) banned.push(ids[at + size - 1]);
  }
  return banTokens(logits, banned);
}

/** Bans the last token of each word whose other tokens are the last of `ids`. */
export function banWords(
  logits: Float32Array,
  ids: readonly number[],
  words: readonly (readonly number[])[],
): Float32Array {
  const begun = words.filter((word) => {
    const start = ids.length - (word.length - 1);
    return start >= 0 && word.slice(0, -1).every((id, i) => ids[start + i] === id);
  });
  return banTokens(
    logits,
    begun.map((word) => word.at(-1)!),
  );
}

/** Gives tokens the logit -Infinity. */
export function banTokens(logits: Float32Array, ids: Iterable<number>): Float32Array {
  const row = new Float32Array(logits);
  for (const id of ids) if (id < row.length) row[id] = -Infinity;
  return row;
}

/** Bans every token but `id`. */
function forceToken(logits: Float32Array, id: number): Float32Array {
  const row = new Float32Array(logits.length).fill(-Infinity);
  row[id] = 0;
  return row;
}
