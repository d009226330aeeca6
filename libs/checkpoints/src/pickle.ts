// A small machine for Python's pickles (protocols 0 to 5) that builds plain values and cannot run anything: the
// only functions it calls are the handful that its caller names, and every other class or function in the stream
// is refused by name the moment it is mentioned. Leaves out writing, extension codes, out-of-band buffers, and
// everything that only user-defined classes need.
// The opcodes are those of Python's pickletools.py.

/** A name in a pickle that may be used there: as a function, or as a mere value to pass to one. */
export class PickleName {
  constructor(
    /** As Python writes it, for messages: `torch._utils._rebuild_tensor_v2`. */
    readonly name: string,
    /** What to build from the arguments; undefined when it is never called. */
    readonly call?: (args: unknown[]) => unknown,
    /** What a BUILD makes of the built value and its state. */
    readonly build?: (value: unknown, state: unknown) => void,
  ) {}
}

/** What the names and persistent ids of a pickle mean. */
export interface PickleMeaning {
  /** The meaning of a name; undefined refuses it. */
  resolve(module: string, name: string): unknown;
  /** The meaning of a persistent id. */
  persistent(id: unknown): unknown;
}

/** A dictionary of a pickle: no prototype, so that no key means anything but itself. */
export type PickleDict = Record<string, unknown>;

/** The bytes ended before the pickle did: it may go on in bytes that have not been read yet. */
export class PickleTooShort extends Error {}

/** Whether a value came from a Python dict. */
export function isDict(value: unknown): value is PickleDict {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

/** An empty dict. */
export function newDict(): PickleDict {
  return Object.create(null) as PickleDict;
}

/** How a message calls a value. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value instanceof PickleName) return value.name;
  if (Array.isArray(value)) return 'a list or tuple';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Set) return 'a set';
  if (isDict(value)) return 'a dict';
  return typeof value === 'object' ? 'a tensor' : `${typeof value} ${String(value).slice(0, 40)}`;
}

/** Longest integer, in bytes or digits: turning digits into a number takes time that grows with their square. */
const LONGEST_INTEGER = 1024;

function toInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function littleEndianInteger(bytes: Uint8Array): number | bigint {
  if (bytes.length > LONGEST_INTEGER) throw new Error(`an integer of ${bytes.length} bytes`);
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return toInteger(BigInt.asIntN(bytes.length * 8, value));
}

function textInteger(text: string): number | bigint {
  const digits = text.replace(/L$/, '');
  if (!/^[+-]?\d+$/.test(digits) || digits.length > LONGEST_INTEGER)
    throw new Error(`${JSON.stringify(text.slice(0, 40))} for an integer`);
  return toInteger(BigInt(digits.replace(/^\+/, '')));
}

function textFloat(text: string): number {
  if (/^[+-]?(inf|nan)$/.test(text)) return Number(text.replace('inf', 'Infinity').replace(/.*nan/, 'NaN'));
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    throw new Error(`${JSON.stringify(text.slice(0, 40))} for a float`);
  return Number(text);
}

function codePoint(digits: string): string {
  const value = parseInt(digits, 16);
  if (value > 0x10ffff) throw new Error(`\\U${digits} in a text, which is no character`);
  return String.fromCodePoint(value);
}

/** A dictionary key as a property name: strings as they are, numbers as their digits. */
function keyOf(key: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'bigint') return String(key);
  throw new Error(`${describe(key)} as a dictionary key: only strings and numbers are read`);
}

