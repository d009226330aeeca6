// Command-line options shared by the benchmarks.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

/** @throws Error for anything but a whole number of at least `least` */
export function wholeNumber(option: string, given: string, least = 1): number {
  const value = Number(given);
  if (given.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    throw new Error(`--${option} ${given}: expected a whole number of at least ${least}`);
  }
  return value;
}

/** Parses names from `known`, separated by commas or repeated. */
export function namesOf<Name extends string>(
  option: string,
  given: readonly string[],
  known: readonly Name[],
): Name[] {
  const names = given.flatMap((word) => word.split(',')).filter((word) => word !== '');
  for (const name of names) {
    if (!known.includes(name as Name)) {
      throw new Error(`--${option} ${name}: expected one or more of ${known.join(',')}`);
    }
  }
  return [...new Set(names as Name[])];
}

/** Number of threads; by default the number of cores. */
export function threadCount(given: string | undefined): number {
  return given === undefined
    ? Number(process.env.LILFORMER_THREADS) || availableParallelism()
    : wholeNumber('threads', given);
}

/** Resolves a path against the directory in which the user called npm or nx. */
export function userPath(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}

/** A program on PATH, or a path. */
export function programPath(given: string): string {
  return given.includes('/') ? userPath(given) : given;
}

/** Environment that gives torch, OpenBLAS and lilformer the same number of threads. */
export function threadsEnvironment(threads: number): Record<string, string> {
  const count = String(threads);
  return {
    LILFORMER_THREADS: count,
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
  };
}

/** Runs a program's main function; errors become one line on stderr and exit code 1. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
