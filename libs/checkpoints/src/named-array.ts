// Arrays as files hold them: element type, shape, and the values in a typed array, row-major and contiguous. Sub-byte and
// complex types are not supported.

/** Typed array of each element type, in the order of the safetensors format. */
export const DTYPES = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  F8_E5M2: Uint8Array,
  F8_E4M3: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const;

/** Element type, by its safetensors name. */
export type DType = keyof typeof DTYPES;

export type TypedArray =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/**
 * An array as a file holds it: row-major, contiguous.
 *
 * `F16` and `BF16` are raw bits in a `Uint16Array`, the `F8` types and `BOOL` (0 or 1) a `Uint8Array`, `I64` and `U64`
 * big integers; {@link toFloat32} converts any of them to numbers.
 */
export interface NamedArray {
  dtype: DType;
  shape: readonly number[];
  data: TypedArray;
}

/** A range of indices along the first dimension. */
export interface Rows {
  readonly first: number;
  readonly count: number;
}

/**
 * The range of elements of some rows, and their shape.
 *
 * @throws RangeError when the array does not have the rows
 */
export function rowRange(
  { first, count }: Rows,
  shape: readonly number[],
): { start: number; end: number; shape: number[] } {
  const [all, ...rest] = shape;
  const valid = [first, count].every((n) => Number.isInteger(n) && n >= 0);
  if (all === undefined || !valid || first + count > all)
    throw new RangeError(
      `rows ${first} to ${first + count}: outside an array of shape [${shape.join(', ')}].`,
    );
  const size = rest.reduce((product, n) => product * n, 1);
  return { start: first * size, end: (first + count) * size, shape: [count, ...rest] };
}

export function isDType(name: unknown): name is DType {
  return typeof name === 'string' && Object.hasOwn(DTYPES, name);
}

/** Whether a value read from a checkpoint is an array, not a container. */
export function isNamedArray(value: unknown): value is NamedArray {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) === null) return false;
  const { dtype, shape, data } = value as Partial<NamedArray>;
  return isDType(dtype) && Array.isArray(shape) && data instanceof DTYPES[dtype];
}

export function bytesPerElement(dtype: DType): number {
  return DTYPES[dtype].BYTES_PER_ELEMENT;
}

/** A typed array over bytes, without a copy; `bytes` must be aligned to the element size. */
export function typedArray(dtype: DType, bytes: Uint8Array): TypedArray {
  const length = bytes.byteLength / bytesPerElement(dtype);
  return new DTYPES[dtype](bytes.buffer as ArrayBuffer, bytes.byteOffset, length);
}

/**
 * Number of elements of a shape; 1 for a scalar's `[]`.
 *
 * @returns undefined when a dimension is not an integer of at least 0, or the product is above 2^53
 */
export function elementCount(shape: readonly unknown[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || (size as number) < 0) return undefined;
    // A dimension of 0 must not hide an overflow of the others.
    if (size !== 0) count *= size as number;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return shape.includes(0) ? 0 : count;
}

/**
 * An `F32` array around `data`, which is not copied.
 *
 * @throws Error when `shape` does not have `data.length` elements
 */
export function fromFloat32(data: Float32Array, shape: readonly number[]): NamedArray {
  if (elementCount(shape) !== data.length)
    throw new Error(`shape [${shape.join(', ')}] does not match ${data.length} values.`);
  return { dtype: 'F32', shape: [...shape], data };
}
