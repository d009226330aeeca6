// Threads and precision as requested by options or environment variables, checked.
import { variable } from '#machine';

/** `'bf16'`: the factors of matrix products are rounded to bfloat16 and summed in float32; all else is float32. */
export type Precision = 'float32' | 'bf16';

/** What was requested; undefined threads are left to the engine. */
export interface RequestedOptions {
  readonly threads: number | undefined;
  readonly precision: Precision;
}

/** Larger numbers are taken for mistakes. */
const MAX_THREADS = 1024;

/**
 * Threads and precision from options, else from LILFORMER_THREADS and LILFORMER_PRECISION.
 * @throws Error naming the option or variable, its value and what is expected
 */
export function requestedOptions(options: { threads?: number; precision?: Precision }): RequestedOptions {
  const [LILFORMER_THREADS, LILFORMER_PRECISION] = ['LILFORMER_THREADS', 'LILFORMER_PRECISION'].map(variable);
  const threads = options.threads ?? (LILFORMER_THREADS ? Number(LILFORMER_THREADS) : undefined);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS)) {
    const given =
      options.threads !== undefined
        ? `threads ${threads}`
        : `LILFORMER_THREADS ${JSON.stringify(LILFORMER_THREADS)}`;
    throw new Error(`${given}: expected an integer from 1 to ${MAX_THREADS}`);
  }
  const precision: string = options.precision ?? (LILFORMER_PRECISION || 'float32');
  if (precision !== 'float32' && precision !== 'bf16') {
    const name = options.precision !== undefined ? 'precision' : 'LILFORMER_PRECISION';
    throw new Error(`${name} ${JSON.stringify(precision)}: expected float32 or bf16`);
  }
  return { threads, precision };
}
