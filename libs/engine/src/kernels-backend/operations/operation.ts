// Types and helpers of the backend's operations.
import type * as tf from '@tensorflow/tfjs-core';
import type { KernelsBackend } from '../backend.js';

/** Arguments of a tfjs kernel. */
export interface Call {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs?: tf.NamedAttrMap;
  readonly backend: KernelsBackend;
}

/** A tfjs kernel; it returns undefined to leave a call to cpu's kernel. */
export type Operation = (call: Call) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/** Operations by tfjs's kernel names. */
export type Operations = Readonly<Record<string, Operation>>;

/** The elements of a float32 tensor. */
export function floats(backend: KernelsBackend, { dataId }: tf.TensorInfo): Float32Array {
  return backend.values(dataId) as Float32Array;
}

/** The product of sizes. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const each of shape) size *= each;
  return size;
}

/** Element types that the kernels take. */
export type Numeric = 'float32' | 'int32' | 'bool';

export function isNumeric(dtype: tf.DataType): dtype is Numeric {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
}

/** The same memory as one more tensor. */
export function shared(
  backend: KernelsBackend,
  { dataId, dtype }: tf.TensorInfo,
  shape: number[],
): tf.TensorInfo {
  backend.incRef(dataId);
  return { dataId, shape, dtype };
}

/** Maximum rank of the kernels' arguments. */
const RANK = 32;

/** Arrays of every length for arguments of a call, over the same memory: a new array takes longer than a small operation. */
export const intArguments = shortArrays(Int32Array, RANK);
export const parts = shortArrays(Float64Array, 3 * RANK);

function shortArrays<Short>(
  Kind: new (buffer: ArrayBuffer, offset: number, length: number) => Short,
  length: number,
): Short[] {
  const buffer = new ArrayBuffer(8 * length);
  return Array.from({ length: length + 1 }, (_, count) => new Kind(buffer, 0, count));
}
