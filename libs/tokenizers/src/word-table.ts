// Numbers for words: a hash table whose keys are stretches of a text, compared and stored as UTF-16 code units in
// typed arrays. Looking a word up neither slices the text nor makes an object, which is what makes counting and
// encoding fast. Words are numbered from 0 in the order in which they came; single words cannot be taken out.

const INITIAL_SLOTS = 1 << 10;

/** Words of a text to consecutive numbers. */
export class WordTable {
  /** How many different words are in the table. */
  size = 0;
  /** Code units of all words, one after the other. */
  #units = new Uint16Array(INITIAL_SLOTS * 4);
  /** `#starts[i]`..`#starts[i + 1]` are the code units of word i. */
  #starts = new Int32Array(INITIAL_SLOTS + 1);
  #hashes = new Int32Array(INITIAL_SLOTS);
  /** Number of a word plus one; 0 is a free slot. A power of two, at most half full. */
  #slots = new Int32Array(INITIAL_SLOTS * 2);

  /** Code units that all words take together. */
  get unitCount(): number {
    return this.#starts[this.size];
  }

  /** Number of the word text[from..to), which is added if it is new: then the answer is the `size` before. */
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

  /** The word with this number. */
  word(index: number): string {
    const units = this.#units.subarray(this.#starts[index], this.#starts[index + 1]);
    let text = '';
    // In pieces, because a function takes only so many arguments.
    for (let i = 0; i < units.length; i += 4096) text += String.fromCharCode(...units.subarray(i, i + 4096));
    return text;
  }

  /** Forgets all words, and keeps the memory. */
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
