// Products of batches of matrices: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

/** What may follow a product, by the number that the library knows it by. */
export const ACTIVATION = { linear: 0, relu: 1, sigmoid: 2 } as const;

export interface MatmulKernels {
  /** c[i] [m, n] = activation(a[aOf[i]] · b[bOf[i]] + bias), for each i of a batch. */
  matmul(
    /** [aCount, m, k], or [aCount, k, m] with aTurned */
    a: Floats,
    /** [bCount, k, n], or [bCount, n, k] with bTurned */
    b: Floats,
    /** [n] */
    bias: Floats | undefined,
    /** [batch, m, n] */
    c: Floats,
    /** [batch] */
    aOf: Int32Array,
    bOf: Int32Array,
    aCount: number,
    bCount: number,
    m: number,
    n: number,
    k: number,
    aTurned: boolean,
    bTurned: boolean,
    /** A number of ACTIVATION. */
    activation: number,
  ): void;
}
