// Hash table that numbers the words of a text from 0 in order of appearance. Keys are ranges of a text, stored as UTF-16
// code units in typed arrays: a lookup neither slices the text nor allocates, which makes counting and encoding fast.

const INITIAL_SLOTS = 1 << 10;

export class WordTable {
  /** Number of distinct words. */
  size = 0;
  /** Code units of all words, concatenated. */
  #units = new Uint16Array(INITIAL_SLOTS * 4);
  /** `#starts[i]`..`#starts[i + 1]` are the code units of word i. */
  #starts = new Int32Array(INITIAL_SLOTS + 1);
  #hashes = new Int32Array(INITIAL_SLOTS);
  /** Word index plus one; 0 marks a free slot. The length is a power of two, at most half used. */
  #slots = new Int32Array(INITIAL_SLOTS * 2);

  /** Total length of all words in code units. */
  get unitCount(): number {
    return this.#starts[this.size];
  }

  /** Index of the word text[from..to). A new word is added: its index is the previous `size`. */
  intern(text: string, from: number, to: number): number {
    let hash = 0x811c9dc5;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash ^= hash >>> 15;
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hashes = this.#hashes;
    const starts = this.#starts;
    const units = this.#units;
    const length = to - from;
    let slot = hash & mask;
    for (let entry = slots[slot]; entry !== 0; slot = (slot + 1) & mask, entry = slots[slot]) {
      const word = entry - 1;
      if (hashes[word] !== hash) continue;
      const start = starts[word];
      if (starts[word + 1] - start !== length) continue;
      let i = 0;
      while (i < length && units[start + i] === text.charCodeAt(from + i)) i++;
      if (i === length) return word;
    }
    return this.#add(text, from, to, hash, slot);
  }

  /** The word with this index. */
  word(index: number): string {
    const units = this.#units.subarray(this.#starts[index], this.#starts[index + 1]);
    let text = '';
    // In pieces: the number of arguments of a call is limited.
    for (let i = 0; i < units.length; i += 4096) text += String.fromCharCode(...units.subarray(i, i + 4096));
    return text;
  }

  /** Removes all words; keeps the memory. */
  clear(): void {
    this.#slots.fill(0);
    this.size = 0;
  }

  #add(text: string, from: number, to: number, hash: number, slot: number): number {
    const word = this.size;
    const start = this.#starts[word];
    const end = start + to - from;
    if (end > this.#units.length) {
      const units = new Uint16Array(Math.max(end, this.#units.length * 2));
      units.set(this.#units);
      this.#units = units;
    }
    for (let i = from, at = start; i < to; i++, at++) this.#units[at] = text.charCodeAt(i);
    this.#starts[word + 1] = end;
    this.#hashes[word] = hash;
    this.#slots[slot] = word + 1;
    this.size++;
    if (this.size * 2 >= this.#slots.length) this.#grow();
    return word;
  }

  #grow(): void {
    const capacity = this.#slots.length;
    const hashes = new Int32Array(capacity);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const starts = new Int32Array(capacity + 1);
    starts.set(this.#starts);
    this.#starts = starts;
    const slots = new Int32Array(capacity * 2);
    const mask = slots.length - 1;
    for (let word = 0; word < this.size; word++) {
      let slot = hashes[word] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = word + 1;
    }
    this.#slots = slots;
  }
}
