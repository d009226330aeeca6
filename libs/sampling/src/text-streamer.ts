// Turns generated ids into pieces of text: whole characters only, and up to a stop string. A stop string may span several
// tokens, so text that may be the beginning of one is held back.
import type { Tokenizer } from '@lilformer/tokenizers';

/** Decodes one sequence, token by token. */
export class TextStreamer {
  readonly #decoder: ReturnType<Tokenizer['decodeStream']>;
  readonly #stop: readonly string[];
  /** Decoded text that was not returned yet. */
  #pending = '';
  #stopped = false;

  /** @param prefix ids before the sequence; whether a word starts with a space depends on them */
  constructor(tokenizer: Tokenizer, prefix: Iterable<number>, stop: readonly string[]) {
    this.#decoder = tokenizer.decodeStream();
    for (const id of prefix) this.#decoder.push(id);
    this.#stop = stop;
  }

  /** Adds a token. Returns whether the text contains a stop string. */
  push(id: number): boolean {
    this.#pending += this.#decoder.push(id);
    return this.#cutAtStop();
  }

  /** Returns the text that later tokens cannot change. */
  take(): string {
    const held = this.#stopped ? 0 : this.#partialStopLength();
    const text = this.#pending.slice(0, this.#pending.length - held);
    this.#pending = this.#pending.slice(text.length);
    return text;
  }

  /** Returns the remaining text after the last token. */
  end(): string {
    if (!this.#stopped) {
      this.#pending += this.#decoder.flush();
      this.#cutAtStop();
    }
    const text = this.#pending;
    this.#pending = '';
    return text;
  }

  #cutAtStop(): boolean {
    const found = this.#stop.map((stop) => this.#pending.indexOf(stop)).filter((at) => at >= 0);
    if (found.length === 0) return false;
    this.#pending = this.#pending.slice(0, Math.min(...found));
    this.#stopped = true;
    return true;
  }

  /** The length of the longest end of the text that is the beginning of a stop string. */
  #partialStopLength(): number {
    let longest = 0;
    for (const stop of this.#stop) {
      let length = Math.min(stop.length - 1, this.#pending.length);
      while (length > longest && !stop.startsWith(this.#pending.slice(-length))) length--;
      longest = Math.max(longest, length);
    }
    return longest;
  }
}
