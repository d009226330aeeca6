// Selects the tokens of a compact vocabulary: the most frequent ones of a corpus; of equals, those with smaller ids.
import type { BpeTokenizer } from '../bpe/bpe.js';
import { gpt2Tokenizer } from '../bpe/gpt2.js';
import { corpusParts, type Corpus } from '../corpus.js';
import {
  checkVocabSize,
  compactTable,
  CompactTokenizer,
  unknownCounts,
  type UnknownCounts,
} from './compact.js';

/** Length, in code units, of the pieces in which files are encoded. */
const PIECE = 1 << 20;
const LOOK_AHEAD = 1 << 10;

/** Counts tokens of a base tokenizer and builds compact tokenizers from the counts. */
export class CompactBuilder {
  readonly base: BpeTokenizer;
  readonly #counts: Float64Array;

  /** @param base default: GPT-2 */
  constructor(base: BpeTokenizer = gpt2Tokenizer()) {
    this.base = base;
    this.#counts = new Float64Array(base.vocabSize);
  }

  /** Counts the tokens of a text; special tokens in it are parsed. */
  add(text: string): this {
    return this.addIds(this.base.encode(text));
  }

  /** Counts ids of the base. @throws RangeError for an id outside its vocabulary */
  addIds(ids: Iterable<number>): this {
    for (const id of ids) {
      if (!(id >= 0 && id < this.#counts.length && Number.isInteger(id)))
        throw new RangeError(`id is ${id}. Expected an integer from 0 to ${this.#counts.length - 1}.`);
      this.#counts[id]++;
    }
    return this;
  }

  /**
   * Counts a whole corpus. Files are read and encoded in pieces, split where no token is, so that the counts are those of
   * the whole text; each string of an iterable is a text of its own.
   */
  async addCorpus(corpus: Corpus): Promise<this> {
    let rest = '';
    for await (const { text, lines, endsFile } of corpusParts(corpus, true)) {
      rest += text;
      let done = 0;
      for (let cut = 1; lines && cut > 0 && rest.length - done > PIECE + LOOK_AHEAD; done += cut) {
        cut = this.base.safeSplitPoint(rest.slice(done, done + PIECE + LOOK_AHEAD), PIECE);
        if (cut > 0) this.add(rest.slice(done, done + cut));
      }
      rest = rest.slice(done);
      if (lines && !endsFile) continue;
      this.add(rest);
      rest = '';
    }
    return this;
  }

  /** The tokenizer that keeps the `vocabSize - 3` most frequent tokens, or all when there are fewer. */
  build(vocabSize: number): CompactTokenizer {
    const table = compactTable(this.#ranked().slice(0, checkVocabSize(vocabSize)));
    return new CompactTokenizer(vocabSize, table, this.base === gpt2Tokenizer() ? undefined : this.base);
  }

  /** Unknown tokens at a vocabulary size, among all counted so far except end-of-text tokens. */
  unknownAt(vocabSize: number): UnknownCounts {
    const count = (ids: readonly number[]): number => ids.reduce((sum, id) => sum + this.#counts[id], 0);
    const ranked = this.#ranked();
    return unknownCounts(count(ranked), count(ranked.slice(checkVocabSize(vocabSize))));
  }

  /** Ids by descending count, without the end-of-text token, which is reserved. */
  #ranked(): number[] {
    return [...this.#counts.keys()]
      .filter((id) => this.#counts[id] > 0 && id !== this.base.eosTokenId)
      .sort((a, b) => this.#counts[b] - this.#counts[a] || a - b);
  }
}
