// Merges within one word: repeatedly the pair of the lowest rank, the leftmost of equals. Short words are scanned for
// the lowest rank after each merge; long ones use a heap over a linked list: O(n log n), not O(n²).
import { Heap } from './heap.js';
import { MISSING, type PairMap } from './pair-map.js';

/** Longest word, in symbols, for which scanning is faster than a heap. */
const SHORT = 48;
/** Scratch arrays above this length are released after use. */
const MAX_KEPT = 1 << 16;

/** Symbols of a word: `push` the characters or bytes, then `merge` in place. */
export class WordMerger {
  size = 0;
  ids = new Int32Array(256);
  /** First byte of each symbol in the word's UTF-8, and the byte after its last. */
  starts = new Int32Array(256);
  ends = new Int32Array(256);
  #ranks = new Int32Array(256);

  /** Removes all symbols and makes room for `capacity` of them. */
  reset(capacity: number): void {
    this.size = 0;
    const length = this.ids.length;
    if (capacity <= length && (length <= MAX_KEPT || capacity > MAX_KEPT)) return;
    const room = Math.max(256, capacity);
    this.ids = new Int32Array(room);
    this.starts = new Int32Array(room);
    this.ends = new Int32Array(room);
    this.#ranks = new Int32Array(room);
  }

  push(id: number, start: number, end: number): void {
    this.ids[this.size] = id;
    this.starts[this.size] = start;
    this.ends[this.size] = end;
    this.size++;
  }

  /**
   * @param ranks rank of the merge of each pair
   * @param merged id of the merged token, by rank
   */
  merge(ranks: PairMap, merged: Int32Array): void {
    if (this.size > SHORT) this.#mergeLong(ranks, merged);
    else if (this.size > 1) this.#mergeShort(ranks, merged);
  }

  #mergeShort(table: PairMap, merged: Int32Array): void {
    const { ids, starts, ends } = this;
    const ranks = this.#ranks;
    let last = this.size - 1;
    for (let i = 0; i < last; i++) ranks[i] = table.get(ids[i], ids[i + 1]);
    while (last > 0) {
      let at = 0;
      let lowest = MISSING;
      for (let i = 0; i < last; i++) {
        if (ranks[i] < lowest) {
          lowest = ranks[i];
          at = i;
        }
      }
      if (lowest === MISSING) break;
      ids[at] = merged[lowest];
      ends[at] = ends[at + 1];
      for (let i = at + 1; i < last; i++) {
        ids[i] = ids[i + 1];
        starts[i] = starts[i + 1];
        ends[i] = ends[i + 1];
        ranks[i] = ranks[i + 1];
      }
      last--;
      if (at > 0) ranks[at - 1] = table.get(ids[at - 1], ids[at]);
      if (at < last) ranks[at] = table.get(ids[at], ids[at + 1]);
    }
    this.size = last + 1;
  }

  #mergeLong(table: PairMap, merged: Int32Array): void {
    const { ids, starts, ends, size } = this;
    const ranks = this.#ranks;
    const next = new Int32Array(size);
    const previous = new Int32Array(size);
    // Key: rank * 2^31 + position. The smallest key is the next merge.
    const queue = new Heap<number>((a, b) => a < b);
    const rank = (left: number, right: number): void => {
      ranks[left] = right < size ? table.get(ids[left], ids[right]) : MISSING;
      if (ranks[left] !== MISSING) queue.push(ranks[left] * 0x80000000 + left);
    };
    for (let i = 0; i < size; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      rank(i, i + 1);
    }
    while (queue.size > 0) {
      const key = queue.pop();
      const lowest = Math.floor(key / 0x80000000);
      const at = key - lowest * 0x80000000;
      if (ranks[at] !== lowest) continue; // stale: this pair has changed since
      const removed = next[at];
      const after = next[removed];
      ids[at] = merged[lowest];
      ends[at] = ends[removed];
      next[at] = after;
      ranks[removed] = MISSING;
      if (after < size) previous[after] = at;
      rank(at, after);
      if (previous[at] >= 0) rank(previous[at], at);
    }
    let kept = 0;
    for (let at = 0; at < size; at = next[at], kept++) {
      ids[kept] = ids[at];
      starts[kept] = starts[at];
      ends[kept] = ends[at];
    }
    this.size = kept;
  }
}
