// What an operation of the backend is. Leaves out which there are: the other files of this folder.
import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';

/** What tfjs calls a kernel with. */
export interface Call {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs?: tf.NamedAttrMap;
  readonly backend: NativeBackend;
}

/** A kernel of tfjs on native functions; undefined where it leaves this call to cpu's kernel of the same name. */
export type Operation = (call: Call) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/** Operations by the names that tfjs has for them. */
export type Operations = Readonly<Record<string, Operation>>;

/** The float32 numbers of a tensor of that type. */
export function floats(backend: NativeBackend, { dataId }: tf.TensorInfo): Float32Array {
  return backend.values(dataId) as Float32Array;
}

/** Product of a shape, or of a part of it. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const each of shape) size *= each;
  return size;
}
