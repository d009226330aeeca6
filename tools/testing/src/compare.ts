// Differences between arrays of numbers, as the tolerances of the reference values define them.

/** Largest |a - b|; Infinity when the lengths differ or only one side is NaN. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i];
    const b = expected[i];
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}

/** Largest |a - b| divided by the largest |b| of the tensor (by 1 when b is all zero). */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const magnitude = Math.abs(expected[i]);
    if (Number.isFinite(magnitude) && magnitude > scale) scale = magnitude;
  }
  return largestDifference(actual, expected) / (scale || 1);
}
