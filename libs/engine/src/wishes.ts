// What a user may wish of an engine besides its name: threads and precision, by option or by variable, checked.
// Leaves out what each engine makes of it.

/** `'bf16'`: matrix products from numbers rounded to bfloat16, summed in float32; all else stays float32. */
export type Precision = 'float32' | 'bf16';

/** Wishes as they were given; what was not is left to the engine. */
export interface Wishes {
  readonly threads: number | undefined;
  readonly precision: Precision;
}

/**
 * Threads and precision from options, else from LILFORMER_THREADS and LILFORMER_PRECISION.
 * @throws Error that says what was given and what was expected
 */
export function wishesFrom(options: { threads?: number; precision?: Precision }): Wishes {
  const { LILFORMER_THREADS, LILFORMER_PRECISION } = process.env;
  const threads =
    options.threads !== undefined
      ? checkThreads(options.threads, `threads ${options.threads}`)
      : LILFORMER_THREADS
        ? checkThreads(Number(LILFORMER_THREADS), `LILFORMER_THREADS ${JSON.stringify(LILFORMER_THREADS)}`)
        : undefined;
  const precision =
    options.precision !== undefined
      ? checkPrecision(options.precision, 'precision')
      : LILFORMER_PRECISION
        ? checkPrecision(LILFORMER_PRECISION, 'LILFORMER_PRECISION')
        : 'float32';
  return { threads, precision };
}

/** Far above any machine of today: a number beyond it is a mistake, and would only cost stacks. */
const MOST_THREADS = 1024;

function checkThreads(threads: number, given: string): number {
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new Error(`${given}: expected a whole number from 1 to ${MOST_THREADS}`);
  }
  return threads;
}

function checkPrecision(precision: string, asker: string): Precision {
  if (precision !== 'float32' && precision !== 'bf16') {
    throw new Error(`${asker} ${JSON.stringify(precision)}: expected float32 or bf16`);
  }
  return precision;
}
