// Options that the programs here share, checked: a wrong one is an error that says what was expected.
import { availableParallelism } from 'node:os';
import { personsPath } from './workloads.js';

/** A whole number of at least `least`. */
export function wholeNumber(option: string, given: string, least = 1): number {
  const value = Number(given);
  if (given.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    throw new Error(`--${option} ${given}: expected a whole number of at least ${least}`);
  }
  return value;
}

/** Names separated by commas or given one option at a time, each one of `known`. */
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

/** Threads for both sides: as asked for, or as many as there are cores. */
export function threadCount(given: string | undefined): number {
  return given === undefined
    ? Number(process.env.LILFORMER_THREADS) || availableParallelism()
    : wholeNumber('threads', given);
}

/** A program as a person names it: looked up in PATH, or a path relative to where they stand. */
export function programPath(given: string): string {
  return given.includes('/') ? personsPath(given) : given;
}

/** The environment that gives torch, OpenBLAS and ours the same number of threads. */
export function threadsEnvironment(threads: number): Record<string, string> {
  const count = String(threads);
  return {
    LILFORMER_THREADS: count,
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
  };
}
