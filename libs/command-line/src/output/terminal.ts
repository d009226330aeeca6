// Terminal output with progress: one line rewritten in place on a terminal; in a pipe or file one line each interval.
import { printable } from './printable.js';

/** What is written: everything; results only; or results as JSON, a line each. */
export type OutputMode = 'all' | 'results' | 'json';

export class Terminal {
  readonly #out: NodeJS.WriteStream;
  #progressShown = false;
  #last = 0;

  readonly #mode: OutputMode;

  constructor(out: NodeJS.WriteStream = process.stdout, mode: OutputMode = 'all') {
    this.#out = out;
    this.#mode = mode;
  }

  /** Prints lines of a result. */
  print(text = ''): void {
    if (this.#mode === 'json') return;
    this.#clear();
    this.#out.write(`${this.#shown(text)}\n`);
  }

  /** Prints lines that are no result, such as settings. */
  note(text = ''): void {
    if (this.#mode === 'all') this.print(text);
  }

  /** Writes a result as a line of JSON, with --json only. Numbers that are not finite become null. */
  json(value: object): void {
    if (this.#mode === 'json') this.#out.write(`${JSON.stringify(value)}\n`);
  }

  /** Prints text of a result without a line break. */
  write(text: string): void {
    if (this.#mode === 'json') return;
    this.#clear();
    this.#out.write(this.#shown(text));
  }

  /** Shows a state of progress. In a pipe, skips states within `everyMs` of the last printed one. */
  progress(text: string, everyMs = 5000): void {
    if (this.#mode !== 'all') return;
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
