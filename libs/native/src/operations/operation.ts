// Types and helpers of the backend's operations.
import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';

/** Arguments of a tfjs kernel. */
export interface Call {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs?: tf.NamedAttrMap;
  readonly backend: NativeBackend;
}

/** A tfjs kernel; it returns undefined to leave a call to cpu's kernel. */
export type Operation = (call: Call) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/** Operations by tfjs's kernel names. */
export type Operations = Readonly<Record<string, Operation>>;

/** The elements of a float32 tensor. */
export function floats(backend: NativeBackend, { dataId }: tf.TensorInfo): Float32Array {
  return backend.values(dataId) as Float32Array;
}

/** The product of sizes. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const each of shape) size *= each;
  return size;
}
