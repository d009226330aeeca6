// When two arrays count as the same.

/** Whether arrays agree to a relative tolerance (absolute below 1), NaN with NaN, infinities with themselves. */
export function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): boolean {
  if (actual.length !== expected.length) return false;
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i], expected[i]];
    if (Object.is(a, b) || a === b) continue;
    if (!(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)))) return false;
  }
  return true;
}
