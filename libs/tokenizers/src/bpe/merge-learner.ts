// Learns which pairs to merge, in which order (Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with
// Subword Units", 2016). The order is that of Hugging Face's trainer: the most frequent pair; of equals, the smaller left
// id, then the smaller right id.
//
// Three properties of that trainer decide ties and are reproduced:
// - A queued pair keeps the count it had when it was queued; when popped, it is queued again if its count has changed.
// - Merging a pair does not lower its own count. This matters when a merge makes an existing token ("a" + "bc" after
//   "ab" + "c"), and with it pairs that were merged before.
// - Such a pair is queued again with only the words in which it occurs anew.
import { Heap } from './heap.js';
import { MISSING, PairMap } from './pair-map.js';

/** Words as symbols: word w is symbols[starts[w]..starts[w + 1]), and occurs counts[w] times. */
export interface SymbolWords {
  symbols: Int32Array;
  starts: Int32Array;
  counts: readonly number[];
}

interface MergeLearnerOptions {
  /** Merging ends at this number of tokens. */
  vocabSize: number;
  /** Merging ends when no pair occurs this often. */
  minFrequency: number;
  onProgress?: (tokens: number) => void;
}

/** A queued pair, and the words in which it has occurred since the last merge. */
interface Candidate {
  pair: number;
  count: number;
  words: number[];
}

/** Merges pairs until the vocabulary is full; appends new tokens to `tokens`, changes `words` in place. */
export function learnMerges(
  { symbols, starts, counts }: SymbolWords,
  tokens: string[],
  { vocabSize, minFrequency, onProgress }: MergeLearnerOptions,
): [number, number][] {
  const wordCount = starts.length - 1;
  const lengths = Int32Array.from({ length: wordCount }, (_, word) => starts[word + 1] - starts[word]);

  // Pairs by index.
  const indices = new PairMap();
  const lefts: number[] = [];
  const rights: number[] = [];
  const pairCounts: number[] = [];
  const add = (left: number, right: number, count: number): number => {
    let pair = indices.get(left, right);
    if (pair === MISSING) {
      pair = lefts.push(left) - 1;
      rights.push(right);
      pairCounts.push(count);
      indices.set(left, right, pair);
    } else {
      pairCounts[pair] += count;
    }
    return pair;
  };

  const queue = new Heap<Candidate>(
    (a, b) =>
      a.count > b.count ||
      (a.count === b.count &&
        (lefts[a.pair] < lefts[b.pair] ||
          (lefts[a.pair] === lefts[b.pair] && rights[a.pair] < rights[b.pair]))),
  );
  /** Words in which each pair has occurred since the last merge. */
  const wordsOf: (number[] | undefined)[] = [];
  let touched: number[] = [];
  const occur = (left: number, right: number, word: number): void => {
    const pair = add(left, right, counts[word]);
    const list = wordsOf[pair];
    if (list === undefined) {
      wordsOf[pair] = [word];
      touched.push(pair);
    } else if (list[list.length - 1] !== word) {
      list.push(word);
    }
  };
  const enqueueTouched = (): void => {
    for (const pair of touched) {
      if (pairCounts[pair] > 0) queue.push({ pair, count: pairCounts[pair], words: wordsOf[pair]! });
      wordsOf[pair] = undefined;
    }
    touched = [];
  };

  for (let word = 0; word < wordCount; word++) {
    for (let at = starts[word] + 1; at < starts[word + 1]; at++) occur(symbols[at - 1], symbols[at], word);
  }
  enqueueTouched();

  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: [number, number][] = [];
  while (tokens.length < vocabSize && queue.size > 0) {
    const { pair, count, words } = queue.pop();
    if (count !== pairCounts[pair]) {
      queue.push({ pair, count: pairCounts[pair], words });
      continue;
    }
    if (count < 1 || count < minFrequency) break;
    const left = lefts[pair];
    const right = rights[pair];
    const token = tokens[left] + tokens[right];
    let merged = ids.get(token);
    if (merged === undefined) {
      merged = tokens.push(token) - 1;
      ids.set(token, merged);
    }
    merges.push([left, right]);
    for (const word of words) {
      const start = starts[word];
      let kept = start;
      for (let at = start, end = start + lengths[word]; at < end; at++) {
        if (symbols[at] !== left || at + 1 >= end || symbols[at + 1] !== right) {
          symbols[kept++] = symbols[at];
          continue;
        }
        if (kept > start) {
          add(symbols[kept - 1], left, -counts[word]);
          occur(symbols[kept - 1], merged, word);
        }
        at++;
        if (at + 1 < end) {
          add(right, symbols[at + 1], -counts[word]);
          occur(merged, symbols[at + 1], word);
        }
        symbols[kept++] = merged;
      }
      lengths[word] = kept - start;
    }
    enqueueTouched();
    if ((merges.length & 63) === 0) onProgress?.(tokens.length);
  }
  onProgress?.(tokens.length);
  return merges;
}
