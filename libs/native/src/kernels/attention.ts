// Attention of several heads, without a matrix of scores in memory: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

export interface AttentionKernels {
  /** softmax(q kᵀ · scale + bias) v, each head on its own slice of the width heads · headDim. */
  attentionForward(
    /** [batch, queries, width] */
    q: Floats,
    /** [batch, keys, width] */
    k: Floats,
    /** [batch, keys, width] */
    v: Floats,
    /** [batch, keys], 0 where a key is padding; undefined where none is */
    visible: Floats | undefined,
    /** [heads, queries, keys], added to the scaled scores of every sequence; undefined for none */
    bias: Floats | undefined,
    /** [batch, queries, width]; zeros for a query that sees no key */
    output: Floats,
    /** [batch, heads, queries], for the gradient; undefined where none will be asked for */
    logSums: Floats | undefined,
    batch: number,
    heads: number,
    queries: number,
    keys: number,
    /** 1 to 256 */
    headDim: number,
    /** Query i sees keys 0 … i + keys - queries only. */
    causal: boolean,
    scale: number,
    /** Dropout of weights: at least 0 and below 1. */
    rate: number,
    seed: number,
    counter: number,
  ): void;

  /** The gradients of q, k and v, and of the bias, given what the way forward was given and gave. */
  attentionBackward(
    q: Floats,
    k: Floats,
    v: Floats,
    visible: Floats | undefined,
    bias: Floats | undefined,
    output: Floats,
    logSums: Floats,
    /** [batch, queries, width] */
    dOutput: Floats,
    dq: Floats,
    dk: Floats,
    dv: Floats,
    /** [heads, queries, keys]; undefined where nobody asks for it */
    dBias: Floats | undefined,
    batch: number,
    heads: number,
    queries: number,
    keys: number,
    headDim: number,
    causal: boolean,
    scale: number,
    rate: number,
    seed: number,
    counter: number,
  ): void;

  /** As `attentionForward`, of a sequence to itself. */
  attentionPackedForward(
    /** [batch, length, 3 · width]: q, k and v side by side */
    qkv: Floats,
    visible: Floats | undefined,
    bias: Floats | undefined,
    output: Floats,
    logSums: Floats | undefined,
    batch: number,
    heads: number,
    length: number,
    headDim: number,
    causal: boolean,
    scale: number,
    rate: number,
    seed: number,
    counter: number,
  ): void;

  /** As `attentionBackward`, of a sequence to itself. */
  attentionPackedBackward(
    qkv: Floats,
    visible: Floats | undefined,
    bias: Floats | undefined,
    output: Floats,
    logSums: Floats,
    dOutput: Floats,
    /** [batch, length, 3 · width] */
    dQkv: Floats,
    dBias: Floats | undefined,
    batch: number,
    heads: number,
    length: number,
    headDim: number,
    causal: boolean,
    scale: number,
    rate: number,
    seed: number,
    counter: number,
  ): void;
}
