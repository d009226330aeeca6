// Range checks of options.

/** @throws RangeError unless `value` is an integer of at least `minimum` */
export function checkInteger(name: string, value: number, minimum: number): number {
  if (Number.isSafeInteger(value) && value >= minimum) return value;
  throw new RangeError(`${name}: ${value}. Expected an integer of at least ${minimum}.`);
}

/** @throws RangeError unless `value` is finite and above 0 */
export function checkPositive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`${name}: ${value}. Expected a number above 0.`);
}

/** @throws RangeError unless `value` is finite and at least 0 */
export function checkNotNegative(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(`${name}: ${value}. Expected a number of at least 0.`);
}

/** @throws RangeError unless `value` is in [0, 1) */
export function checkFraction(name: string, value: number): number {
  if (value >= 0 && value < 1) return value;
  throw new RangeError(`${name}: ${value}. Expected a number of at least 0 and below 1.`);
}

/** @throws Error when `state` is of another type of schedule */
export function checkStateType(state: { readonly type: string }, type: string): void {
  if (state.type === type) return;
  throw new Error(
    `schedule: the saved run has a ${state.type} schedule. Expected ${type}. ` +
      'Resume with the saved schedule, or start a new run from its weights.',
  );
}
