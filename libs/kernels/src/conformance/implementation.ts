// What the suite needs of an implementation.
import type { AnyArray, ElementType } from '../arguments.js';
import type { Kernels } from '../kernels.js';

/** Kernels and their memory. */
export interface Implementation {
  readonly kernels: Kernels;
  /** An array in memory that the kernels take. The suite keeps it and uses parts of it. */
  array(type: ElementType, length: number): AnyArray;
}
