// The kernels: one function per operation over flat arrays in row-major order and sizes. Numbers of operations, such as
// `activation`, are in operations.ts.

/** Float32 numbers. */
export type Floats = Float32Array<ArrayBufferLike>;

/** Elements of a float32, int32 or bool tensor. A bool is a byte, 0 or 1. */
export type Numbers =
  Float32Array<ArrayBufferLike> | Int32Array<ArrayBufferLike> | Uint8Array<ArrayBufferLike>;

/** Which elements a dropout removes; see `dropout`. */
interface DropoutMask {
  rate: number;
  seed: number;
  counter: number;
}

/** Arguments of every function of attention; see `attentionForward`. */
interface AttentionArguments {
  visible?: Floats | undefined;
  bias?: Floats | undefined;
  batch: number;
  heads: number;
  headDim: number;
  causal: boolean;
  scale: number;
}

/** What the gradients of attention have in common: results of the forward pass, their gradient, and that of the bias. */
interface AttentionGradients {
  output: Floats;
  logSums: Floats;
  dOutput: Floats;
  dBias?: Floats | undefined;
}

/**
 * Each function takes one object. Brackets give shapes: x [rows, inputs] has rows · inputs elements. Any size may be 0
 * unless stated otherwise.
 *
 * Functions overwrite their outputs, which must not overlap other arguments. Outputs that are not given are not
 * computed. An array of the wrong length or type, a size or number out of range, or an overlapping output throws an
 * Error before anything is written.
 *
 * `bf16` rounds the factors of matrix products to bf16; products of up to eight rows may keep them as they are.
 */
export interface Kernels {
  /**
   * y [rows, outputs] = activation(x [rows, inputs] · weightᵀ + bias), weight [outputs, inputs], bias [outputs].
   * `preActivation` [rows, outputs] receives the input of the activation. `activation` is in `ACTIVATION`.
   */
  linearForward(call: {
    x: Floats;
    weight: Floats;
    bias?: Floats | undefined;
    y: Floats;
    preActivation?: Floats | undefined;
    rows: number;
    inputs: number;
    outputs: number;
    activation: number;
    bf16: boolean;
  }): void;

  /** `linearForward` with a bf16 weight [outputs, ⌈inputs / 2⌉]: two numbers per word, the first in the lower half. */
  linearForward16(call: {
    x: Floats;
    weight: Int32Array<ArrayBufferLike>;
    bias?: Floats | undefined;
    y: Floats;
    rows: number;
    inputs: number;
    outputs: number;
    activation: number;
    bf16: boolean;
  }): void;

  /**
   * Gradients of `linearForward`: dx [rows, inputs], dWeight [outputs, inputs], dBias [outputs]. `kept` [rows, outputs]
   * is y for ReLU and the pre-activation for GELU; not needed without activation.
   */
  linearBackward(call: {
    dy: Floats;
    x: Floats;
    weight: Floats;
    kept?: Floats | undefined;
    dx?: Floats | undefined;
    dWeight?: Floats | undefined;
    dBias?: Floats | undefined;
    rows: number;
    inputs: number;
    outputs: number;
    activation: number;
    bf16: boolean;
  }): void;

  /**
   * c[i] [m, n] = activation(a[aOf[i]] · b[bOf[i]] + bias) for each i of aOf and bOf [products]. `a` holds aCount
   * matrices [m, k], or [k, m] if aTransposed; `b` holds bCount matrices [k, n], or [n, k] if bTransposed; bias [n].
   * `activation` is in `PRODUCT_ACTIVATION`.
   */
  matmul(call: {
    a: Floats;
    b: Floats;
    bias?: Floats | undefined;
    c: Floats;
    aOf: Int32Array<ArrayBufferLike>;
    bOf: Int32Array<ArrayBufferLike>;
    aCount: number;
    bCount: number;
    m: number;
    n: number;
    k: number;
    aTransposed: boolean;
    bTransposed: boolean;
    activation: number;
  }): void;

