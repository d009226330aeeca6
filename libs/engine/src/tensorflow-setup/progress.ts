// Progress in bytes: one line, rewritten in place on a terminal; otherwise one line at the end.

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** Counts bytes and shows the progress. */
export class Progress {
  #done = 0;
  #shown = -1;
  readonly #start = performance.now();

  constructor(
    private readonly label: string,
    private readonly total: number,
    private readonly out: NodeJS.WriteStream = process.stdout,
  ) {}

  add(bytes: number): void {
    this.#done += bytes;
    const percent = Math.floor((100 * this.#done) / this.total);
    if (!this.out.isTTY || percent === this.#shown) return;
    this.#shown = percent;
    this.out.write(
      `\r${this.label}: ${megabytes(this.#done)} of ${megabytes(this.total)} (${percent} %)\x1b[K`,
    );
  }

  end(): void {
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(0);
    this.out.write(
      `${this.out.isTTY ? '\r' : ''}${this.label}: ${megabytes(this.#done)} in ${seconds} s${this.out.isTTY ? '\x1b[K' : ''}\n`,
    );
  }
}
