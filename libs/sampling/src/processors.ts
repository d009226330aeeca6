// What changes a row of logits because of the text so far, before a token is chosen in whatever way: penalties, bans and
// what is forced. As filters, each takes a row [V], leaves it as it was and gives a new one, where a banned token has
// the logit -Infinity. What looks at the logits alone is in filters.ts and cutoffs.ts.

/** What the processors do; what is left out does nothing. */
export interface Processing {
  /** Tokens that the text has had: positive logits divided, negative ones multiplied by it. Above 1 repeats less. */
  readonly repetitionPenalty?: number;
  /** No sequence of this many tokens comes twice. */
  readonly noRepeatNgram?: number;
  /** Sequences of ids that never come. */
  readonly badWords?: readonly (readonly number[])[];
  /** No stop token comes before this many tokens are generated. */
  readonly minTokens?: number;
  /** The token that follows a text of one token, such as an encoder-decoder's start token. */
  readonly forcedBos?: number;
  /** The token at the last place, after `maxTokens - 1` others. */
  readonly forcedEos?: number;
}

/** What the processors know. */
export interface TextSoFar {
  /** All ids so far, the prompt's (of an encoder-decoder: the decoder's start) included. */
  readonly ids: readonly number[];
  /** How many of them were generated. */
  readonly generated: number;
  readonly maxTokens: number;
  readonly stopTokens: ReadonlySet<number>;
}

/** All processors, in the order of Hugging Face's `generate`. */
export function processLogits(logits: Float32Array, text: TextSoFar, processing: Processing): Float32Array {
  const { repetitionPenalty = 1, noRepeatNgram, badWords, minTokens = 0, forcedBos, forcedEos } = processing;
  let row = logits;
  if (repetitionPenalty !== 1) row = applyRepetitionPenalty(row, text.ids, repetitionPenalty);
  if (noRepeatNgram !== undefined) row = banRepeatedNgrams(row, text.ids, noRepeatNgram);
  if (badWords?.length) row = banWords(row, text.ids, badWords);
  if (text.generated < minTokens) row = banTokens(row, text.stopTokens);
  if (forcedBos !== undefined && text.ids.length === 1) row = forceToken(row, forcedBos);
  if (forcedEos !== undefined && text.generated === text.maxTokens - 1) row = forceToken(row, forcedEos);
  return row;
}

/**
 * Makes the tokens of a text less likely (`penalty` above 1) or more (below): positive logits are divided by it,
 * negative ones multiplied. Source: Keskar et al., 2019, section 4.1.
 */
export function applyRepetitionPenalty(
  logits: Float32Array,
  ids: Iterable<number>,
  penalty: number,
): Float32Array<ArrayBuffer> {
  const row = new Float32Array(logits);
  for (const id of ids)
    if (id < row.length) row[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
  return row;
}

/** Bans every token that would end a sequence of `size` tokens which the text already has. Source: Paulus et al., 2017. */
export function banRepeatedNgrams(
  logits: Float32Array,
  ids: readonly number[],
  size: number,
): Float32Array<ArrayBuffer> {
  const start = ids.length - (size - 1); // where the sequence to be ended begins
  const banned: number[] = [];
  for (let at = 0; at < start; at++) {
    let same = 0;
    while (same < size - 1 && ids[at + same] === ids[start + same]) same++;
    if (same === size - 1) banned.push(ids[at + size - 1]);
  }
  return banTokens(logits, banned);
}

/** Bans the last token of each word whose other tokens stand at the text's end. */
export function banWords(
  logits: Float32Array,
  ids: readonly number[],
  words: readonly (readonly number[])[],
): Float32Array<ArrayBuffer> {
  const begun = words.filter((word) => {
    const start = ids.length - (word.length - 1);
    return start >= 0 && word.slice(0, -1).every((id, place) => ids[start + place] === id);
  });
  return banTokens(
    logits,
    begun.map((word) => word.at(-1)!),
  );
}

/** Bans these tokens. */
export function banTokens(logits: Float32Array, ids: Iterable<number>): Float32Array<ArrayBuffer> {
  const row = new Float32Array(logits);
  for (const id of ids) if (id < row.length) row[id] = -Infinity;
  return row;
}

/** Bans every token but one. */
function forceToken(logits: Float32Array, id: number): Float32Array<ArrayBuffer> {
  const row = new Float32Array(logits.length).fill(-Infinity);
  row[id] = 0;
  return row;
}
