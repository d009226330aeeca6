// Text as it comes out of tokens: whole characters, and up to a stop text, which may lie across several tokens and is not
// shown. So what may be the beginning of one is held back until it is clear.
import type { Tokenizer } from '@lilformer/tokenizers';

/** Makes the text of one continuation, piece by piece. */
export class TextWriter {
  readonly #decoder: ReturnType<Tokenizer['decodeStream']>;
  readonly #stopTexts: readonly string[];
  /** Text that is known and not given out. */
  #held = '';
  #stopped = false;

  /**
   * @param beginning what stands before; it goes through the decoder first, as whether a word starts with a space depends
   *   on there being one before it
   */
  constructor(tokenizer: Tokenizer, beginning: Iterable<number>, stopTexts: readonly string[]) {
    this.#decoder = tokenizer.decodeStream();
    for (const id of beginning) this.#decoder.push(id);
    this.#stopTexts = stopTexts;
  }

  /** Takes the next token, and says whether the text has met a stop text. */
  push(id: number): boolean {
    this.#held += this.#decoder.push(id);
    return this.#look();
  }

  /** The text that is certain now. */
  take(): string {
    const kept = this.#stopped ? 0 : this.#beginningOfStop();
    const text = this.#held.slice(0, this.#held.length - kept);
    this.#held = this.#held.slice(text.length);
    return text;
  }

  /** What is left when no more tokens come. */
  end(): string {
    if (!this.#stopped) {
      this.#held += this.#decoder.flush();
      this.#look();
    }
    const text = this.#held;
    this.#held = '';
    return text;
  }

  /** Cuts off the first stop text, if there is one. */
  #look(): boolean {
    if (this.#stopTexts.length === 0) return false;
    const places = this.#stopTexts.map((stop) => this.#held.indexOf(stop)).filter((at) => at >= 0);
    if (places.length === 0) return false;
    this.#held = this.#held.slice(0, Math.min(...places));
    this.#stopped = true;
    return true;
  }

  /** How many of the last characters may be the beginning of a stop text. */
  #beginningOfStop(): number {
    let longest = 0;
    for (const stop of this.#stopTexts) {
      let length = Math.min(stop.length - 1, this.#held.length);
      while (length > longest && !stop.startsWith(this.#held.slice(this.#held.length - length))) length--;
      longest = Math.max(longest, length);
    }
    return longest;
  }
}
