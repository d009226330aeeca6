// Checks of the arguments of layers.
import type { Random } from '@lilformer/random';

/**
 * Returns `value`.
 * @throws RangeError when `value` is not a positive integer
 */
export function checkSize(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw new RangeError(`${name}: is ${String(value)}. Expected an integer of at least 1.`);
}

/** Returns `random`. @throws TypeError when it is no generator */
export function checkRandom(layer: string, random: Random | undefined): Random {
  if (typeof random?.fillUniform === 'function') return random;
  throw new TypeError(
    `${layer}: random is ${random === undefined ? 'missing' : typeof random}. Expected a generator for the initial weights, such as new Random(1) of @lilformer/random.`,
  );
}

/** @throws RangeError when a size is not a positive integer, or nHeads does not divide dModel */
export function checkHeads(dModel: number, nHeads: number): void {
  checkSize('dModel', dModel);
  checkSize('nHeads', nHeads);
  if (dModel % nHeads === 0) return;
  throw new RangeError(`nHeads: is ${nHeads}. Expected a divisor of dModel, ${dModel}.`);
}
