// Thrift's compact protocol, as far as Parquet uses it. Fields are read by handlers and skipped otherwise, so that damaged
// or hostile data costs no more than its bytes. Source: github.com/apache/thrift, doc/specs/thrift-compact-protocol.md.

const [STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT] = Array(13).keys();
/** Parquet needs 7. */
const DEEPEST = 32;

/** Handlers by field number: each reads the value of its field. */
export type Fields = Readonly<Record<number, () => void>>;

/** Reads values at `offset`, which advances. Every read is checked against the end of the bytes. */
export class ThriftReader {
  #type = STOP;
  #depth = 0;

  constructor(
    private readonly bytes: Buffer,
    public offset = 0,
  ) {}

  /** Reads a struct; skips the fields without a handler. */
  struct(fields: Fields): void {
    if (++this.#depth > DEEPEST) throw new Error('its metadata is nested too deeply');
    for (let id = 0; ;) {
      const header = this.#byte();
      const type = header & 15;
      if (type === STOP) break;
      id = header >> 4 ? id + (header >> 4) : this.#zigzag();
      this.#type = type;
      if (Object.hasOwn(fields, id)) fields[id]();
      else this.#skip(type);
    }
    this.#depth--;
  }

  /** An integer; exact up to 2^53. */
  integer(): number {
    if (this.#type === BYTE) return (this.#byte() << 24) >> 24;
    this.#expect(I16, I32, I64);
    return this.#zigzag();
  }

  boolean(): boolean {
    this.#expect(TRUE, FALSE);
    return this.#type === TRUE;
  }

  text(): string {
    this.#expect(BINARY);
    const length = this.#varint();
    return this.bytes.toString('utf8', this.offset, this.#advance(length));
  }

  /** Reads a list of structs. */
  structs(readStruct: (index: number) => void): void {
    this.#expect(LIST);
    const { type, size } = this.#listHeader();
    for (let i = 0; i < size; i++) {
      this.#type = type;
      this.#expect(STRUCT);
      readStruct(i);
    }
  }

  /** A struct as the value of a field. */
  nested(fields: Fields): void {
    this.#expect(STRUCT);
    this.struct(fields);
  }

  #skip(type: number): void {
    switch (type) {
      case TRUE:
      case FALSE:
        return;
      case BYTE:
        this.#advance(1);
        return;
      case I16:
      case I32:
      case I64:
        this.#varint();
        return;
      case DOUBLE:
        this.#advance(8);
        return;
      case BINARY:
        this.#advance(this.#varint());
        return;
      case STRUCT:
        this.struct({});
        return;
      case LIST:
      case SET: {
        if (++this.#depth > DEEPEST) throw new Error('its metadata is nested too deeply');
        const { type: element, size } = this.#listHeader();
        for (let i = 0; i < size; i++) this.#skip(element === TRUE || element === FALSE ? BYTE : element);
        this.#depth--;
        return;
      }
      case MAP: {
        if (this.#varint() > 0) throw new Error('its metadata has a map, which Parquet does not use');
        return;
      }
      default:
        throw new Error(`its metadata has a value of unknown type ${type}`);
    }
  }

  /** Every element takes a byte at least, so that the size is checked before anything is allocated. */
  #listHeader(): { type: number; size: number } {
    const header = this.#byte();
    const size = header >> 4 === 15 ? this.#varint() : header >> 4;
    if (size > this.bytes.length - this.offset)
      throw new Error(`its metadata has a list of ${size} values, more than fit`);
    return { type: header & 15, size };
  }

  #expect(...types: number[]): void {
    if (!types.includes(this.#type))
      throw new Error('its metadata has a value of another type than expected');
  }

  #byte(): number {
    return this.bytes[this.#advance(1) - 1];
  }

  /** Moves on; returns the new offset. */
  #advance(count: number): number {
    if (count > this.bytes.length - this.offset) throw new Error('its metadata ends too early');
    return (this.offset += count);
  }

  #varint(): number {
    for (let [value, scale] = [0, 1]; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (scale > 2 ** 62) throw new Error('its metadata has a number of more than 64 bits');
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }
}
