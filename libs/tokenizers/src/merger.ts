// The merges of one word: again and again the pair of the lowest rank, the leftmost of equals, until none is left.
// Short words by looking through all pairs each time, long ones with a heap over a linked list, so that a word of a
// million characters takes n log n steps and not n².
import { NO_MERGE, type PairTable } from './pair-table.js';

const SHORT = 48;
/** Scratch memory beyond this is given back after use. */
const KEPT = 1 << 16;

/** Symbols of a word: filled by the caller with the word's characters or bytes, and merged in place. */
export class Merger {
  size = 0;
  ids = new Int32Array(256);
  /** First byte of each symbol, counted in the word's UTF-8, and the byte after its last. */
  starts = new Int32Array(256);
  ends = new Int32Array(256);
  #ranks = new Int32Array(256);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** Rank times 2^31 plus position: the smallest is the merge that comes first. */
  #heap = new Float64Array(0);
  #heapSize = 0;

  /** Empties the word and makes room for so many symbols. */
  reset(capacity: number): void {
    this.size = 0;
    const length = this.ids.length;
    if (capacity <= length && (length <= KEPT || capacity > KEPT)) return;
    const room = Math.max(256, capacity);
    this.ids = new Int32Array(room);
    this.starts = new Int32Array(room);
    this.ends = new Int32Array(room);
    this.#ranks = new Int32Array(room);
    if (length > KEPT) this.#next = this.#previous = new Int32Array(0);
    if (length > KEPT) this.#heap = new Float64Array(0);
  }

  push(id: number, start: number, end: number): void {
    this.ids[this.size] = id;
    this.starts[this.size] = start;
    this.ends[this.size] = end;
    this.size++;
  }

  /** @param merged Id of the merged token, by rank. */
  merge(table: PairTable, merged: Int32Array): void {
    if (this.size > SHORT) this.#mergeLong(table, merged);
    else if (this.size > 1) this.#mergeShort(table, merged);
  }

  #mergeShort(table: PairTable, merged: Int32Array): void {
    const { ids, starts, ends } = this;
    const ranks = this.#ranks;
    let last = this.size - 1;
    for (let i = 0; i < last; i++) ranks[i] = table.rank(ids[i], ids[i + 1]);
    while (last > 0) {
      let at = 0;
      let lowest = NO_MERGE;
      for (let i = 0; i < last; i++) {
        if (ranks[i] < lowest) {
          lowest = ranks[i];
          at = i;
        }
      }
      if (lowest === NO_MERGE) break;
      ids[at] = merged[lowest];
      ends[at] = ends[at + 1];
      for (let i = at + 1; i < last; i++) {
        ids[i] = ids[i + 1];
        starts[i] = starts[i + 1];
        ends[i] = ends[i + 1];
        ranks[i] = ranks[i + 1];
      }
      last--;
      if (at > 0) ranks[at - 1] = table.rank(ids[at - 1], ids[at]);
      if (at < last) ranks[at] = table.rank(ids[at], ids[at + 1]);
    }
    this.size = last + 1;
  }

  #mergeLong(table: PairTable, merged: Int32Array): void {
    const { ids, starts, ends, size } = this;
    const ranks = this.#ranks;
    if (this.#next.length < size) {
      this.#next = new Int32Array(ids.length);
      this.#previous = new Int32Array(ids.length);
    }
    const next = this.#next;
    const previous = this.#previous;
    this.#heapSize = 0;
    for (let i = 0; i < size; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      ranks[i] = i + 1 < size ? table.rank(ids[i], ids[i + 1]) : NO_MERGE;
      if (ranks[i] !== NO_MERGE) this.#enqueue(ranks[i], i);
    }
    while (this.#heapSize > 0) {
      const key = this.#dequeue();
      const rank = Math.floor(key / 0x80000000);
      const at = key - rank * 0x80000000;
      // The pair there may have become another one, or part of one, since.
      if (ranks[at] !== rank) continue;
      const gone = next[at];
      const after = next[gone];
      ids[at] = merged[rank];
      ends[at] = ends[gone];
      next[at] = after;
      ranks[gone] = NO_MERGE;
      ranks[at] = NO_MERGE;
      if (after < size) {
        previous[after] = at;
        ranks[at] = table.rank(ids[at], ids[after]);
        if (ranks[at] !== NO_MERGE) this.#enqueue(ranks[at], at);
      }
      const before = previous[at];
      if (before >= 0) {
        ranks[before] = table.rank(ids[before], ids[at]);
        if (ranks[before] !== NO_MERGE) this.#enqueue(ranks[before], before);
      }
    }
    let kept = 0;
    for (let at = 0; at < size; at = next[at]) {
      ids[kept] = ids[at];
      starts[kept] = starts[at];
      ends[kept] = ends[at];
      kept++;
    }
    this.size = kept;
  }

  #enqueue(rank: number, position: number): void {
    if (this.#heapSize === this.#heap.length) {
      const larger = new Float64Array(Math.max(256, 2 * this.#heapSize));
      larger.set(this.#heap);
      this.#heap = larger;
    }
    const heap = this.#heap;
    const key = rank * 0x80000000 + position;
    let at = this.#heapSize++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent] <= key) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = key;
  }

  #dequeue(): number {
    const heap = this.#heap;
    const top = heap[0];
    const size = --this.#heapSize;
    const last = heap[size];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= last) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