  /**
   * output = softmax(q kᵀ · scale + bias) v for each head. q and output [batch, queries, C], k and v [batch, keys, C],
   * C = heads · headDim, headDim 1 to 256; `visible` [batch, keys] is 0 for padding; bias [heads, queries, keys],
   * in which -Infinity hides a key.
   *
   * If causal, query i attends to keys 0 to i + keys - queries; requires queries ≤ keys. The output of a query without
   * visible keys is 0. `logSums` [batch, heads, queries] receives log2 of the softmax's denominator Σ exp(score), before
   * dropout, and 1e30 for a query without visible keys.
   *
   * Dropout of the weights: the mask of `dropout` with rows [batch, heads, queries rounded up to a multiple of 8] and
   * columns [keys].
   */
  attentionForward(
    call: AttentionArguments &
      DropoutMask & {
        q: Floats;
        k: Floats;
        v: Floats;
        output: Floats;
        logSums?: Floats | undefined;
        queries: number;
        keys: number;
      },
  ): void;

  /**
   * Gradients of `attentionForward` from its output and logSums: dq, dk and dv with the shapes of q, k and v, and
   * dBias [heads, queries, keys].
   */
  attentionBackward(
    call: AttentionArguments &
      AttentionGradients &
      DropoutMask & {
        q: Floats;
        k: Floats;
        v: Floats;
        dq: Floats;
        dk: Floats;
        dv: Floats;
        queries: number;
        keys: number;
      },
  ): void;

  /** `attentionForward` of a sequence to itself: qkv [batch, length, 3C] holds q, k and v side by side. */
  attentionPackedForward(
    call: AttentionArguments &
      DropoutMask & { qkv: Floats; output: Floats; logSums?: Floats | undefined; length: number },
  ): void;

  /** Gradients of `attentionPackedForward`; dQkv [batch, length, 3C]. */
  attentionPackedBackward(
    call: AttentionArguments &
      AttentionGradients &
      DropoutMask & { qkv: Floats; dQkv: Floats; length: number },
  ): void;

  /**
   * Attention of `tokens` new tokens over keys and values [batch, capacity, C], of which the first `length` positions
   * are in use, including the new tokens. output [batch, tokens, C]; q [batch, tokens, C or more], of which the first C
   * columns are read; `visible` [batch, length]; bias [heads, tokens, length]. Requires length ≤ capacity, and tokens ≤
   * length if causal.
   */
  cachedAttention(
    call: AttentionArguments & {
      q: Floats;
      keys: Floats;
      values: Floats;
      output: Floats;
      tokens: number;
      length: number;
      capacity: number;
    },
  ): void;

  /**
   * Layer norm y of the rows of x [rows, width], or of sum = x + added, all [rows, width]; weight and bias [width].
   * `added` and `sum` are given together or not at all. `statistics` [rows, 2] receives mean and 1 / √(variance +
   * epsilon) of each row.
   */
  layerNormForward(call: {
    x: Floats;
    added?: Floats | undefined;
    weight: Floats;
    bias: Floats;
    sum?: Floats | undefined;
    y: Floats;
    statistics?: Floats | undefined;
    rows: number;
    width: number;
    epsilon: number;
  }): void;

  /**
   * Gradients of layer norm of x [rows, width] (the sum, if there was one): dx [rows, width], dWeight and dBias [width].
   * `base` [rows, width] is added to dx.
   */
  layerNormBackward(call: {
    dy: Floats;
    x: Floats;
    weight: Floats;
    statistics: Floats;
    base?: Floats | undefined;
    dx: Floats;
    dWeight: Floats;
    dBias: Floats;
    rows: number;
    width: number;
  }): void;

