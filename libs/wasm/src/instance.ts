// An instance of the module: its memory, and calls of its functions.
import type { Region, TensorMemory } from '@lilformer/kernels';

/** The functions of the module, in libs/native/rust/wasm. */
interface Exports {
  readonly __tls_size: WebAssembly.Global;
  readonly __tls_align: WebAssembly.Global;
  allocate(bytes: number): number;
  free(address: number, bytes: number): void;
  frame(slots: number): number;
  call(index: number): 0 | 1 | 2;
  message_address(): number;
  message_length(): number;
}

type TypedArray =
  | Float32Array<ArrayBufferLike>
  | Float64Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>;

/** An array of other memory during a call, and its copy. */
interface Copied {
  readonly array: TypedArray;
  readonly isOutput: boolean;
  readonly address: number;
  /** Undefined if the copy is in the scratch memory. */
  readonly region: Region | undefined;
}

/** Bytes of scratch memory for copies of small arrays, such as shapes. */
const SCRATCH = 2 ** 14;

/** Addresses are signed in JavaScript. */
const unsigned = (address: number): number => address >>> 0;

const amount = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;

/** The module's memory, and its functions by index. */
export class Instance implements TensorMemory {
  readonly isOneBuffer = true;
  readonly #exports: Exports;
  readonly #buffer: ArrayBufferLike;
  #slots = new Float64Array(0);
  /** The next slot to write. */
  #next = 0;
  #copied: Copied[] = [];
  readonly #scratch: number;
  /** Bytes of the scratch memory in use. */
  #used = 0;

  constructor(
    module: WebAssembly.Module,
    readonly memory: WebAssembly.Memory,
  ) {
    this.#exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
    this.#buffer = memory.buffer;
    this.#scratch = this.allocate(SCRATCH).offset;
    this.#grow(256);
  }

  allocate(bytes: number): Region {
    const address = bytes < 2 ** 31 ? unsigned(this.#exports.allocate(bytes)) : 0;
    if (address === 0) {
      throw new RangeError(
        `out of memory: ${amount(bytes)} of the ${amount(this.#buffer.byteLength)} of WebAssembly's memory`,
      );
    }
    return { buffer: this.#buffer, offset: address, bytes };
  }

  free({ offset, bytes }: Region): void {
    this.#exports.free(offset, bytes);
  }

  contains(array: ArrayBufferView): boolean {
    return array.buffer === this.#buffer;
  }

  /** Addresses of a stack and of a thread's static data, for a worker. */
  threadMemory(): { stack: number; tls: number } {
    const size = 2 ** 20;
    const { offset } = this.allocate(size);
    const { __tls_size, __tls_align } = this.#exports;
    const align = Number(__tls_align.value);
    const tls = this.allocate(Number(__tls_size.value) + align).offset;
    return { stack: offset + size, tls: Math.ceil(tls / align) * align };
  }

  /** Begins a call. */
  start(): this {
    this.#next = 0;
    // Copies of a call that failed before it was made.
    if (this.#copied.length > 0) this.#release(this.#copied.splice(0));
    return this;
  }

  number(value: number): this {
    this.#slots[this.#next++] = value;
    return this;
  }

  boolean(value: boolean): this {
    this.#slots[this.#next++] = value ? 1 : 0;
    return this;
  }

  input(array: TypedArray | undefined): this {
    this.#array(array, false);
    return this;
  }

  output(array: TypedArray | undefined): this {
    this.#array(array, true);
    return this;
  }

  inputs(arrays: readonly TypedArray[]): this {
    this.#list(arrays, false);
    return this;
  }

  outputs(arrays: readonly TypedArray[]): this {
    this.#list(arrays, true);
    return this;
  }

  /**
   * Calls a function with the arguments that were written.
   *
   * @throws Error when an argument is wrong, or when out of memory
   */
  call(index: number): number {
    const copied = this.#copied;
    if (copied.length > 0) this.#copied = [];
    try {
      if (copied.length > 1) expectDisjoint(copied);
      const outcome = this.#exports.call(index);
      if (outcome === 2) throw new Error(this.#message());
      for (const { array, isOutput, address } of copied) if (isOutput) array.set(this.#view(array, address));
      return outcome === 1 ? this.#slots[0] : 0;
    } finally {
      if (copied.length > 0) this.#release(copied);
    }
  }

  #array(array: TypedArray | undefined, isOutput: boolean): void {
    const slots = this.#slots;
    if (array === undefined) {
      slots[this.#next + 2] = -1;
    } else {
      const kind = kindOf(array);
      const offset = array.buffer === this.#buffer ? array.byteOffset : this.#copy(array, isOutput);
      slots[this.#next] = offset;
      slots[this.#next + 1] = array.length;
      slots[this.#next + 2] = kind;
    }
    this.#next += 3;
  }

  #list(arrays: readonly TypedArray[], isOutput: boolean): void {
    const needed = this.#next + 1 + 3 * arrays.length + 64;
    if (needed > this.#slots.length) this.#grow(2 * needed);
    this.#slots[this.#next++] = arrays.length;
    for (const array of arrays) this.#array(array, isOutput);
  }

  #copy(array: TypedArray, isOutput: boolean): number {
    const bytes = Math.ceil(array.byteLength / 8) * 8;
    const region = this.#used + bytes > SCRATCH ? this.allocate(bytes) : undefined;
    const address = region?.offset ?? this.#scratch + this.#used;
    if (!region) this.#used += bytes;
    this.#copied.push({ array, isOutput, address, region });
    this.#view(array, address).set(array);
    return address;
  }

  #release(copied: readonly Copied[]): void {
    this.#used = 0;
    for (const { region } of copied) if (region) this.free(region);
  }

  /** The memory at an address as an array of the same type and length. */
  #view(array: TypedArray, address: number): TypedArray {
    const Class = array.constructor as new (
      buffer: ArrayBufferLike,
      at: number,
      length: number,
    ) => TypedArray;
    return new Class(this.#buffer, address, array.length);
  }

  /** Makes the frame larger; what was written stays. */
  #grow(slots: number): void {
    const before = this.#slots.slice(0, this.#next);
    this.#slots = new Float64Array(this.#buffer as ArrayBuffer, unsigned(this.#exports.frame(slots)), slots);
    this.#slots.set(before);
  }

  #message(): string {
    const { message_address, message_length } = this.#exports;
    // TextDecoder takes no shared memory.
    return new TextDecoder().decode(
      new Uint8Array(this.#buffer, unsigned(message_address()), message_length()).slice(),
    );
  }
}

/** The number of an array's type in the module. */
function kindOf(array: TypedArray): number {
  if (array instanceof Float32Array) return 0;
  if (array instanceof Int32Array) return 1;
  if (array instanceof Uint8Array) return 2;
  if (array instanceof Float64Array) return 3;
  throw new TypeError('expected a Float32Array, a Float64Array, an Int32Array or a Uint8Array');
}

/** The module checks this for its own memory. */
function expectDisjoint(copied: readonly Copied[]): void {
  for (const [i, { array, isOutput }] of copied.entries()) {
    const end = array.byteOffset + array.byteLength;
    for (const [j, { array: other, isOutput: isBothOutputs }] of copied.entries()) {
      if (i === j || !isOutput || (isBothOutputs && j < i) || other.buffer !== array.buffer) continue;
      if (other.byteOffset < end && array.byteOffset < other.byteOffset + other.byteLength)
        throw new Error('an output array shares memory with another argument');
    }
  }
}
