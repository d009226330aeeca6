// Checks of layer sizes.

/**
 * Returns `value`.
 * @throws RangeError when `value` is not a positive integer
 */
export function checkSize(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw new RangeError(`${name}: is ${String(value)}. Expected an integer of at least 1.`);
}

/** @throws RangeError when a size is not a positive integer, or nHeads does not divide dModel */
export function checkHeads(dModel: number, nHeads: number): void {
  checkSize('dModel', dModel);
  checkSize('nHeads', nHeads);
  if (dModel % nHeads === 0) return;
  throw new RangeError(`nHeads: is ${nHeads}. Expected a divisor of dModel, ${dModel}.`);
}
