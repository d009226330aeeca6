// Reads Python's pickles (protocols 0 to 5) to plain values, without running any code: only functions in the caller's table
// are called; the caller decides which other names are errors and which are skipped. Memory and time are bounded by a budget.
// Not supported: extension codes and out-of-band buffers. The opcodes are those of Python's pickletools.py.
import { fromLatin1 } from '../files/latin1.js';

/** A class or function that a pickle may refer to. */
export class PickleName {
  constructor(
    /** As in Python, such as `torch._utils._rebuild_tensor_v2`. */
    readonly name: string,
    /** Builds the value of a call; undefined when calls are errors. */
    readonly call?: (args: unknown[]) => unknown,
    /** Applies the state of a BUILD opcode to a built value. */
    readonly build?: (value: unknown, state: unknown) => void,
  ) {}
}

/** The end of errors about what a pickle refers to. */
export const EXPECTED = 'Expected only tensors and plain containers; pickled code is never run.';

/** A value that is no plain data, such as an object of a user-defined class. Only its name is known; nothing is built. */
export class Skipped {
  constructor(readonly name: string) {}
}

/** Resolves the references of a pickle. */
export interface PickleResolver {
  /** The value of a name: a {@link PickleName}, a plain value, or {@link Skipped}; undefined makes it an error. */
  resolve(module: string, name: string): unknown;
  /** The value of a persistent id. */
  persistent(id: unknown): unknown;
  /** Reports that something is left out of the result. */
  skip(what: string): void;
}

/** A Python dict: an object without prototype, so that `__proto__` is an ordinary key. */
export type PickleDict = Record<string, unknown>;

/** The bytes end before the pickle does. */
export class PickleTooShort extends Error {}

/** Whether a value was a Python dict. */
export function isDict(value: unknown): value is PickleDict {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

export function newDict(): PickleDict {
  return Object.create(null) as PickleDict;
}

/** A value in an error message. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value instanceof PickleName || value instanceof Skipped) return value.name;
  if (Array.isArray(value)) return 'a list or tuple';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Set) return 'a set';
  if (isDict(value)) return 'a dict';
  return typeof value === 'object' ? 'a tensor' : `${typeof value} ${String(value).slice(0, 40)}`;
}

export function expectList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${describe(value)} instead of a list.`);
  return value;
}

/** Longest integer, in bytes or digits: converting digits to a number takes quadratic time. */
const LONGEST_INTEGER = 1024;

function toInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function littleEndianInteger(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  let digits = '0x';
  for (const byte of bytes.toReversed()) digits += byte.toString(16).padStart(2, '0');
  return toInteger(BigInt.asIntN(bytes.length * 8, BigInt(digits)));
}

function textInteger(text: string): number | bigint {
  const digits = text.replace(/L$/, '');
  if (!/^[+-]?\d+$/.test(digits) || digits.length > LONGEST_INTEGER)
    throw new Error(`${JSON.stringify(text.slice(0, 40))} instead of an integer.`);
  return toInteger(BigInt(digits.replace(/^\+/, '')));
}

function textFloat(text: string): number {
  if (/^[+-]?(inf|nan)$/.test(text)) return Number(text.replace('inf', 'Infinity').replace(/.*nan/, 'NaN'));
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    throw new Error(`${JSON.stringify(text.slice(0, 40))} instead of a float.`);
  return Number(text);
}

/** Resolves the escapes of a protocol 0 Unicode string. */
function unescapeUnicode(line: string): string {
  return line.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g,
    (escape, short?: string, long?: string) => {
      const codePoint = parseInt(short ?? long!, 16);
      if (codePoint > 0x10ffff) throw new Error(`${escape} is not a Unicode character.`);
      return String.fromCodePoint(codePoint);
    },
  );
}

/** A Python 2 string literal, as in protocol 0. */
function unquote(line: string): string {
  const quoteMark = line[0];
  if (line.length < 2 || (quoteMark !== "'" && quoteMark !== '"') || line.at(-1) !== quoteMark)
    throw new Error('a string without quotes.');
  const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' };
  return line
    .slice(1, -1)
    .replace(/\\(x[0-9a-fA-F]{2}|.)/g, (whole, code: string) =>
      code.length === 3 ? String.fromCharCode(parseInt(code.slice(1), 16)) : (escapes[code] ?? whole),
    );
}

/** A dictionary key as a property name: numbers as their digits, True, False and None as Python writes them; else undefined. */
export function keyOf(key: unknown): string | undefined {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'bigint') return String(key);
  if (typeof key === 'boolean') return key ? 'True' : 'False';
  return key === null ? 'None' : undefined;
}

/** Estimated bytes of values, in the heap of V8. `first`: the room that a list gets with its first item. */
const COST = { opcode: 4, slot: 8, container: 40, first: 144, dict: 200, entry: 64, memo: 32 };
/** Memory of a growing list relative to its length, with the copies that are not collected yet. */
const GROWING = 3;

