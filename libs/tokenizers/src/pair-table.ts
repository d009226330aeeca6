// Ranks of merges by pair of ids: an open-addressing hash table in one typed array.

/** The rank that stands for "no such merge": later than all. */
export const NO_MERGE = 0x7fffffff;

/** Pairs of ids to the rank of their merge. */
export class PairTable {
  /** left + 1 (0 is free), right, rank; three numbers a slot. */
  #slots: Int32Array;
  #mask: number;
  #size = 0;

  constructor(expected: number) {
    let slots = 64;
    while (slots < expected * 2) slots *= 2;
    this.#slots = new Int32Array(3 * slots);
    this.#mask = slots - 1;
  }

  /** Rank of the merge of two ids, or NO_MERGE. */
  rank(left: number, right: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = hash(left, right) & mask; ; slot = (slot + 1) & mask) {
      const key = slots[3 * slot];
      if (key === 0) return NO_MERGE;
      if (key === left + 1 && slots[3 * slot + 1] === right) return slots[3 * slot + 2];
    }
  }

  /** Sets the rank of a pair; one that is there gets the new rank. */
  set(left: number, right: number, rank: number): void {
    if (2 * (this.#size + 1) > this.#mask) this.#grow();
    const slots = this.#slots;
    let slot = hash(left, right) & this.#mask;
    while (slots[3 * slot] !== 0 && !(slots[3 * slot] === left + 1 && slots[3 * slot + 1] === right)) {
      slot = (slot + 1) & this.#mask;
    }
    if (slots[3 * slot] === 0) this.#size++;
    slots[3 * slot] = left + 1;
    slots[3 * slot + 1] = right;
    slots[3 * slot + 2] = rank;
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = 2 * this.#mask + 1;
    this.#slots = new Int32Array(3 * (this.#mask + 1));
    this.#size = 0;
    for (let i = 0; i < old.length; i += 3) if (old[i] !== 0) this.set(old[i] - 1, old[i + 1], old[i + 2]);
  }
}

function hash(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
