// Products of batches of matrices: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

export interface MatmulKernels {
  /**
   * c = activation(a · b + bias), matrix by matrix. Of different numbers of matrices the larger counts, and the
   * shorter list starts again.
   */
  matMul(
    /** [batchesA, m, k], or [batchesA, k, m] with transposeA */
    a: Floats,
    /** [batchesB, k, n], or [batchesB, n, k] with transposeB */
    b: Floats,
    /** [n] */
    bias: Floats | undefined,
    /** [max(batchesA, batchesB), m, n] */
    c: Floats,
    batchesA: number,
    batchesB: number,
    m: number,
    k: number,
    n: number,
    transposeA: boolean,
    transposeB: boolean,
    /** 0 relu, 1 gelu, 2 geluTanh, 3 none */
    activation: number,
  ): void;
}