function costOf(value: unknown): number {
  if (Array.isArray(value)) return COST.container + COST.slot * value.length;
  if (typeof value === 'string') return COST.container / 2 + 2 * value.length;
  if (typeof value === 'bigint') return COST.container + LONGEST_INTEGER;
  if (value instanceof Uint8Array) return 2 * COST.container + value.length;
  if (value instanceof Skipped) return COST.container + value.name.length;
  if (value instanceof Set) return 4 * COST.container + COST.entry * value.size;
  if (isDict(value)) return COST.dict + COST.entry * Object.keys(value).length;
  return COST.container;
}

/** Reads the arguments of opcodes. @throws PickleTooShort at the end of the bytes */
class PickleReader {
  position = 0;
  private readonly view: DataView;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Advances by `length` bytes and returns the position before. */
  private take(length: number): number {
    const start = this.position;
    if (length > this.bytes.length - start) throw new PickleTooShort('the pickle is truncated.');
    this.position = start + length;
    return start;
  }

  byte = (): number => this.bytes[this.take(1)];
  uint16 = (): number => this.view.getUint16(this.take(2), true);
  int32 = (): number => this.view.getInt32(this.take(4), true);
  uint32 = (): number => this.view.getUint32(this.take(4), true);
  uint64 = (): number => Number(this.view.getBigUint64(this.take(8), true));
  float64 = (): number => this.view.getFloat64(this.take(8), false);

  slice(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  copy(length: number): Uint8Array {
    return new Uint8Array(this.slice(length));
  }

  utf8(length: number): string {
    return this.decoder.decode(this.slice(length));
  }

  latin1(length: number): string {
    if (length < 0) throw new Error(`a string of ${length} bytes.`);
    return fromLatin1(this.slice(length));
  }

  /** A line; `latin1` for strings whose other characters are escaped. */
  line(encoding: 'utf8' | 'latin1' = 'utf8'): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end === -1) throw new PickleTooShort('the pickle is truncated.');
    const line = this[encoding](end - this.position);
    this.position = end + 1;
    return line;
  }

  integer(length: number): number | bigint {
    if (length < 0 || length > LONGEST_INTEGER) throw new Error(`an integer of ${length} bytes.`);
    return littleEndianInteger(this.slice(length));
  }
}

const UNSUPPORTED: Record<string, string> = {
  '\x82': 'uses an extension code (EXT1)',
  '\x83': 'uses an extension code (EXT2)',
  '\x84': 'uses an extension code (EXT4)',
  '\x97': 'uses a buffer outside the file (NEXT_BUFFER)',
  '\x98': 'uses a buffer outside the file (READONLY_BUFFER)',
  P: 'uses a textual persistent id (PERSID)',
};

/** The stack machine that executes one pickle. */
class PickleMachine {
  private readonly stack: unknown[] = [];
  /** Heights of the stack at the marks, and at the last of them. */
  private readonly marks: number[] = [];
  private mark = 0;
  /** The largest height so far. */
  private deepest = 0;
  private readonly memo = new Map<number, unknown>();
  /** Keys of each dict that were not strings. */
  private readonly otherKeys = new Map<PickleDict, Set<string>>();
  private readonly builders = new Map<unknown, (value: unknown, state: unknown) => void>();

  constructor(
    private readonly reader: PickleReader,
    private readonly resolver: PickleResolver,
    private budget: number,
  ) {}

  private spend(bytes: number): void {
    this.budget -= bytes;
    if (this.budget < 0)
      throw new Error('the pickle builds far more than a file of this size holds. It is damaged or hostile.');
  }

  run(): unknown {
    for (;;) {
      this.spend(COST.opcode);
      const opcode = String.fromCharCode(this.reader.byte());
      if (opcode === '.') {
        const value = this.pop();
        if (this.stack.length || this.marks.length)
          throw new Error('the pickle ends with values on the stack.');
        return value;
      }
      const execute = this.opcodes[opcode];
      if (!execute) {
        const code = `0x${opcode.charCodeAt(0).toString(16)}`;
        const reason = UNSUPPORTED[opcode] ?? `has ${code} instead of an opcode`;
        throw new Error(`${reason}, which is not supported. The file is not plain data, or damaged.`);
      }
      execute();
    }
  }

