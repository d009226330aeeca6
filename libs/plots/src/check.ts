// Checks of what plots are given. Errors say which number of which thing was wrong, and what a plot can draw.

/** Any array of numbers: number[], Float32Array, ... */
export type Numbers = ArrayLike<number>;

/** @throws RangeError when there is nothing to draw. */
export function needSome(what: string, list: ArrayLike<unknown>, thing: string): void {
  if (list.length === 0) throw new RangeError(`${what} is empty: expected at least one ${thing}`);
}

/** @throws RangeError when two lists that belong together differ in length. */
export function needSameLength(what: string, list: ArrayLike<unknown>, other: string, length: number): void {
  if (list.length !== length) {
    throw new RangeError(
      `${what} has ${list.length}, ${other} ${length}: expected as many of one as of the other`,
    );
  }
}

/** @throws RangeError for a number that is not finite. */
export function needFinite(what: string, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`${what} is ${value}: expected a finite number`);
}

/** @throws RangeError for a number that an axis of logarithms has no place for. */
export function needPositive(what: string, value: number): void {
  needFinite(what, value);
  if (value <= 0) {
    throw new RangeError(
      `${what} is ${value}: an axis of logarithms expects numbers above 0; leave them out, or take a linear axis`,
    );
  }
}
