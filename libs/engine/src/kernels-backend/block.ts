// A block of pooled memory.

/** Arrays of tensor elements. */
export type Numbers =
  Float32Array<ArrayBufferLike> | Int32Array<ArrayBufferLike> | Uint8Array<ArrayBufferLike>;

/** A block of pooled memory. */
export interface Block {
  /** Its aligned bytes: `bytes` bytes from `offset`. */
  readonly buffer: ArrayBufferLike;
  readonly offset: number;
  readonly bytes: number;
  /** Whether it is a part of a slab. */
  readonly isLarge: boolean;
  /** Number of tensors that use it; 0 if idle. */
  users: number;
  /** The array of the last `take`, reused for the same length. */
  array: Numbers;
}

/** Alignment of blocks in bytes: a cache line, and the widest vector. */
export const ALIGNMENT = 64;