  /** As `layerNormForward` for RMS norm; `scales` [rows] receives 1 / √(mean of squares + epsilon) of each row. */
  rmsNormForward(call: {
    x: Floats;
    added?: Floats | undefined;
    weight: Floats;
    sum?: Floats | undefined;
    y: Floats;
    scales?: Floats | undefined;
    rows: number;
    width: number;
    epsilon: number;
  }): void;

  /** As `layerNormBackward` for RMS norm. */
  rmsNormBackward(call: {
    dy: Floats;
    x: Floats;
    weight: Floats;
    scales: Floats;
    base?: Floats | undefined;
    dx: Floats;
    dWeight: Floats;
    rows: number;
    width: number;
  }): void;

  /**
   * y [tokens, width] = row ids[t] of `table` [rows, width] for each token t, plus row t mod period of `places` [period,
   * width]. Returns the index of the first id out of range, without writing anything, or -1. `period` is at least 1 if
   * there are places and tokens.
   */
  embeddingForward(call: {
    ids: Int32Array<ArrayBufferLike>;
    table: Floats;
    places?: Floats | undefined;
    y: Floats;
    tokens: number;
    rows: number;
    period: number;
    width: number;
  }): number;

  /** Gradients of `embeddingForward`. An id out of range is an error; `period` is at least 1 if dPlaces is given. */
  embeddingBackward(call: {
    ids: Int32Array<ArrayBufferLike>;
    dy: Floats;
    dTable: Floats;
    dPlaces?: Floats | undefined;
    tokens: number;
    rows: number;
    period: number;
    width: number;
  }): void;

  /**
   * Copies row index[i] of the concatenated matrices `from` to row i of the concatenated matrices `to`, all [any number
   * of rows, width]; zeros for a negative index. An index beyond the last row is an error.
   */
  gatherRows(call: {
    from: readonly Floats[];
    index: Int32Array<ArrayBufferLike>;
    to: readonly Floats[];
    width: number;
  }): void;

  /**
   * y = x · mask / (1 - rate), plus `base`, all [rows, columns]. `rate` is at least 0 and below 1; `seed` and `counter`
   * are integers from 0 to 2^53 - 1.
   *
   * The mask consists of tiles of 8 rows and 16 columns in row-major order. Column c of tile t is block 16t + c of
   * Threefry-4x32 with 12 rounds and the key (seed mod 2^32, ⌊seed / 2^32⌋, counter mod 2^32, ⌊counter / 2^32⌋). Its four
   * words hold 16 bits for each of rows 0 and 1, 2 and 3, 4 and 5, 6 and 7, the even row in the lower half. An element is
   * kept if its 16 bits are at least round(65536 · rate).
   */
  dropout(
    call: DropoutMask & { x: Floats; base?: Floats | undefined; y: Floats; rows: number; columns: number },
  ): void;

  /** sum = x + y, all of one length. */
  residualAdd(call: { x: Floats; y: Floats; sum: Floats }): void;

  /**
   * losses [rows] = log Σ exp(logits) - logits[target] of the rows of logits [rows, classes], 0 where the target is
   * `ignored`; `logSums` [rows] receives log Σ exp(logits). Returns the sum of the losses. Another target that is not 0
   * to classes - 1 is an error.
   */
  crossEntropyForward(call: {
    logits: Floats;
    targets: Int32Array<ArrayBufferLike>;
    losses: Floats;
    logSums?: Floats | undefined;
    rows: number;
    classes: number;
    ignored: number;
  }): number;

  /**
   * dx [rows, classes] = dy · share · (softmax(logits) - one-hot target), 0 in rows whose target is `ignored`; dy [rows]
   * or [1].
   */
  crossEntropyBackward(call: {
    logits: Floats;
    targets: Int32Array<ArrayBufferLike>;
    logSums: Floats;
    dy: Floats;
    dx: Floats;
    rows: number;
    classes: number;
    ignored: number;
    share: number;
  }): void;

