// A piece of the pool's memory, and how its memory is aligned.

/** Arrays that a tensor's numbers can be in. */
export type Numbers = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** A piece of memory that belongs to the pool. */
export interface Block {
  /** Where its aligned bytes are. */
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  /** How many there are. */
  readonly bytes: number;
  /** How many tensors have numbers in it; at 0 it is idle. */
  users: number;
  /** The array made at the last `take`, kept for the next of the same length. */
  array: Numbers;
}

/** Blocks begin at addresses that this divides: a line of the cache, and the widest vector. */
export const ALIGNMENT = 64;
