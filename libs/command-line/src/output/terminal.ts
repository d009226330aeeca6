// Terminal output with progress: one line rewritten in place on a terminal; in a pipe or file one line each interval.
import { printable } from './printable.js';

export class Terminal {
  readonly #out: NodeJS.WriteStream;
  #progressShown = false;
  #last = 0;

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
  }

  /** Prints lines. */
  print(text = ''): void {
    this.#clear();
    this.#out.write(`${this.#shown(text)}\n`);
  }

  /** Prints text without a line break. */
  write(text: string): void {
    this.#clear();
    this.#out.write(this.#shown(text));
  }

  /** Shows a state of progress. In a pipe, skips states within `everyMs` of the last printed one. */
  progress(text: string, everyMs = 5000): void {
    if (this.#out.isTTY) {
      // Ten times a second; more only fills logs of terminals and slow connections.
      const now = performance.now();
      if (this.#progressShown && now - this.#last < 100) return;
      this.#last = now;
      const width = (this.#out.columns || 100) - 1;
      text = printable(text);
      this.#out.write(`\r${text.length > width ? `${text.slice(0, width - 1)}…` : text}\x1b[K`);
      this.#progressShown = true;
      return;
    }
    const now = performance.now();
    if (this.#last !== 0 && now - this.#last < everyMs) return;
    this.#last = now;
    this.#out.write(`${text}\n`);
  }

  #shown(text: string): string {
    return this.#out.isTTY ? printable(text) : text;
  }

  #clear(): void {
    if (!this.#progressShown) return;
    this.#out.write('\r\x1b[K');
    this.#progressShown = false;
  }
}
