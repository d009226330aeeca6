// Attention of new tokens over remembered keys and values: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

export interface CachedAttentionKernels {
  /** softmax(q kᵀ · scale + bias) v of the last `tokens` of `length` tokens, or, not causal, of any tokens. */
  cachedAttention(
    /** [batch, tokens, width = heads · headDim], or wider: then the first columns are the queries */
    q: Floats,
    /** [batch, capacity, width], of which the first `length` places count */
    keys: Floats,
    /** [batch, capacity, width] */
    values: Floats,
    /** [batch, length], 0 where a key is padding; undefined where none is */
    visible: Floats | undefined,
    /** [heads, tokens, length], added to the scaled scores of every sequence; undefined for none */
    bias: Floats | undefined,
    /** [batch, tokens, width]; zeros for a query that sees no key */
    output: Floats,
    batch: number,
    heads: number,
    tokens: number,
    length: number,
    capacity: number,
    /** 1 to 256 */
    headDim: number,
    /** Token i sees keys 0 … i + length - tokens only. */
    causal: boolean,
    scale: number,
  ): void;
}
