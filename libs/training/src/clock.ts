// Time of a run: how long it has taken, how fast it goes, how long the rest will take. None of it
// has any influence on the numbers of the run.

/** Measures a run over all its sessions; the time between them does not count. */
export class RunClock {
  readonly #before: number;
  readonly #started = performance.now();
  #steps = 0;
  #recentTokens = 0;
  #recentSeconds = 0;

  /** @param before seconds the run took in earlier sessions */
  constructor(before = 0) {
    this.#before = before;
  }

  /** Seconds the run has taken. */
  get elapsed(): number {
    return this.#before + this.#session;
  }

  /** Tokens a second over about the last ten steps; 0 before the first. */
  get tokensPerSecond(): number {
    return this.#recentSeconds > 0 ? this.#recentTokens / this.#recentSeconds : 0;
  }

  /** Takes note of a step that took so long. */
  step(tokens: number, seconds: number): void {
    this.#steps++;
    this.#recentTokens = 0.9 * this.#recentTokens + tokens;
    this.#recentSeconds = 0.9 * this.#recentSeconds + seconds;
  }

  /** Seconds that so many more steps will take, at the rate of this session, evaluations and all included. */
  eta(stepsLeft: number): number {
    return this.#steps > 0 ? (stepsLeft * this.#session) / this.#steps : Infinity;
  }

  get #session(): number {
    return (performance.now() - this.#started) / 1000;
  }
}
