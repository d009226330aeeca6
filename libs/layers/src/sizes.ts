// Checks of the numbers that layers and models are made from.

/**
 * Gives back `value`, a size called `name`.
 * @throws RangeError when it is not a whole number of at least 1
 */
export function checkSize(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new RangeError(`${name} ${String(value)}: expected a whole number of at least 1`);
  }
  return value as number;
}

/**
 * Width of one head.
 * @throws RangeError when the width cannot be shared out evenly
 */
export function headDimension(width: number, heads: number): number {
  checkSize('width', width);
  checkSize('heads', heads);
  if (width % heads !== 0) {
    throw new RangeError(
      `heads ${heads}: expected a divisor of the width, ${width}, which the heads share evenly`,
    );
  }
  return width / heads;
}
