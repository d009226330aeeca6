// How often each word of a corpus comes: the first half of training.
import type { PreTokenizer } from './pre-tokenizers.js';
import { WordTable } from './word-table.js';

const BATCH = 4096;

/** Counts the words that a pre-tokenizer cuts texts into. */
export class WordCounter {
  readonly table = new WordTable();
  /** Count of each word, by its number in the table. */
  counts = new Float64Array(1 << 12);
  readonly #preTokenizer: PreTokenizer;
  readonly #bounds = new Int32Array(2 * BATCH);

  constructor(preTokenizer: PreTokenizer) {
    this.#preTokenizer = preTokenizer;
  }

  /** Adds the words of one sequence. */
  add(text: string): void {
    if (this.#preTokenizer.addPrefixSpace && text !== '' && text[0] !== ' ') text = ` ${text}`;
    this.#add(text, 0, text.length);
  }

  /** Adds the words of each line, line feed included, as a sequence of its own. */
  addLines(text: string): void {
    // Where lines cannot run into each other anyway, they need not be looked for.
    if (this.#preTokenizer.type === 'Whitespace') return this.add(text);
    for (let from = 0; from < text.length;) {
      const feed = text.indexOf('\n', from);
      const to = feed < 0 ? text.length : feed + 1;
      if (this.#preTokenizer.addPrefixSpace) this.add(text.slice(from, to));
      else this.#add(text, from, to);
      from = to;
    }
  }

  #add(text: string, from: number, to: number): void {
    const bounds = this.#bounds;
    const table = this.table;
    for (let count = BATCH; count === BATCH;) {
      count = this.#preTokenizer.scan(text, from, to, bounds);
      for (let i = 0; i < 2 * count; i += 2) {
        const word = table.intern(text, bounds[i], bounds[i + 1]);
        if (word >= this.counts.length) {
          const counts = new Float64Array(this.counts.length * 2);
          counts.set(this.counts);
          this.counts = counts;
        }
        this.counts[word]++;
      }
      if (count > 0) from = bounds[2 * count - 1];
    }
  }
}
