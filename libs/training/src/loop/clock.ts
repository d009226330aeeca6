// Elapsed time, throughput and remaining time of a run. Has no influence on its numbers.

/** Measures a run over all its sessions; the time between sessions does not count. */
export class RunClock {
  readonly #started = performance.now();
  #steps = 0;
  #recentTokens = 0;
  #recentSeconds = 0;

  /** @param earlier seconds of the sessions before */
  constructor(private readonly earlier = 0) {}

  /** Seconds of all sessions. */
  get elapsed(): number {
    return this.earlier + this.#session;
  }

  /** Tokens per second over about the last ten steps; 0 before the first. */
  get tokensPerSecond(): number {
    return this.#recentSeconds > 0 ? this.#recentTokens / this.#recentSeconds : 0;
  }

  /** Records a step of this duration. */
  step(tokens: number, seconds: number): void {
    this.#steps++;
    this.#recentTokens = 0.9 * this.#recentTokens + tokens;
    this.#recentSeconds = 0.9 * this.#recentSeconds + seconds;
  }

  /** Seconds that this many steps will take at the rate of this session, with its evaluations and checkpoints. */
  eta(stepsLeft: number): number {
    return this.#steps > 0 ? (stepsLeft * this.#session) / this.#steps : Infinity;
  }

  get #session(): number {
    return (performance.now() - this.#started) / 1000;
  }
}
