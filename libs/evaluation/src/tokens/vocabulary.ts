// Vocabulary coverage of a text: the most frequent tokens, and which frequent words are a single token.
import { checkOptionNames, preTokenize, type Tokenizer } from '@lilformer/tokenizers';

/** A string and its number of occurrences. */
export interface Frequency {
  readonly text: string;
  readonly count: number;
}

/** What {@link vocabularyStudy} returns. */
export interface VocabularyStudy {
  /** Number of code points. */
  readonly characters: number;
  /** Number of bytes in UTF-8. */
  readonly bytes: number;
  /** Distinct characters, sorted by code point. */
  readonly alphabet: readonly string[];
  readonly vocabSize: number;
  /** Number of tokens of the whole text. */
  readonly tokens: number;
  readonly charactersPerToken: number;
  /** The most frequent tokens, most frequent first; `text` is the spelling in the vocabulary. */
  readonly topTokens: readonly (Frequency & { readonly id: number })[];
  /** The most frequent words in lower case, most frequent first. */
  readonly topWords: readonly Frequency[];
  /** Those of `topWords` that are a single token. */
  readonly captured: readonly string[];
  /** Those of `topWords` that are several tokens. */
  readonly missed: readonly string[];
}

/**
 * Statistics of a text and of its tokens. A word is a run of letters, digits and underscores, or a run of other characters
 * that are not white space. Of equally frequent tokens or words the first in the text comes first.
 *
 * @param options.tokens number of most frequent tokens; default 20
 * @param options.words number of most frequent words; default 100
 * @throws RangeError when a number is invalid
 */
export function vocabularyStudy(
  text: string,
  tokenizer: Tokenizer,
  options: { readonly tokens?: number; readonly words?: number } = {},
): VocabularyStudy {
  checkOptionNames(options, ['tokens', 'words']);
  const ids = tokenizer.encode(text);
  const statistics = textStatistics(text);
  const words = topWords(text, options.words ?? 100);
  // Byte-level vocabularies spell a word after a space with a leading Ġ.
  const isToken = (word: string) =>
    [word, `Ġ${word}`].some((spelling) => tokenizer.tokenToId(spelling) !== undefined);
  const spellings = words.map((word) => word.text);
  return {
    ...statistics,
    vocabSize: tokenizer.vocabSize,
    tokens: ids.length,
    charactersPerToken: statistics.characters / ids.length,
    topTokens: mostFrequent(ids, options.tokens ?? 20).map(([id, count]) => ({
      id,
      text: tokenizer.idToToken(id)!,
      count,
    })),
    topWords: words,
    captured: spellings.filter(isToken),
    missed: spellings.filter((word) => !isToken(word)),
  };
}

/** Characters, bytes and alphabet of a text. */
export function textStatistics(text: string): Pick<VocabularyStudy, 'characters' | 'bytes' | 'alphabet'> {
  let characters = 0;
  const seen = new Set<string>();
  for (const character of text) {
    characters++;
    seen.add(character);
  }
  const alphabet = [...seen].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  return { characters, bytes: new TextEncoder().encode(text).length, alphabet };
}

/** The most frequent words in lower case. */
export function topWords(text: string, count: number): Frequency[] {
  return mostFrequent(lowerCaseWords(text), count).map(([word, times]) => ({ text: word, count: times }));
}

function* lowerCaseWords(text: string): Generator<string> {
  for (const word of preTokenize(text, 'whitespace')) yield word.toLowerCase();
}

/** The `count` most frequent items. A Map keeps the order of first appearance, and the sort is stable. */
export function mostFrequent<Item>(items: Iterable<Item>, count: number): [Item, number][] {
  if (!Number.isInteger(count) || count < 0) {
    throw new RangeError(
      `number of most frequent items: is ${count}. Expected a whole number of at least 0.`,
    );
  }
  const counts = new Map<Item, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, count);
}
