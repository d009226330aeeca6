// Counts the distinct words of a corpus: the first step of BPE training.
import { addPrefixSpace, forEachWord, type PreTokenizer } from '../pipeline/pre-tokenizers.js';
import { WordTable } from './word-table.js';

/** Counts the words that a pre-tokenizer splits texts into. */
export class WordCounter {
  readonly table = new WordTable();
  /** Count of each word, by its index in the table. */
  readonly counts: number[] = [];
  readonly #preTokenizer: PreTokenizer;
  readonly #bounds = new Int32Array(1 << 13);

  constructor(preTokenizer: PreTokenizer) {
    this.#preTokenizer = preTokenizer;
  }

  /** Adds the words of one sequence. */
  add(text: string): void {
    const piece = addPrefixSpace(text, this.#preTokenizer);
    this.#add(piece, 0, piece.length);
  }

  /** Adds each line, with its line feed, as a sequence of its own. */
  addLines(text: string): void {
    // No word of `Whitespace` crosses a line break, so that lines need no separate handling.
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
    const { table, counts } = this;
    forEachWord(text, from, to, this.#preTokenizer, this.#bounds, (start, end) => {
      const word = table.intern(text, start, end);
      if (word === counts.length) counts.push(1);
      else counts[word]++;
    });
  }
}
