// Copies a strided view of a storage, PyTorch's representation of a tensor, to a contiguous row-major array.
import { describe } from './pickle.js';
import { DTYPES, elementCount, typedArray, type DType, type TypedArray } from '../named-array.js';

/** A view of a storage; strides and offset in elements. */
export interface Strided {
  dtype: DType;
  shape: readonly number[];
  strides: readonly number[];
  offset: number;
}

/** Most dimensions, as in PyTorch. */
const MOST_DIMENSIONS = 64;

/** Values of a pickle that should be numbers: lists in lists can have endless texts. */
const show = (values: readonly unknown[]): string =>
  `[${values.map((value) => (typeof value === 'number' ? value : describe(value))).join(', ')}]`;

/** @throws Error when a view has more dimensions than a tensor of PyTorch */
export function checkRank({ shape, strides }: Strided): void {
  const rank = Math.max(shape.length, strides.length);
  if (rank > MOST_DIMENSIONS)
    throw new Error(`a shape of ${rank} dimensions is invalid. Expected at most ${MOST_DIMENSIONS}.`);
}

/**
 * Validates a view and returns its number of elements.
 *
 * @param available elements in the storage
 * @throws Error when shape, strides or offset are not integers of at least 0, or exceed the storage
 */
export function checkStrided({ shape, strides, offset }: Strided, available: number): number {
  const count = elementCount(shape);
  if (count === undefined) throw new Error(`shape ${show(shape)} is invalid.`);
  if (strides.length !== shape.length || elementCount([offset]) === undefined) {
    throw new Error(
      `strides ${show(strides)} and offset ${show([offset]).slice(1, -1)} do not match shape ${show(shape)}.`,
    );
  }
  let last = offset;
  for (let i = 0; i < shape.length; i++) {
    if (!Number.isSafeInteger(strides[i]) || strides[i] < 0)
      throw new Error(`strides ${show(strides)} are invalid. Expected integers of at least 0.`);
    if (count > 0) last += (shape[i] - 1) * strides[i];
  }
  if (count > 0 && !(last < available)) {
    throw new Error(
      `shape ${show(shape)} with strides ${show(strides)} and offset ${offset} exceeds the ${available} elements of its storage.`,
    );
  }
  return count;
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}

/** Copies the elements of a view validated by {@link checkStrided}. */
export function toContiguous(
  { dtype, shape, strides, offset }: Strided,
  count: number,
  storage: Uint8Array,
): TypedArray {
  if (count === 0) return new DTYPES[dtype](0);
  const all = typedArray(dtype, storage);
  if (isContiguous(shape, strides)) return all.slice(offset, offset + count);

  const out = new DTYPES[dtype](count);
  const last = shape.length - 1;
  const [width, step] = [shape[last], strides[last]];
  const index = new Array<number>(shape.length).fill(0);
  for (let done = 0, row = offset; done < count;) {
    for (let i = 0, from = row; i < width; i++, from += step) out[done++] = all[from];
    // Next row: increment the index of the other dimensions, last one first.
    for (let d = last - 1; d >= 0; d--) {
      row += strides[d];
      if (++index[d] < shape[d]) break;
      row -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}

/** Negates values in place, by their sign bit or in two's complement. */
export function negate(dtype: DType, data: TypedArray): void {
  const signBit = { F16: 0x8000, BF16: 0x8000, F8_E4M3: 0x80, F8_E5M2: 0x80 }[dtype as string];
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < data.length; i++) data[i] = -data[i];
  } else if (signBit !== undefined) {
    for (let i = 0; i < data.length; i++) data[i] ^= signBit;
  } else {
    for (let i = 0; i < data.length; i++) data[i] = -data[i];
  }
}