/** Reads the fields of opcodes; every read is checked against the end. */
class PickleReader {
  position: number;
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    offset: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = offset;
  }

  /** Moves on by `length` bytes and returns where they start. */
  private take(length: number): number {
    const start = this.position;
    if (length > this.bytes.length - start) throw new PickleTooShort('the pickle is cut off');
    this.position = start + length;
    return start;
  }

  byte = (): number => this.bytes[this.take(1)];
  uint16 = (): number => this.view.getUint16(this.take(2), true);
  int32 = (): number => this.view.getInt32(this.take(4), true);
  uint32 = (): number => this.view.getUint32(this.take(4), true);
  float64 = (): number => this.view.getFloat64(this.take(8), false);

  /** A length of 8 bytes; beyond 2^53 it is beyond any file. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.take(8), true));
  }

  slice(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  text(length: number, encoding: 'utf-8' | 'latin1' = 'utf-8'): string {
    const bytes = this.slice(length);
    if (encoding === 'latin1') return Buffer.from(bytes).toString('latin1');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  }

  line(encoding: 'utf-8' | 'latin1' = 'utf-8'): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end === -1) throw new PickleTooShort('the pickle is cut off');
    const line = this.text(end - this.position, encoding);
    this.position = end + 1;
    return line;
  }
}

/** A Python 2 string literal, as protocol 0 writes it. */
function unquote(line: string): string {
  const quoteMark = line[0];
  if (line.length < 2 || (quoteMark !== "'" && quoteMark !== '"') || line.at(-1) !== quoteMark)
    throw new Error('a string without quotes');
  const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' };
  return line
    .slice(1, -1)
    .replace(/\\(x[0-9a-fA-F]{2}|.)/g, (whole, code: string) =>
      code.length === 3 ? String.fromCharCode(parseInt(code.slice(1), 16)) : (escapes[code] ?? whole),
    );
}

/** Runs one pickle; `end` is where the next one would start. */
class PickleMachine {
  private stack: unknown[] = [];
  private readonly marks: unknown[][] = [];
  private readonly memo = new Map<number, unknown>();

  constructor(
    private readonly reader: PickleReader,
    private readonly meaning: PickleMeaning,
  ) {}

  private pop(): unknown {
    if (this.stack.length === 0) throw new Error('the pickle takes more values than it gave');
    return this.stack.pop();
  }

  private top(): unknown {
    if (this.stack.length === 0) throw new Error('the pickle takes more values than it gave');
    return this.stack[this.stack.length - 1];
  }

  private push(value: unknown): void {
    this.stack.push(value);
  }

  /** The values since the last mark, taken off the stack with it. */
  private popMark(): unknown[] {
    const items = this.stack;
    const below = this.marks.pop();
    if (!below) throw new Error('the pickle goes back to a mark that it never set');
    this.stack = below;
    return items;
  }

  private recall(index: number): unknown {
    if (!this.memo.has(index)) throw new Error(`the pickle refers to value ${index}, which it never kept`);
    return this.memo.get(index);
  }

  private resolve(module: unknown, name: unknown): unknown {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw new Error('a class whose name is no text');
    const value = this.meaning.resolve(module, name);
    if (value === undefined) {
      throw new Error(
        `holds ${JSON.stringify(`${module}.${name}`.slice(0, 200))}, which is neither a tensor nor a plain container, and is never run`,
      );
    }
    return value;
  }

  private list(value: unknown): unknown[] {
    if (!Array.isArray(value)) throw new Error(`${describe(value)} where a list has to be`);
    return value;
  }

  private extend(items: unknown[]): void {
    const list = this.list(this.top());
    for (const item of items) list.push(item);
  }

  private setItems(dict: unknown, items: unknown[]): void {
    if (!isDict(dict)) throw new Error(`${describe(dict)} where a dict has to be`);
    if (items.length % 2) throw new Error('a dictionary key without a value');
    // a number and a string that look alike would fall together
    for (let i = 0; i < items.length; i += 2) {
      const key = keyOf(items[i]);
      const kinds = this.numberKeys.get(dict);
      if (typeof items[i] !== 'string') {
        if (key in dict && !kinds?.has(key))
          throw new Error(`dictionary keys ${key} and "${key}" in one dictionary`);
        if (kinds) kinds.add(key);
        else this.numberKeys.set(dict, new Set([key]));
      } else if (kinds?.has(key)) throw new Error(`dictionary keys ${key} and "${key}" in one dictionary`);
      dict[key] = items[i + 1];
    }
  }
  private readonly numberKeys = new Map<PickleDict, Set<string>>();

