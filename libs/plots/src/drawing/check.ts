// Checks of input data. Errors name the setting and the index of the wrong value.

/** Any array of numbers: `number[]`, `Float32Array`, ... */
export type Numbers = ArrayLike<number>;

/** @throws TypeError for an option that is none of `names`, nor of every figure */
export function requireOptions(options: object, names: readonly string[]): void {
  const all = [...names, 'title', 'subtitle', 'width'];
  const unknown = Object.keys(options).find((name) => !all.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(`${unknown}: unknown option. Expected one of ${all.join(', ')}.`);
}

/** @throws RangeError for an empty list */
export function requireItems(setting: string, list: ArrayLike<unknown>, item: string): void {
  if (list.length === 0) throw new RangeError(`${setting}: empty. Expected at least one ${item}.`);
}

/** @throws RangeError when the list does not have `length` items, the same as `other` */
export function requireLength(
  setting: string,
  list: ArrayLike<unknown>,
  length: number,
  other: string,
): void {
  if (list.length !== length) {
    throw new RangeError(`${setting}: length ${list.length}. Expected ${length}, the same as ${other}.`);
  }
}

/** @throws RangeError for NaN and the infinities, and on a logarithmic axis for 0 or less */
export function requireOnAxis(setting: string, value: number, log: boolean): void {
  if (!Number.isFinite(value)) throw new RangeError(`${setting}: ${value}. Expected a finite number.`);
  if (log && value <= 0) {
    throw new RangeError(
      `${setting}: ${value} on a logarithmic axis. Expected a number above 0. Remove the value, or use a linear axis.`,
    );
  }
}
