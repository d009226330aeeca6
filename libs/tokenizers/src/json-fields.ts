// Typed access to the fields of a JSON object. Errors name file and field: `tokenizer.json: "model.vocab" is missing. Expected …`.

/** A value as shown in an error message, at most 60 characters. */
export function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Whether a value is a non-negative integer below 2^31 - 1. */
export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 0x7fffffff;
}

/** Paths of nested objects, such as normalizers in a sequence in a sequence, are shorter. */
const MAX_PATH = 10_000;

/** Longest prefix or suffix of the parts of a word: each character of a text may get one. */
const MAX_AFFIX = 64;

/** Tokenizers have less than 20. */
const MAX_STEPS = 100;

/** A JSON object whose fields are checked when they are read. */
export class JsonFields {
  readonly record: Readonly<Record<string, unknown>>;

  /**
   * @param file name of the file for error messages
   * @param path of the object in the file, such as `model`; empty for the whole file
   * @throws Error when `value` is not an object
   */
  constructor(
    readonly file: string,
    readonly path: string,
    value: unknown,
  ) {
    if (path.length > MAX_PATH) throw new Error(`${file}: nested too deeply. Expected a tokenizer file.`);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Error(`${file}: ${path && `"${path}" `}is ${show(value)}. Expected a JSON object.`);
    }
    this.record = value as Record<string, unknown>;
  }

  /** Full name of a field, or of this object. */
  name(key?: string): string {
    const path = [this.path, key].filter((part) => part).join('.');
    return `${this.file}: ${path && `"${path}"`}`;
  }

  /** @throws Error saying what the field holds and what was expected */
  fail(key: string, expected: string): never {
    throw new Error(`${this.name(key)} is ${show(this.record[key])}. Expected ${expected}.`);
  }

  /** @throws Error naming the unsupported `type` of this object and the supported ones */
  unsupported(supported: string): never {
    throw new Error(`${this.name()} ${show(this.record.type)} is not supported. Expected ${supported}.`);
  }

  isNull(key: string): boolean {
    return this.record[key] === undefined || this.record[key] === null;
  }

  object(key: string): JsonFields {
    return new JsonFields(this.file, this.path ? `${this.path}.${key}` : key, this.record[key]);
  }

  /** Undefined when the field is absent or null. */
  optionalObject(key: string): JsonFields | undefined {
    return this.isNull(key) ? undefined : this.object(key);
  }

  array(key: string): unknown[] {
    const value = this.record[key];
    return Array.isArray(value) ? value : this.fail(key, 'an array');
  }

  /** The elements of an array of objects. */
  objects(key: string): JsonFields[] {
    return this.array(key).map(
      (value, i) => new JsonFields(this.file, `${this.path && `${this.path}.`}${key}[${i}]`, value),
    );
  }

  /** The steps of a sequence, each of which passes over the whole text. */
  steps(key: string): JsonFields[] {
    const { length } = this.array(key);
    if (length <= MAX_STEPS) return this.objects(key);
    throw new Error(`${this.name(key)} has ${length} entries. Expected at most ${MAX_STEPS}.`);
  }

  boolean(key: string, fallback: boolean): boolean {
    if (this.isNull(key)) return fallback;
    const value = this.record[key];
    return typeof value === 'boolean' ? value : this.fail(key, 'true or false');
  }

  /** A string, or null when the field is absent. */
  string(key: string): string | null {
    if (this.isNull(key)) return null;
    const value = this.record[key];
    return typeof value === 'string' ? value : this.fail(key, 'a string or null');
  }

  /** A prefix or suffix of the parts of a word, or null when the field is absent. */
  affix(key: string): string | null {
    const affix = this.string(key);
    return affix !== null && affix.length > MAX_AFFIX
      ? this.fail(key, `at most ${MAX_AFFIX} characters`)
      : affix;
  }

  /** A token id. */
  id(key: string): number {
    const value = this.record[key];
    return isId(value) ? value : this.fail(key, 'an integer of at least 0');
  }

  /** A vocabulary: token to id. */
  vocab(key: string): Map<string, number> {
    const vocab = this.object(key);
    return new Map(Object.keys(vocab.record).map((token) => [token, vocab.id(token)]));
  }
}