  /**
   * The sum of the losses of the logits x [rows, inputs] · weightᵀ + bias, weight [classes, inputs], bias [classes], and
   * the gradients of `share` times that sum. Does not hold all logits in memory.
   */
  linearCrossEntropy(call: {
    x: Floats;
    weight: Floats;
    bias?: Floats | undefined;
    targets: Int32Array<ArrayBufferLike>;
    dx?: Floats | undefined;
    dWeight?: Floats | undefined;
    dBias?: Floats | undefined;
    rows: number;
    inputs: number;
    classes: number;
    ignored: number;
    share: number;
    bf16: boolean;
  }): number;

  /**
   * PyTorch's RNN (tanh or ReLU) or GRU over x [batch, steps, inputs], of `kind` in `RECURRENT`. With G = 1, or 3 for a
   * GRU's r, z and n: weightIh [G · hidden, inputs], weightHh [G · hidden, hidden], biasIh and biasHh [G · hidden], initial
   * `state` [batch, hidden] (default 0). `output` [batch, steps, hidden] receives all states and `last` [batch, hidden]
   * the final one. A GRU saves r, z, n and weightHh · h + biasHh of n in `kept` [batch, steps, 4 · hidden] for its
   * gradients; `kept` of an RNN is empty. `hidden` is at least 1.
   */
  recurrentForward(call: {
    x: Floats;
    weightIh: Floats;
    weightHh: Floats;
    biasIh?: Floats | undefined;
    biasHh?: Floats | undefined;
    state?: Floats | undefined;
    output: Floats;
    last: Floats;
    kept?: Floats | undefined;
    batch: number;
    steps: number;
    inputs: number;
    hidden: number;
    kind: number;
  }): void;

  /** Gradients of `recurrentForward` from those of `output` and `last` (default 0). A GRU needs `kept`. */
  recurrentBackward(call: {
    x: Floats;
    weightIh: Floats;
    weightHh: Floats;
    state?: Floats | undefined;
    output: Floats;
    kept?: Floats | undefined;
    dOutput?: Floats | undefined;
    dLast?: Floats | undefined;
    dX: Floats;
    dWeightIh: Floats;
    dWeightHh: Floats;
    dBiasIh?: Floats | undefined;
    dBiasHh?: Floats | undefined;
    dState?: Floats | undefined;
    batch: number;
    steps: number;
    inputs: number;
    hidden: number;
    kind: number;
  }): void;

  /** The sum of the squares of all elements, in float64. */
  sumOfSquares(call: { arrays: readonly Floats[] }): number;

  /**
   * A step of Adam or AdamW in place: `weights` and the moments `first` and `second` of each parameter. `factors`
   * [parameters, 2]: learningRate / (1 - beta1^step) and 1 / √(1 - beta2^step). `shrink` is the factor on the weights
   * (AdamW: 1 - learningRate · weightDecay), `l2` the L2 penalty (Adam), `scale` a factor on the gradients.
   */
  adamStep(call: {
    gradients: readonly Floats[];
    factors: Float64Array<ArrayBufferLike>;
    weights: readonly Floats[];
    first: readonly Floats[];
    second: readonly Floats[];
    beta1: number;
    beta2: number;
    epsilon: number;
    shrink: number;
    l2: number;
    scale: number;
  }): void;

  /** A step of SGD with momentum in place: `weights` and `velocity`. `scale` is a factor on the gradients. */
  sgdStep(call: {
    gradients: readonly Floats[];
    weights: readonly Floats[];
    velocity: readonly Floats[];
    learningRate: number;
    momentum: number;
    weightDecay: number;
    scale: number;
  }): void;

  /** y = f(x), of one length. `kind` is in `ACTIVATION`, except `none`. */
  activationForward(call: { x: Floats; y: Floats; kind: number }): void;

  /** dx = dy · f'(x), all of one length. */
  activationBackward(call: { dy: Floats; x: Floats; dx: Floats; kind: number }): void;

