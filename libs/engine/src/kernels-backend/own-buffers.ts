// Ordinary memory: a buffer of its own for each region.
import type { Region, TensorMemory } from '@lilformer/kernels';

const ALIGNMENT = 64;

/** Buffers that JavaScript's garbage collector frees. Kernels in the process take arrays anywhere. */
export class OwnBuffers implements TensorMemory {
  readonly isOneBuffer = false;
  readonly #alignmentOf: (array: Float32Array) => number;

  /** @param alignmentOf number of bytes from the start of an array to the next 64-byte boundary */
  constructor(alignmentOf: (array: Float32Array) => number) {
    this.#alignmentOf = alignmentOf;
  }

  /** Regions never start at byte 0 of their buffer. */
  allocate(bytes: number): Region {
    const buffer = new ArrayBuffer(bytes + 2 * ALIGNMENT);
    return { buffer, offset: this.#alignmentOf(new Float32Array(buffer, 0, 1)) || ALIGNMENT, bytes };
  }

  free(): void {
    // The garbage collector does.
  }

  contains(): boolean {
    return true;
  }
}
