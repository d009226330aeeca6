// Which tokens a compact vocabulary keeps: those that come most often in a corpus, of equals those with smaller ids.
import type { BpeTokenizer } from './bpe.js';
import { CompactTokenizer, FIRST, type UnknownCounts } from './compact.js';
import { corpusParts, type Corpus } from './corpus.js';
import { gpt2Tokenizer } from './gpt2.js';

/** A text is encoded in pieces of about this many code units. */
const PIECE = 1 << 20;
const LOOK_AHEAD = 1 << 10;

/** Counts tokens of a base tokenizer, and makes compact tokenizers from the counts. */
export class CompactBuilder {
  readonly base: BpeTokenizer;
  readonly #isGpt2: boolean;
  readonly #counts: Float64Array;

  /** @param base Default: GPT-2. */
  constructor(base?: BpeTokenizer) {
    this.base = base ?? gpt2Tokenizer();
    this.#isGpt2 = base === undefined || base === gpt2Tokenizer();
    this.#counts = new Float64Array(this.base.vocabSize);
  }

  /** Counts the tokens of a text; special tokens in it are parsed. */
  add(text: string): this {
    return this.addIds(this.base.encode(text));
  }

  /** Counts ids of the base. */
  addIds(ids: Iterable<number>): this {
    for (const id of ids) {
      if (!(id >= 0 && id < this.#counts.length && Number.isInteger(id))) {
        throw new RangeError(`id ${id}: expected a whole number from 0 to ${this.#counts.length - 1}`);
      }
      this.#counts[id]++;
    }
    return this;
  }

  /**
   * Counts a whole corpus. Files are read in pieces and cut where no token is cut, so that the counts are those of
   * the whole text, however large; each string of an iterable is a text of its own.
   */
  async addCorpus(corpus: Corpus): Promise<this> {
    let rest = '';
    for await (const { text, lines, endsFile } of corpusParts(corpus, true)) {
      if (!lines) {
        this.add(text);
        continue;
      }
      rest += text;
      let done = 0;
      for (let cut = 1; cut > 0 && rest.length - done > PIECE + LOOK_AHEAD; done += cut) {
        cut = this.base.safeSplitPoint(rest.slice(done, done + PIECE + LOOK_AHEAD), PIECE);
        if (cut > 0) this.add(rest.slice(done, done + cut));
      }
      rest = rest.slice(done);
      if (endsFile) {
        this.add(rest);
        rest = '';
      }
    }
    return this;
  }

  /**
   * The tokenizer that keeps the `vocabSize - 3` most frequent tokens. With fewer different ones the table is shorter.
   * The base's end-of-text token is not among them: it is the end of text here too.
   */
  build(vocabSize: number): CompactTokenizer {
    if (!Number.isInteger(vocabSize) || vocabSize < FIRST) {
      throw new Error(
        `vocabSize ${vocabSize}: expected a whole number of at least ${FIRST} (pad, unknown, end of text)`,
      );
    }
    const kept = this.#ranked().slice(0, vocabSize - FIRST);
    return new CompactTokenizer(
      vocabSize,
      new Map(kept.map((baseId, i) => [baseId, FIRST + i])),
      this.#isGpt2 ? undefined : this.base,
    );
  }

  /** What becomes unknown of everything counted so far, end-of-text tokens aside, at this vocabulary size. */
  unknownAt(vocabSize: number): UnknownCounts {
    let tokens = 0;
    let unknown = 0;
    this.#ranked().forEach((baseId, place) => {
      tokens += this.#counts[baseId];
      if (place >= vocabSize - FIRST) unknown += this.#counts[baseId];
    });
    return { tokens, unknown, share: tokens === 0 ? 0 : unknown / tokens };
  }

  #ranked(): number[] {
    const seen: number[] = [];
    this.#counts.forEach((count, id) => {
      if (count > 0 && id !== this.base.eosTokenId) seen.push(id);
    });
    return seen.sort((a, b) => this.#counts[b] - this.#counts[a] || a - b);
  }
}