  /**
   * y [sizes] = f(a, b). Operand a varies along the dimensions whose bit is set in aVaries (bit 0: the first dimension)
   * and is repeated along the others; b likewise. At most 32 dimensions. `operation` is in the table of `BINARY` for the
   * types of operands and result.
   */
  binary(call: {
    a: Numbers;
    b: Numbers;
    y: Numbers;
    sizes: Int32Array<ArrayBufferLike>;
    operation: number;
    aVaries: number;
    bVaries: number;
  }): void;

  /**
   * y = f(x), of one length, with the parameters p and q of some functions. `operation` is in the table of `UNARY` for
   * the types of x and y.
   */
  unary(call: { x: Numbers; y: Numbers; operation: number; p: number; q: number }): void;

  /** y = yes where the condition is 1, no elsewhere; all of one length. */
  select(call: { condition: Uint8Array<ArrayBufferLike>; yes: Numbers; no: Numbers; y: Numbers }): void;

  /** y [indices, depth] = `on` at the index of each row, `off` elsewhere and in rows whose index is out of range. */
  oneHot(call: {
    indices: Int32Array<ArrayBufferLike>;
    y: Numbers;
    depth: number;
    on: number;
    off: number;
  }): void;

  /** y += x, of one length. */
  accumulate(call: { x: Floats; y: Floats }): void;

  /**
   * y [planes, columns] = x [planes, rows, columns] reduced over the rows, at least one, by `operation` in `REDUCTION`.
   * Sums of floats are multiplied by `scale`; products of floats require columns = 1; bools have maximum and minimum.
   */
  reduce(call: {
    x: Numbers;
    y: Numbers;
    operation: number;
    planes: number;
    rows: number;
    columns: number;
    scale: number;
  }): void;

  /**
   * y = the sums, or products, of each row of x [planes, rows, columns] and all rows before it, or after it if
   * `reverse`; without the row itself if `exclusive`. `operation` is sum or product of `REDUCTION`. Not for bools.
   */
  cumulate(call: {
    x: Numbers;
    y: Numbers;
    operation: number;
    planes: number;
    rows: number;
    columns: number;
    exclusive: boolean;
    reverse: boolean;
  }): void;

  /**
   * y [rows] = index of the first maximum, or minimum if `smallest`, of each row of x [rows, columns]; at least one
   * column. NaN is never chosen, except that a row that starts with NaN gives 0. Not for bools.
   */
  argExtremum(call: {
    x: Numbers;
    y: Int32Array<ArrayBufferLike>;
    rows: number;
    columns: number;
    smallest: boolean;
  }): void;

  /** y = softmax of each row of x, both [rows, columns]. */
  softmaxRows(call: { x: Floats; y: Floats; rows: number; columns: number }): void;

  /** Dimension d of y is dimension order[d] of x [shape]; at most 32 dimensions. Not for bools. */
  transpose(call: {
    x: Numbers;
    y: Numbers;
    shape: Int32Array<ArrayBufferLike>;
    order: Int32Array<ArrayBufferLike>;
  }): void;

  /**
   * Copies a part of x to a part of y. `parts` [3, dimensions] are their common sizes, the strides of x, which may be 0 or
   * negative, and the strides of y, which are in row-major order. At most 32 dimensions.
   */
  copy(call: {
    x: Numbers;
    y: Numbers;
    parts: Float64Array<ArrayBufferLike>;
    xStart: number;
    yStart: number;
  }): void;

  /**
   * y [batch, outer, indices, inner] = x [batch, outer, rows, inner] at the indices [batch, indices] of its rows. Returns
   * false, without writing anything, if an index is out of range.
   */
  gather(call: {
    x: Numbers;
    indices: Int32Array<ArrayBufferLike>;
    y: Numbers;
    batch: number;
    outer: number;
    rows: number;
    inner: number;
  }): boolean;
}
