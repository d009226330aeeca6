// Memory of tensors, beside the kernels that work in it.

/** A part of a buffer. */
export interface Region {
  readonly buffer: ArrayBufferLike;
  /** Offset of the first byte, at a 64-byte boundary of memory. */
  readonly offset: number;
  /** Number of bytes. */
  readonly bytes: number;
}

/** Where the kernels of an engine take arrays from without copying them. */
export interface TensorMemory {
  /**
   * A region with arbitrary contents.
   *
   * @throws RangeError when out of memory
   */
  allocate(bytes: number): Region;
  /** Takes back a region of `allocate`, once. */
  free(region: Region): void;
  /** Whether the kernels use this array in place. Others are copied in each call. */
  contains(array: ArrayBufferView): boolean;
  /** Whether all regions are parts of one buffer. */
  readonly isOneBuffer: boolean;
}
