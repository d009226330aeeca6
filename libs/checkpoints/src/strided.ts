// From a storage with offset and strides, as PyTorch keeps tensors, to a dense row-major array.
import { DTYPES, elementCount, type DType, type TypedArray } from './named-array.js';

/** Where a tensor's elements are in its storage, in elements. */
export interface Strided {
  dtype: DType;
  shape: readonly number[];
  strides: readonly number[];
  offset: number;
}

/**
 * Number of elements of a strided tensor.
 *
 * @param available elements in the storage
 * @throws Error when shape, strides and offset are no whole numbers of at least 0, or reach beyond the storage.
 */
export function checkStrided({ shape, strides, offset }: Strided, available: number): number {
  const count = elementCount(shape);
  if (count === undefined || shape.length > 64)
    throw new Error(`shape [${shape.slice(0, 64).join(', ')}] is none`);
  if (strides.length !== shape.length || elementCount([offset]) === undefined) {
    throw new Error(
      `strides [${strides.join(', ')}] and offset ${offset} do not go with shape [${shape.join(', ')}]`,
    );
  }
  let last = offset;
  for (let i = 0; i < shape.length; i++) {
    if (!Number.isSafeInteger(strides[i]) || strides[i] < 0)
      throw new Error(`stride ${strides[i]} is no whole number of at least 0`);
    if (count > 0) last += (shape[i] - 1) * strides[i];
  }
  if (count > 0 && !(last < available)) {
    throw new Error(
      `shape [${shape.join(', ')}] with strides [${strides.join(', ')}] and offset ${offset} reaches beyond the ${available} elements of its storage`,
    );
  }
  return count;
}

function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}

/** Copies the elements of a tensor that {@link checkStrided} found good, in row-major order. */
export function materialise(
  { dtype, shape, strides, offset }: Strided,
  count: number,
  storage: Uint8Array,
): TypedArray {
  const kind = DTYPES[dtype];
  if (count === 0) return new kind(0);
  const all = new kind(
    storage.buffer as ArrayBuffer,
    storage.byteOffset,
    storage.byteLength / kind.BYTES_PER_ELEMENT,
  );
  if (isDense(shape, strides)) return all.slice(offset, offset + count);

  const out = new kind(count);
  const last = shape.length - 1;
  const [width, step] = [shape[last], strides[last]];
  const index = new Array<number>(shape.length).fill(0);
  for (let done = 0, row = offset; done < count;) {
    for (let i = 0, from = row; i < width; i++, from += step) out[done++] = all[from];
    // the next row: count up the other dimensions from the last
    for (let d = last - 1; d >= 0; d--) {
      row += strides[d];
      if (++index[d] < shape[d]) break;
      row -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}
