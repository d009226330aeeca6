// The second half of training: which pairs to merge, in which order (Sennrich, Haddow and Birch, "Neural Machine
// Translation of Rare Words with Subword Units", 2016). The order is that of Hugging Face's trainer, ties included:
// the pair that comes most often; among those, the pair with the smaller ids, first the left, then the right.
//
// Three habits of that trainer decide ties and are kept, because other merges would come out without them:
// - A pair waits in the queue with the count it had when it was put there, is counted again when its turn comes, and
//   goes back if it changed.
// - The count of a pair is not lowered by its own merging. It matters when the pair comes again later: a merge may make
//   a token that exists ("a" + "bc" after "ab" + "c"), and with it pairs that were merged before.
// - Such a pair is queued once more, with only the words in which it came again.

/** Words as symbols: word w is symbols[starts[w]..starts[w + 1]), and comes counts[w] times. */
export interface SymbolWords {
  symbols: Int32Array;
  starts: Int32Array;
  counts: Float64Array;
}

interface MergeLearnerOptions {
  /** Merging ends when there are this many tokens. */
  vocabSize: number;
  /** Merging ends when no pair comes this often. */
  minFrequency: number;
  /** Called now and then with the number of tokens so far. */
  onProgress?: (tokens: number) => void;
}

/**
 * Merges pairs until the vocabulary is full. New tokens are appended to `tokens`; the symbols are changed in place.
 * Gives the merges as pairs of ids, one after the other.
 */
export function learnMerges(
  words: SymbolWords,
  tokens: string[],
  options: MergeLearnerOptions,
): [number, number][] {
  const { symbols, starts, counts } = words;
  const wordCount = starts.length - 1;
  const lengths = new Int32Array(wordCount);
  for (let word = 0; word < wordCount; word++) lengths[word] = starts[word + 1] - starts[word];

  const pairs = new PairCounts();
  const queue = new MergeQueue(pairs);
  /** Words in which a pair came since the last merge, and the pairs that have some. */
  const places: (number[] | undefined)[] = [];
  let touched: number[] = [];
  const came = (pair: number, word: number): void => {
    const list = places[pair];
    if (list === undefined) {
      places[pair] = [word];
      touched.push(pair);
    } else if (list[list.length - 1] !== word) {
      list.push(word);
    }
  };
  const enqueue = (): void => {
    for (const pair of touched) {
      if (pairs.counts[pair] > 0) queue.push(pair, pairs.counts[pair], places[pair]!);
      places[pair] = undefined;
    }
    touched = [];
  };

  for (let word = 0; word < wordCount; word++) {
    for (let at = starts[word] + 1; at < starts[word + 1]; at++) {
      const pair = pairs.index(symbols[at - 1], symbols[at]);
      pairs.counts[pair] += counts[word];
      came(pair, word);
    }
  }
  enqueue();

  const ids = new Map<string, number>();
  tokens.forEach((token, id) => ids.set(token, id));
  const merges: [number, number][] = [];
  while (tokens.length < options.vocabSize && queue.size > 0) {
    const { pair, count, words: pairWords } = queue.pop();
    if (count !== pairs.counts[pair]) {
      queue.push(pair, pairs.counts[pair], pairWords);
      continue;
    }
    if (count < 1 || count < options.minFrequency) break;
    const left = pairs.left[pair];
    const right = pairs.right[pair];
    const token = tokens[left] + tokens[right];
    let merged = ids.get(token);
    if (merged === undefined) {
      merged = tokens.length;
      tokens.push(token);
      ids.set(token, merged);
    }
    merges.push([left, right]);
    for (const word of pairWords) {
      const start = starts[word];
      const length = lengths[word];
      const weight = counts[word];
      let kept = start;
      for (let at = start, end = start + length; at < end; at++) {
        if (symbols[at] !== left || at + 1 >= end || symbols[at + 1] !== right) {
          symbols[kept++] = symbols[at];
          continue;
        }
        if (kept > start) {
          const before = symbols[kept - 1];
          pairs.counts[pairs.index(before, left)] -= weight;
          const made = pairs.index(before, merged);
          pairs.counts[made] += weight;
          came(made, word);
        }
        at++;
        if (at + 1 < end) {
          const after = symbols[at + 1];
          pairs.counts[pairs.index(right, after)] -= weight;
          const made = pairs.index(merged, after);
          pairs.counts[made] += weight;
          came(made, word);
        }
        symbols[kept++] = merged;
      }
      lengths[word] = kept - start;
    }
    enqueue();
    if ((merges.length & 63) === 0) options.onProgress?.(tokens.length);
  }
  options.onProgress?.(tokens.length);
  return merges;
}

/** Numbers and counts for pairs of ids, in a hash table of typed arrays. */
class PairCounts {
  left = new Int32Array(1 << 14);
  right = new Int32Array(1 << 14);
  counts = new Float64Array(1 << 14);
  size = 0;
  /** Number of a pair plus one; 0 is free. */
  #slots = new Int32Array(1 << 15);

  index(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashPair(left, right) & mask;
    for (let entry = this.#slots[slot]; entry !== 0; entry = this.#slots[slot]) {
      if (this.left[entry - 1] === left && this.right[entry - 1] === right) return entry - 1;
      slot = (slot + 1) & mask;
    }
    if (this.size === this.left.length) {
      this.#grow();
      return this.index(left, right);
    }
    this.left[this.size] = left;
    this.right[this.size] = right;
    this.#slots[slot] = ++this.size;
    return this.size - 1;
  }

  #grow(): void {
    const capacity = this.size * 2;
    const left = new Int32Array(capacity);
    const right = new Int32Array(capacity);
    const counts = new Float64Array(capacity);
    left.set(this.left);
    right.set(this.right);
    counts.set(this.counts);
    const slots = new Int32Array(capacity * 2);
    const mask = slots.length - 1;
    for (let pair = 0; pair < this.size; pair++) {
      let slot = hashPair(left[pair], right[pair]) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = pair + 1;
    }
    Object.assign(this, { left, right, counts });
    this.#slots = slots;
  }
}

function hashPair(left: number, right: number): number {
  const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}

interface QueueEntry {
  pair: number;
  count: number;
  words: number[];
}

/** A binary heap: the largest count first, then the smaller left id, then the smaller right id. */
class MergeQueue {
  readonly #pairs: PairCounts;
  readonly #heap: QueueEntry[] = [];

  constructor(pairs: PairCounts) {
    this.#pairs = pairs;
  }

  get size(): number {
    return this.#heap.length;
  }

  push(pair: number, count: number, words: number[]): void {
    const heap = this.#heap;
    const entry = { pair, count, words };
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#precedes(entry, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  pop(): QueueEntry {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop()!;
    const size = heap.length;
    if (size > 0) {
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= size) break;
        if (child + 1 < size && this.#precedes(heap[child + 1], heap[child])) child++;
        if (!this.#precedes(heap[child], last)) break;
        heap[at] = heap[child];
        at = child;
      }
      heap[at] = last;
    }
    return top;
  }

  #precedes(a: QueueEntry, b: QueueEntry): boolean {
    if (a.count !== b.count) return a.count > b.count;
    const { left, right } = this.#pairs;
    if (left[a.pair] !== left[b.pair]) return left[a.pair] < left[b.pair];
    return right[a.pair] < right[b.pair];
  }
}
