// What a tokenizer's vocabulary has to do with its text: the characters, the tokens that come most often, and which of the
// most frequent words it has as one token. Leaves out training the tokenizer (@lilformer/tokenizers) and drawing.
import { preTokenize, type Tokenizer } from '@lilformer/tokenizers';

/** How many times something comes in a text. */
export interface Counted {
  readonly text: string;
  readonly count: number;
}

/** A token and how many times it comes. */
export interface TokenCount extends Counted {
  readonly id: number;
  /** The token as its vocabulary spells it. */
  readonly text: string;
}

/** Sizes of a text. */
export interface TextStatistics {
  /** Code points. */
  readonly characters: number;
  /** Bytes in UTF-8. */
  readonly bytes: number;
  /** The different characters, in the order of their code points. */
  readonly alphabet: readonly string[];
}

/** Options of `vocabularyStudy`. */
export interface VocabularyStudyOptions {
  /** How many of the most frequent tokens; default 20. */
  readonly tokens?: number;
  /** How many of the most frequent words; default 100. */
  readonly words?: number;
}

/** A text seen through a vocabulary. */
export interface VocabularyStudy extends TextStatistics {
  readonly vocabSize: number;
  /** Tokens of the whole text. */
  readonly tokens: number;
  /** How many characters a token stands for in the mean. */
  readonly charactersPerToken: number;
  /** The most frequent tokens, first those that come most often. */
  readonly topTokens: readonly TokenCount[];
  /** The most frequent words in lower case, likewise. */
  readonly topWords: readonly Counted[];
  /** Those of them that are one token, in their order. */
  readonly captured: readonly string[];
  /** Those that are built from pieces, in their order. */
  readonly missed: readonly string[];
}

/** Characters, bytes and alphabet of a text. */
export function textStatistics(text: string): TextStatistics {
  let characters = 0;
  const seen = new Set<string>();
  for (const character of text) {
    characters++;
    seen.add(character);
  }
  const alphabet = [...seen].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  return { characters, bytes: Buffer.byteLength(text), alphabet };
}

/**
 * The tokens that come most often; of equally frequent ones first the one that comes first.
 *
 * @throws RangeError when an id is outside the tokenizer's vocabulary
 */
export function topTokens(ids: Iterable<number>, tokenizer: Tokenizer, count: number): TokenCount[] {
  return mostFrequent(ids, count).map(([id, times]) => {
    const text = tokenizer.idToToken(id);
    if (text === undefined) {
      throw new RangeError(`token ${id}: the tokenizer has ${tokenizer.vocabSize}, the first is 0`);
    }
    return { id, text, count: times };
  });
}

/**
 * The words of a text that come most often, in lower case; of equally frequent ones first the one that comes first. Words
 * are runs of letters, digits and underscores, or runs of anything else but white space.
 */
export function topWords(text: string, count: number): Counted[] {
  return mostFrequent(lowerCaseWords(text), count).map(([word, times]) => ({ text: word, count: times }));
}

/** Everything at once: how the text looks, and how its vocabulary meets it. */
export function vocabularyStudy(
  text: string,
  tokenizer: Tokenizer,
  options: VocabularyStudyOptions = {},
): VocabularyStudy {
  const ids = tokenizer.encode(text);
  const statistics = textStatistics(text);
  const frequentWords = topWords(text, options.words ?? 100);
  // Byte-level vocabularies spell a word after a blank with Ġ before it.
  const isToken = ({ text: word }: Counted) =>
    [word, `Ġ${word}`].some((spelling) => tokenizer.tokenToId(spelling) !== undefined);
  return {
    ...statistics,
    vocabSize: tokenizer.vocabSize,
    tokens: ids.length,
    charactersPerToken: statistics.characters / ids.length,
    topTokens: topTokens(ids, tokenizer, options.tokens ?? 20),
    topWords: frequentWords,
    captured: frequentWords.filter(isToken).map((word) => word.text),
    missed: frequentWords.filter((word) => !isToken(word)).map((word) => word.text),
  };
}

function* lowerCaseWords(text: string): Generator<string> {
  for (const word of preTokenize(text, 'whitespace')) yield word.toLowerCase();
}

/** The `count` things that come most often. A Map keeps the order of first appearance, and the sort is stable. */
function mostFrequent<Thing>(things: Iterable<Thing>, count: number): [Thing, number][] {
  if (!Number.isInteger(count) || count < 0) {
    throw new RangeError(`the ${count} most frequent: expected a whole number of at least 0`);
  }
  const counts = new Map<Thing, number>();
  for (const thing of things) counts.set(thing, (counts.get(thing) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, count);
}
