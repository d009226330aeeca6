// Named arrays as files know them: an element type, a shape, and the numbers in a typed array,
// row-major and densely packed. Leaves out sub-byte and complex types, and every kind of arithmetic.

/** Typed array class and element size in bytes of each element type; the order is that of the safetensors format. */
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

/** Any typed array that a {@link NamedArray} can hold. */
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
 * An array as a file holds it: row-major, dense.
 *
 * `F16` and `BF16` are the raw bits in a `Uint16Array`, the `F8` types and `BOOL` (0 or 1) a `Uint8Array`,
 * `I64` and `U64` are big-integer arrays; {@link toFloat32} turns any of them into ordinary numbers.
 */
export interface NamedArray {
  dtype: DType;
  shape: readonly number[];
  data: TypedArray;
}

/** Some rows of an array: places of its first dimension. */
export interface Rows {
  readonly first: number;
  readonly count: number;
}

/**
 * Where rows lie among an array's elements, and the shape that they have by themselves.
 * @throws RangeError when the array has no such rows
 */
export function placeOf(
  { first, count }: Rows,
  shape: readonly number[],
): { start: number; end: number; shape: number[] } {
  const [all, ...rest] = shape;
  const whole = [first, count].every((one) => Number.isInteger(one) && one >= 0);
  if (all === undefined || !whole || first + count > all) {
    throw new RangeError(
      `rows ${first} to ${first + count}: not there in an array of shape [${shape.join(', ')}]`,
    );
  }
  const size = rest.reduce((product, n) => product * n, 1);
  return { start: first * size, end: (first + count) * size, shape: [count, ...rest] };
}

/** Whether `name` is an element type that this library knows. */
export function isDType(name: unknown): name is DType {
  return typeof name === 'string' && Object.hasOwn(DTYPES, name);
}

/** Whether a value read from a file is an array rather than a container. */
export function isNamedArray(value: unknown): value is NamedArray {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) === null) return false;
  const { dtype, shape, data } = value as Partial<NamedArray>;
  return isDType(dtype) && Array.isArray(shape) && data instanceof DTYPES[dtype];
}

/** Bytes of one element. */
export function bytesPerElement(dtype: DType): number {
  return DTYPES[dtype].BYTES_PER_ELEMENT;
}

/**
 * Number of elements of a shape; a scalar's `[]` has one.
 *
 * @returns undefined where a dimension is no whole number of at least 0, or the product is beyond 2^53.
 */
export function elementCount(shape: readonly unknown[]): number | undefined {
  let count = 1;
  let empty = false;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
    if (size === 0) empty = true;
    else count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return empty ? 0 : count;
}

/**
 * An `F32` array around `data`, which is not copied.
 *
 * @throws Error when `shape` does not have exactly `data.length` elements.
 */
export function fromFloat32(data: Float32Array, shape: readonly number[]): NamedArray {
  if (elementCount(shape) !== data.length) {
    throw new Error(
      `shape [${shape.join(', ')}] given for ${data.length} numbers: their counts have to agree`,
    );
  }
  return { dtype: 'F32', shape: [...shape], data };
}