  private call(target: unknown, args: unknown): unknown {
    if (!(target instanceof PickleName) || !target.call)
      throw new Error(`calls ${describe(target)}, which is no function`);
    return target.call(this.list(args));
  }

  private build(value: unknown, state: unknown): void {
    // an OrderedDict's attributes (a state dict has `_metadata`) are nothing that a plain dict could hold
    if (isDict(value)) return;
    const build = this.builders.get(value);
    if (!build) throw new Error(`sets attributes of ${describe(value)}, which has none`);
    build(value, state);
  }
  private readonly builders = new Map<unknown, (value: unknown, state: unknown) => void>();

  run(): unknown {
    const { reader } = this;
    for (;;) {
      const opcode = reader.byte();
      if (opcode === 0x2e) {
        const value = this.pop();
        if (this.stack.length || this.marks.length) throw new Error('the pickle leaves values over');
        return value;
      }
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    const { reader } = this;
    switch (String.fromCharCode(opcode)) {
      // structure
      case '\x80': {
        const protocol = reader.byte();
        if (protocol > 5) throw new Error(`pickle protocol ${protocol}; 0 to 5 are known`);
        return;
      }
      case '\x95':
        reader.uint64();
        return;
      case '(':
        this.marks.push(this.stack);
        this.stack = [];
        return;
      case '1':
        this.popMark();
        return;
      case '0':
        this.pop();
        return;
      case '2':
        return this.push(this.top());

      // memory
      case 'p': {
        const index = textInteger(reader.line());
        if (typeof index !== 'number' || index < 0) throw new Error('a memo number that is none');
        this.memo.set(index, this.top());
        return;
      }
      case 'q':
        this.memo.set(reader.byte(), this.top());
        return;
      case 'r':
        this.memo.set(reader.uint32(), this.top());
        return;
      case '\x94':
        this.memo.set(this.memo.size, this.top());
        return;
      case 'g':
        return this.push(this.recall(Number(textInteger(reader.line()))));
      case 'h':
        return this.push(this.recall(reader.byte()));
      case 'j':
        return this.push(this.recall(reader.uint32()));

      // None, booleans, numbers
      case 'N':
        return this.push(null);
      case '\x88':
        return this.push(true);
      case '\x89':
        return this.push(false);
      case 'I': {
        const line = reader.line();
        return this.push(line === '01' ? true : line === '00' ? false : textInteger(line));
      }
      case 'L':
        return this.push(textInteger(reader.line()));
      case 'J':
        return this.push(reader.int32());
      case 'K':
        return this.push(reader.byte());
      case 'M':
        return this.push(reader.uint16());
      case '\x8a':
        return this.push(littleEndianInteger(reader.slice(reader.byte())));
      case '\x8b': {
        const length = reader.int32();
        if (length < 0 || length > LONGEST_INTEGER) throw new Error(`an integer of ${length} bytes`);
        return this.push(littleEndianInteger(reader.slice(length)));
      }
      case 'F':
        return this.push(textFloat(reader.line()));
      case 'G':
        return this.push(reader.float64());

      // texts and bytes
      case 'S':
        return this.push(unquote(reader.line()));
      case 'T': {
        const length = reader.int32();
        if (length < 0) throw new Error(`a text of ${length} bytes`);
        return this.push(reader.text(length, 'latin1'));
      }
      case 'U':
        return this.push(reader.text(reader.byte(), 'latin1'));
      case 'V':
        return this.push(
          reader
            .line('latin1')
            .replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g, (_, short?: string, long?: string) =>
              short ? String.fromCharCode(parseInt(short, 16)) : codePoint(long!),
            ),
        );
      case 'X':
        return this.push(reader.text(reader.uint32()));
      case '\x8c':
        return this.push(reader.text(reader.byte()));
      case '\x8d':
        return this.push(reader.text(reader.uint64()));
      case 'B':
        return this.push(new Uint8Array(reader.slice(reader.uint32())));
      case 'C':
        return this.push(new Uint8Array(reader.slice(reader.byte())));
      case '\x8e':
      case '\x96':
        return this.push(new Uint8Array(reader.slice(reader.uint64())));

      // containers
      case ')':
      case ']':
        return this.push([]);
      case 't':
      case 'l':
        return this.push(this.popMark());
      case '\x85':
        return this.push([this.pop()]);
      case '\x86':
      case '\x87': {
        const items = [this.pop(), this.pop()];
        if (opcode === 0x87) items.push(this.pop());
        return this.push(items.reverse());
      }
      case 'a': {
        const item = this.pop();
        return this.extend([item]);
      }
      case 'e': {
        const items = this.popMark();
        return this.extend(items);
      }
      case '}':
        return this.push(newDict());
      case 'd': {
        const items = this.popMark();
        const dict = newDict();
        this.setItems(dict, items);
        return this.push(dict);
      }
      case 's': {
        const value = this.pop();
        const key = this.pop();
        return this.setItems(this.top(), [key, value]);
      }
      case 'u': {
        const items = this.popMark();
        return this.setItems(this.top(), items);
      }
      case '\x8f':
        return this.push(new Set());
      case '\x91':
        return this.push(new Set(this.popMark()));
      case '\x90': {
        const items = this.popMark();
        const set = this.top();
        if (!(set instanceof Set)) throw new Error(`${describe(set)} where a set has to be`);
        for (const item of items) set.add(item);
        return;
      }

      // names, and the calls of those that mean something
      case 'c': {
        const module = reader.line();
        return this.push(this.resolve(module, reader.line()));
      }
      case '\x93': {
        const name = this.pop();
        return this.push(this.resolve(this.pop(), name));
      }
      case 'R':
      case '\x81': {
        const args = this.pop();
        const target = this.pop();
        const value = this.call(target, args);
        const { build } = target as PickleName;
        if (build) this.builders.set(value, build);
        return this.push(value);
      }
      case 'b': {
        const state = this.pop();
        return this.build(this.top(), state);
      }
      case 'i': {
        // only user-defined classes are made this way; the name goes into the message
        const module = reader.line();
        this.resolve(module, reader.line());
        throw new Error('makes an object of a class (INST)');
      }
      case 'Q':
        return this.push(this.meaning.persistent(this.pop()));

      default: {
        const known: Record<string, string> = {
          o: 'makes an object of a class (OBJ)',
          '\x92': 'makes an object of a class (NEWOBJ_EX)',
          '\x82': 'uses an extension code (EXT1)',
          '\x83': 'uses an extension code (EXT2)',
          '\x84': 'uses an extension code (EXT4)',
          '\x97': 'uses a buffer outside of the file (NEXT_BUFFER)',
          '\x98': 'uses a buffer outside of the file (READONLY_BUFFER)',
          P: 'uses a textual persistent id (PERSID)',
        };
        throw new Error(
          known[String.fromCharCode(opcode)] ??
            `has 0x${opcode.toString(16)} where an opcode has to be; it is no pickle or damaged`,
        );
      }
    }
  }
}

/**
 * Reads the pickle that starts at `offset`, and tells where it ends.
 *
 * None is null, int a number (a bigint beyond 2^53), tuple and list an array, dict an object without prototype
 * whose number keys are their digits, set a Set, bytes a Uint8Array.
 *
 * @throws PickleTooShort when the bytes end first; Error naming what is refused or damaged.
 */
export function readPickle(
  bytes: Uint8Array,
  meaning: PickleMeaning,
  offset = 0,
): { value: unknown; end: number } {
  const reader = new PickleReader(bytes, offset);
  const value = new PickleMachine(reader, meaning).run();
  return { value, end: reader.position };
}
