// What a person sees while something long runs: on a terminal one line that is rewritten in place, into a
// file or a pipe one line an interval, so that a log can be searched.

/** Prints lines that stay and a line of progress that does not. */
export class Terminal {
  readonly #out: NodeJS.WriteStream;
  #progressShown = false;
  #last = 0;

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
  }

  /** A line, or several, that stay. */
  print(text = ''): void {
    this.#clear();
    this.#out.write(`${text}\n`);
  }

  /** Text without a line end, as a model writes it. */
  write(text: string): void {
    this.#clear();
    this.#out.write(text);
  }

  /**
   * The present state of something long. Into a pipe, lines closer together than `everyMs` are left out
   * (0: none is).
   */
  progress(text: string, everyMs = 5000): void {
    if (this.#out.isTTY) {
      const width = (this.#out.columns || 100) - 1;
      this.#out.write(`\r${text.length > width ? `${text.slice(0, width - 1)}…` : text}\x1b[K`);
      this.#progressShown = true;
      return;
    }
    const now = performance.now();
    if (this.#last !== 0 && now - this.#last < everyMs) return;
    this.#last = now;
    this.#out.write(`${text}\n`);
  }

  #clear(): void {
    if (!this.#progressShown) return;
    this.#out.write('\r\x1b[K');
    this.#progressShown = false;
  }
}
