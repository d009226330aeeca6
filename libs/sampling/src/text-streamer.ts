// Turns generated ids into pieces of text: whole characters only, and up to a stop string. A stop string may span several
// tokens, so text that may be the beginning of one is held back.
import type { Tokenizer } from '@lilformer/tokenizers';

/** Decodes one sequence, token by token. */
export class TextStreamer {
  readonly #decoder: ReturnType<Tokenizer['decodeStream']>;
  readonly #stop: readonly string[];
  /** The end of the text before `#pending`, as long as a stop string can begin in it. */
  #before = '';
  /** Decoded text that was not returned yet. */
  #pending = '';
  #stopped = false;

  /** @param prefix ids before the sequence; whether a word starts with a space depends on them */
  constructor(tokenizer: Tokenizer, prefix: Iterable<number>, stop: readonly string[]) {
    this.#decoder = tokenizer.decodeStream();
    this.#stop = stop;
    for (const id of prefix) this.#passed(this.#decoder.push(id));
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
    this.#passed(text);
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

  /** Keeps the end of the text that is not pending any more. */
  #passed(text: string): void {
    const longest = Math.max(0, ...this.#stop.map(({ length }) => length - 1));
    if (longest > 0) this.#before = (this.#before + text).slice(-longest);
  }

  #cutAtStop(): boolean {
    const { length } = this.#before;
    const text = this.#before + this.#pending;
    // As in Hugging Face's generate, a stop string may begin in the prompt.
    const found = this.#stop
      .map((stop) => text.indexOf(stop, Math.max(0, length - stop.length + 1)))
      .filter((at) => at >= 0);
    if (found.length === 0) return false;
    this.#pending = this.#pending.slice(0, Math.max(0, Math.min(...found) - length));
    this.#stopped = true;
    return true;
  }

  /** The length of the longest end of the text that is the beginning of a stop string. */
  #partialStopLength(): number {
    const text = this.#before + this.#pending;
    let longest = 0;
    for (const stop of this.#stop) {
      let length = Math.min(stop.length - 1, text.length);
      while (length > longest && !stop.startsWith(text.slice(-length))) length--;
      longest = Math.max(longest, length);
    }
    return Math.min(longest, this.#pending.length);
  }
}