  private pop(): unknown {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  private top(): unknown {
    if (this.stack.length === this.mark) throw new Error('the pickle pops from an empty stack.');
    return this.stack[this.stack.length - 1];
  }

  private push(value: unknown): void {
    this.stack.push(value);
    if (this.stack.length <= this.deepest) return;
    this.deepest = this.stack.length;
    this.spend(GROWING * COST.slot);
  }

  /** Pushes a value that takes memory of its own. */
  private pushNew(value: unknown): void {
    this.spend(costOf(value));
    this.push(value);
  }

  private pushNumber(value: number | bigint | boolean): void {
    if (typeof value === 'bigint') this.pushNew(value);
    else this.push(value);
  }

  private memoize(index: number): void {
    this.spend(COST.memo);
    this.memo.set(index, this.top());
  }

  /** Pops the values since the last mark, and the mark. */
  private popMark(): unknown[] {
    const below = this.marks.pop();
    if (below === undefined) throw new Error('the pickle pops to a mark that is not set.');
    const items = this.stack.splice(this.mark);
    this.mark = below;
    return items;
  }

  /** The last `count` values, first one first. */
  private popTuple(count: number): unknown[] {
    const values = new Array<unknown>(count);
    for (let i = count - 1; i >= 0; i--) values[i] = this.pop();
    return values;
  }

  private recall(index: number): void {
    if (!this.memo.has(index))
      throw new Error(`the pickle refers to value ${index}, which is not in its memo.`);
    this.push(this.memo.get(index));
  }

  private resolve(module: unknown, name: unknown): unknown {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw new Error('a class name is not a string.');
    const value = this.resolver.resolve(module, name);
    if (value === undefined) {
      throw new Error(`refers to ${JSON.stringify(`${module}.${name}`.slice(0, 200))}. ${EXPECTED}`);
    }
    return value;
  }

  private extend(items: unknown[]): void {
    this.spend(items.length * COST.slot);
    if (this.top() instanceof Skipped) return;
    const list = expectList(this.top());
    if (list.length === 0) this.spend(COST.first);
    for (const item of items) list.push(item);
  }

  private setItems(dict: unknown, items: unknown[]): void {
    if (dict instanceof Skipped) return;
    if (!isDict(dict)) throw new Error(`${describe(dict)} instead of a dict.`);
    if (items.length % 2) throw new Error('a dictionary key without a value.');
    this.spend((items.length / 2) * COST.entry);
    for (let i = 0; i < items.length; i += 2) {
      const key = keyOf(items[i]);
      if (key === undefined) {
        this.resolver.skip(`an item with ${describe(items[i])} as its key`);
        continue;
      }
      const isString = typeof items[i] === 'string';
      const others = this.otherKeys.get(dict) ?? new Set();
      // 1 and "1" would become the same key.
      if (isString ? others.has(key) : key in dict && !others.has(key)) {
        this.resolver.skip(`the second of ${key} and "${key}" in one dict`);
        continue;
      }
      if (!isString) this.otherKeys.set(dict, others.add(key));
      dict[key] = items[i + 1];
    }
  }

  private call(target: unknown, args: unknown): void {
    if (target instanceof Skipped) return this.push(target);
    if (!(target instanceof PickleName) || !target.call)
      throw new Error(`calls ${describe(target)}, which is not a function.`);
    const value = target.call(expectList(args));
    if (target.build) this.builders.set(value, target.build);
    this.pushNew(value);
  }

  /** An object that only user-defined classes need this opcode for. */
  private pushObject(target: unknown, opcode: string): void {
    if (!(target instanceof Skipped))
      throw new Error(`creates an object of ${describe(target)} (${opcode}), which is not supported.`);
    this.push(target);
  }

  private build(value: unknown, state: unknown): void {
    // Attributes of an OrderedDict (a state dict has `_metadata`) have no place in a plain dict.
    if (isDict(value) || value instanceof Skipped) return;
    const build = this.builders.get(value);
    if (!build) throw new Error(`sets attributes of ${describe(value)}, which has none.`);
    build(value, state);
  }

  private readonly opcodes: Record<string, (() => void) | undefined> = {
    // structure
    '\x80': () => {
      const protocol = this.reader.byte();
      if (protocol > 5) throw new Error(`pickle protocol ${protocol} is not supported. Expected 0 to 5.`);
    },
    '\x95': () => this.reader.uint64(),
    '(': () => {
      this.spend(GROWING * COST.slot);
      this.marks.push(this.mark);
      this.mark = this.stack.length;
    },
    '1': () => this.popMark(),
    '0': () => this.pop(),
    '2': () => this.push(this.top()),

    // memo
    p: () => {
      const index = textInteger(this.reader.line());
      if (typeof index !== 'number' || index < 0) throw new Error('an invalid memo index.');
      this.memoize(index);
    },
    q: () => this.memoize(this.reader.byte()),
    r: () => this.memoize(this.reader.uint32()),
    '\x94': () => this.memoize(this.memo.size),
    g: () => this.recall(Number(textInteger(this.reader.line()))),
    h: () => this.recall(this.reader.byte()),
    j: () => this.recall(this.reader.uint32()),

    // None, booleans, numbers
    N: () => this.push(null),
    '\x88': () => this.push(true),
    '\x89': () => this.push(false),
    I: () => {
      const line = this.reader.line();
      this.pushNumber(line === '01' ? true : line === '00' ? false : textInteger(line));
    },
    L: () => this.pushNumber(textInteger(this.reader.line())),
    J: () => this.push(this.reader.int32()),
    K: () => this.push(this.reader.byte()),
    M: () => this.push(this.reader.uint16()),
    '\x8a': () => this.pushNumber(this.reader.integer(this.reader.byte())),
    '\x8b': () => this.pushNumber(this.reader.integer(this.reader.int32())),
    F: () => this.push(textFloat(this.reader.line())),
    G: () => this.push(this.reader.float64()),

    // strings and bytes
    S: () => this.pushNew(unquote(this.reader.line())),
    T: () => this.pushNew(this.reader.latin1(this.reader.int32())),
    U: () => this.pushNew(this.reader.latin1(this.reader.byte())),
    V: () => this.pushNew(unescapeUnicode(this.reader.line('latin1'))),
    X: () => this.pushNew(this.reader.utf8(this.reader.uint32())),
    '\x8c': () => this.pushNew(this.reader.utf8(this.reader.byte())),
    '\x8d': () => this.pushNew(this.reader.utf8(this.reader.uint64())),
    B: () => this.pushNew(this.reader.copy(this.reader.uint32())),
    C: () => this.pushNew(this.reader.copy(this.reader.byte())),
    '\x8e': () => this.pushNew(this.reader.copy(this.reader.uint64())),
    '\x96': () => this.pushNew(this.reader.copy(this.reader.uint64())),

    // containers
    ')': () => this.pushNew([]),
    ']': () => this.pushNew([]),
    t: () => this.pushNew(this.popMark()),
    l: () => this.pushNew(this.popMark()),
    '\x85': () => this.pushNew(this.popTuple(1)),
    '\x86': () => this.pushNew(this.popTuple(2)),
    '\x87': () => this.pushNew(this.popTuple(3)),
    a: () => this.extend(this.popTuple(1)),
    e: () => this.extend(this.popMark()),
    '}': () => this.pushNew(newDict()),
    d: () => {
      const items = this.popMark();
      this.pushNew(newDict());
      this.setItems(this.top(), items);
    },
    s: () => {
      const item = this.popTuple(2);
      this.setItems(this.top(), item);
    },
    u: () => {
      const items = this.popMark();
      this.setItems(this.top(), items);
    },
    '\x8f': () => this.pushNew(new Set()),
    '\x91': () => this.pushNew(new Set(this.popMark())),
    '\x90': () => {
      const items = this.popMark();
      const set = this.top();
      this.spend(items.length * COST.entry);
      if (set instanceof Skipped) return;
      if (!(set instanceof Set)) throw new Error(`${describe(set)} instead of a set.`);
      for (const item of items) set.add(item);
    },

    // names and calls
    c: () => this.pushNew(this.resolve(this.reader.line(), this.reader.line())),
    '\x93': () => {
      const [module, name] = this.popTuple(2);
      this.pushNew(this.resolve(module, name));
    },
    R: () => {
      const [target, args] = this.popTuple(2);
      this.call(target, args);
    },
    '\x81': () => {
      const [target, args] = this.popTuple(2);
      this.call(target, args);
    },
    '\x92': () => this.pushObject(this.popTuple(3)[0], 'NEWOBJ_EX'),
    b: () => {
      const state = this.pop();
      this.build(this.top(), state);
    },
    i: () => {
      const target = this.resolve(this.reader.line(), this.reader.line());
      this.popMark();
      this.pushObject(target, 'INST');
    },
    o: () => this.pushObject(this.popMark()[0], 'OBJ'),
    Q: () => this.push(this.resolver.persistent(this.pop())),
  };
}

/** Memory that a pickle in a file of this size and its values may take, in bytes: at most 4 times the size and 64 MB in all. */
export function pickleBudget(fileSize: number): number {
  return 3 * fileSize + 2 ** 25;
}

/**
 * Reads the pickle at the start of `bytes`.
 *
 * None is null; int a number (a bigint above 2^53); tuple and list an array; dict an object without prototype, other keys
 * as text; set a Set; bytes a Uint8Array.
 *
 * @param budget bytes of memory that the pickle and its values may take, as estimated
 * @returns the value, and the position after the pickle
 * @throws PickleTooShort when the bytes end first; Error naming what is unsupported or damaged
 */
export function readPickle(
  bytes: Uint8Array,
  resolver: PickleResolver,
  budget = pickleBudget(bytes.length),
): { value: unknown; end: number } {
  const reader = new PickleReader(bytes);
  const value = new PickleMachine(reader, resolver, budget - bytes.length).run();
  return { value, end: reader.position };
}
