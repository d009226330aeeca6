// Byte-pair encoding as in the textbook: the shortest code that is correct, for reading and as a reference for the fast
// BpeTokenizer. After minbpe (https://github.com/karpathy/minbpe) and Sennrich, Haddow and Birch (2016).
import { BYTE_CHARACTERS, bytesToToken, tokenToBytes } from './byte-level.js';

/** GPT-2's pattern: contractions, letters, numbers, other characters, white space. Pairs are never merged across words. */
const GPT2_PATTERN =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

type Merge = readonly [left: string, right: string];

/** Splits a text into words, each a list of symbols: the characters that stand for its UTF-8 bytes. */
function splitWords(text: string): string[][] {
  return Array.from(text.match(GPT2_PATTERN) ?? [], (word) => [
    ...bytesToToken(new TextEncoder().encode(word)),
  ]);
}

/** Replaces every occurrence of a pair in a word by the merged symbol, from left to right. */
function mergePair(word: readonly string[], [left, right]: Merge): string[] {
  const merged: string[] = [];
  for (let i = 0; i < word.length; i++) {
    if (word[i] === left && word[i + 1] === right) merged.push(left + word[++i]);
    else merged.push(word[i]);
  }
  return merged;
}

/**
 * Byte-level BPE with GPT-2's pattern.
 *
 * Leaves out what `BpeTokenizer` and `trainBpe` have: special tokens, unknown characters, other pre-tokenizers, offsets,
 * streaming, files, and speed. Training recounts all pairs after each merge, encoding looks at all pairs of a word.
 */
export class TextbookBpe {
  readonly vocabSize: number;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #ranks: ReadonlyMap<string, number>;

  /**
   * @param tokens by id, written in byte-level characters (a space is `Ġ`)
   * @param merges in the order in which they were learned
   */
  constructor(
    readonly tokens: readonly string[],
    readonly merges: readonly Merge[],
  ) {
    this.vocabSize = tokens.length;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    this.#ranks = new Map(merges.map((pair, rank) => [pair.join(' '), rank]));
  }

  /**
   * Learns merges: starts from the 256 bytes, and merges the most frequent pair (of equals, the one with the smaller
   * ids) until there are `vocabSize` tokens or nothing to merge.
   */
  static train(text: string, vocabSize: number): TextbookBpe {
    const tokens = [...BYTE_CHARACTERS].sort();
    const ids = new Map(tokens.map((token, id) => [token, id]));
    const merges: Merge[] = [];
    let words = splitWords(text);
    while (tokens.length < vocabSize) {
      const counts = new Map<string, number>();
      for (const word of words) {
        for (let i = 0; i + 1 < word.length; i++) {
          const pair = `${word[i]} ${word[i + 1]}`;
          counts.set(pair, (counts.get(pair) ?? 0) + 1);
        }
      }
      if (counts.size === 0) break;
      const most = Math.max(...counts.values());
      const id = (token: string): number => ids.get(token)!;
      const [best] = [...counts.keys()]
        .filter((pair) => counts.get(pair) === most)
        .map((pair): Merge => pair.split(' ') as [string, string])
        .sort((a, b) => id(a[0]) - id(b[0]) || id(a[1]) - id(b[1]));
      words = words.map((word) => mergePair(word, best));
      merges.push(best);
      if (!ids.has(best.join(''))) ids.set(best.join(''), tokens.push(best.join('')) - 1);
    }
    return new TextbookBpe(tokens, merges);
  }

  encode(text: string): number[] {
    return splitWords(text).flatMap((symbols) => {
      let word = symbols;
      for (;;) {
        const pairs = word.slice(1).map((right, i): Merge => [word[i], right]);
        const ranks = pairs.map((pair) => this.#ranks.get(pair.join(' ')) ?? Infinity);
        const lowest = Math.min(...ranks);
        if (lowest === Infinity) return word.map((symbol) => this.#ids.get(symbol)!);
        word = mergePair(word, this.merges[lowest]);
      }
    });
  }

  decode(ids: Iterable<number>): string {
    const bytes = Array.from(ids, (id) => [...tokenToBytes(this.tokens[id])]).flat();
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  }
}
