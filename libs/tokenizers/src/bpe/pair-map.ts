// Hash map from pairs of ids to integers: open addressing in one typed array.

/** Value of a pair that is not in the map; larger than every other value. */
export const MISSING = 0x7fffffff;

export class PairMap {
  /** Three integers per slot: left + 1 (0 marks a free slot), right, value. */
  #slots: Int32Array;
  #mask: number;
  #size = 0;

  /** @param expected number of pairs */
  constructor(expected = 0) {
    let slots = 64;
    while (slots < expected * 2) slots *= 2;
    this.#slots = new Int32Array(3 * slots);
    this.#mask = slots - 1;
  }

  get(left: number, right: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = hash(left, right) & mask; ; slot = (slot + 1) & mask) {
      const key = slots[3 * slot];
      if (key === 0) return MISSING;
      if (key === left + 1 && slots[3 * slot + 1] === right) return slots[3 * slot + 2];
    }
  }

  set(left: number, right: number, value: number): void {
    if (2 * (this.#size + 1) > this.#mask) this.#grow();
    const slots = this.#slots;
    let slot = hash(left, right) & this.#mask;
    while (slots[3 * slot] !== 0 && !(slots[3 * slot] === left + 1 && slots[3 * slot + 1] === right)) {
      slot = (slot + 1) & this.#mask;
    }
    if (slots[3 * slot] === 0) this.#size++;
    slots[3 * slot] = left + 1;
    slots[3 * slot + 1] = right;
    slots[3 * slot + 2] = value;
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
