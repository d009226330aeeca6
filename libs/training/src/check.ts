// Checks of settings, with errors that name the setting. Leaves out everything about how the
// settings belong together; whoever uses them says that.

/** @throws RangeError unless `value` is a whole number of at least `least` */
export function checkWhole(name: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} ${value}: expected a whole number of at least ${least}`);
  }
  return value;
}

/** @throws RangeError unless `value` is finite and above `low` (or equal to it, with `inclusive`) */
export function checkAbove(name: string, value: number, low: number, inclusive = false): number {
  if (!Number.isFinite(value) || value < low || (value === low && !inclusive)) {
    throw new RangeError(`${name} ${value}: expected a number ${inclusive ? 'of at least' : 'above'} ${low}`);
  }
  return value;
}

/** @throws RangeError unless `low` <= `value` < `high` */
export function checkBetween(name: string, value: number, low: number, high: number): number {
  if (!(value >= low && value < high)) {
    throw new RangeError(`${name} ${value}: expected a number of at least ${low} and below ${high}`);
  }
  return value;
}

/** @throws Error when `state` is not of a schedule of this type */
export function checkStateType(state: { readonly type: string }, type: string): void {
  if (state?.type !== type) {
    throw new Error(
      `the saved run has a ${state?.type} schedule and this one a ${type} schedule: ` +
        `continue with the saved one's settings, or start a new run from its weights`,
    );
  }
}
