// Checks the saved state of a run before anything is restored from it.

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isAmount = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Kind {
  readonly expected: string;
  readonly isValid: (value: unknown) => boolean;
}
const count: Kind = { expected: 'an integer of at least 0', isValid: isCount };
const amount: Kind = { expected: 'a number of at least 0', isValid: isAmount };

/** Fields of the state by path. */
const FIELDS: Readonly<Record<string, Kind>> = {
  step: count,
  tokens: count,
  elapsed: amount,
  'trainLoss.sum': amount,
  'trainLoss.tokens': count,
  'earlyStopping.evaluationsWithoutImprovement': count,
  schedule: { expected: 'an object', isValid: isObject },
  batches: { expected: 'an object', isValid: isObject },
  dropout: {
    expected: 'an object of counts',
    isValid: (value) => isObject(value) && Object.values(value).every(isCount),
  },
  evaluationDue: { expected: 'true or false', isValid: (value) => typeof value === 'boolean' },
};

/** @throws Error naming the run and the field that is missing or out of range */
export function checkState(path: string, state: Readonly<Record<string, unknown>>): void {
  for (const [field, { expected, isValid }] of Object.entries(FIELDS)) {
    const value = field
      .split('.')
      .reduce<unknown>((part, name) => (isObject(part) ? part[name] : undefined), state);
    if (isValid(value)) continue;
    const found = value === undefined ? 'missing' : JSON.stringify(value);
    throw new Error(
      `${path}: ${field} in its state is ${found}. Expected ${expected}. Start a new run from its weights.`,
    );
  }
}
