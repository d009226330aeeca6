// Small checks for JSON that somebody else wrote. Each error says where in the file, what was there, what was expected.

/** A value as an error message shows it: short, and never a whole file. */
export function where(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

export function expectRecord(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${name}: ${where(value)} given, expected a JSON object`);
  }
  return value as Record<string, unknown>;
}

export function expectArray(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${name}: ${where(value)} given, expected an array`);
  return value;
}

export function expectStrings(value: unknown, name: string): string[] {
  return expectArray(value, name).map((entry, i) => {
    if (typeof entry !== 'string')
      throw new Error(`${name}, entry ${i}: ${where(entry)} given, expected a string`);
    return entry;
  });
}

/** A boolean, or its default where it is absent or null. */
export function expectBoolean(value: unknown, fallback: boolean, name: string): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'boolean') throw new Error(`${name}: ${where(value)} given, expected true or false`);
  return value;
}

/** A string, or null where it is absent. */
export function expectText(value: unknown, name: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new Error(`${name}: ${where(value)} given, expected a string or null`);
  return value;
}

/** A whole number from 0 to 2^31 - 2, which is what ids have to be. */
export function expectId(value: unknown, name: string): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 0x7ffffffe) {
    throw new Error(`${name}: ${where(value)} given, expected a whole number of at least 0`);
  }
  return value as number;
}
