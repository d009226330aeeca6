// The kernels of the native addon: input arrays, output arrays, then sizes and options. They check all arguments, and
// outputs must not overlap other arguments. Names equal those of the Rust functions in rust/bindings.

/** An array of float32 numbers. */
type Floats = Float32Array<ArrayBufferLike>;

/** The elements of a float32, int32 or bool tensor. */
type Numbers = Float32Array<ArrayBufferLike> | Int32Array<ArrayBufferLike> | Uint8Array<ArrayBufferLike>;

/**
 * `activation` is 0 (relu), 1 (gelu), 2 (geluTanh) or, for linear layers, 3 (none). `bf16` rounds the factors of matrix
 * products to bf16 if the processor multiplies bf16. Gradients that are undefined are not computed.
 */
export interface NativeKernels {
  /**
   * y [rows, outputs] = activation(x [rows, inputs] · weightᵀ + bias); `preActivation`, if given, receives the input
   * of the activation.
   */
  linearForward(
    x: Floats,
    weight: Floats,
    bias: Floats | undefined,
    y: Floats,
    preActivation: Floats | undefined,
    rows: number,
    inputs: number,
    outputs: number,
    activation: number,
    bf16: boolean,
  ): void;
  /** `linearForward` with a bf16 weight [outputs, ⌈inputs / 2⌉]: two numbers per word, the first in the lower half. */
  linearForward16(
    x: Floats,
    weight: Int32Array,
    bias: Floats | undefined,
    y: Floats,
    rows: number,
    inputs: number,
    outputs: number,
    activation: number,
    bf16: boolean,
  ): void;
  /** Gradients of a linear layer. `kept` is y for relu, the pre-activation for GELU. */
  linearBackward(
    dy: Floats,
    x: Floats,
    weight: Floats,
    kept: Floats | undefined,
    dx: Floats | undefined,
    dWeight: Floats | undefined,
    dBias: Floats | undefined,
    rows: number,
    inputs: number,
    outputs: number,
    activation: number,
    bf16: boolean,
  ): void;
  /**
   * c[i] [m, n] = activation(a[aOf[i]] · b[bOf[i]] + bias). `a` holds aCount matrices [m, k], or [k, m] if
   * transposed; `b` likewise. Here `activation` is a number of operations/matmul.ts.
   */
  matmul(
    a: Floats,
    b: Floats,
    bias: Floats | undefined,
    c: Floats,
    aOf: Int32Array,
    bOf: Int32Array,
    aCount: number,
    bCount: number,
    m: number,
    n: number,
    k: number,
    aTransposed: boolean,
    bTransposed: boolean,
    activation: number,
  ): void;
  /**
   * softmax(q kᵀ · scale + bias) v per head. q [batch, queries, C], k and v [batch, keys, C], C = heads · headDim,
   * headDim ≤ 256; `visible` [batch, keys], 0 for padding; `bias` [heads, queries, keys]; `logSums` [batch, heads,
   * queries] for the gradient. `rate`, `seed` and `counter` describe the dropout of weights.
   */
  attentionForward(
    q: Floats,
    k: Floats,
    v: Floats,
    visible: Floats | undefined,
    bias: Floats | undefined,
    output: Floats,
    logSums: Floats | undefined,
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
  /** Gradients of `attentionForward`; `dBias` [heads, queries, keys]. */
  attentionBackward(
    q: Floats,
    k: Floats,
    v: Floats,
    visible: Floats | undefined,
    bias: Floats | undefined,
    output: Floats,
    logSums: Floats,
    dOutput: Floats,
    dq: Floats,
    dk: Floats,
    dv: Floats,
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
  /** `attentionForward` of a sequence to itself, from qkv [batch, length, 3C]. */
  attentionPackedForward(
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
  /** Gradients of `attentionPackedForward`. */
  attentionPackedBackward(
    qkv: Floats,
    visible: Floats | undefined,
    bias: Floats | undefined,
    output: Floats,
    logSums: Floats,
    dOutput: Floats,
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
  /**
   * Attention of `tokens` new tokens over keys and values [batch, capacity, C], of which `length` positions are in
   * use. Rows of q may be wider than C. `visible` [batch, length]; `bias` [heads, tokens, length].
   */
  cachedAttention(
    q: Floats,
    keys: Floats,
    values: Floats,
    visible: Floats | undefined,
    bias: Floats | undefined,
    output: Floats,
    batch: number,
    heads: number,
    tokens: number,
    length: number,
    capacity: number,
    headDim: number,
    causal: boolean,
    scale: number,
  ): void;
  /**
   * Layer norm of x [rows, width], or of `sum` = x + `added`; `statistics` [rows, 2] receives mean and rstd for the
   * gradient.
   */
  layerNormForward(
    x: Floats,
    added: Floats | undefined,
    weight: Floats,
    bias: Floats,
    sum: Floats | undefined,
    y: Floats,
    statistics: Floats | undefined,
    rows: number,
    width: number,
    epsilon: number,
  ): void;
  /** Gradients of layer norm of x (the sum, if there was one); `base` [rows, width] is added to dx. */
  layerNormBackward(
    dy: Floats,
    x: Floats,
    weight: Floats,
    statistics: Floats,
    base: Floats | undefined,
    dx: Floats,
    dWeight: Floats,
    dBias: Floats,
    rows: number,
    width: number,
  ): void;
  /** As `layerNormForward`; `scales` [rows] receives 1 / RMS for the gradient. */
  rmsNormForward(
    x: Floats,
    added: Floats | undefined,
    weight: Floats,
    sum: Floats | undefined,
    y: Floats,
    scales: Floats | undefined,
    rows: number,
    width: number,
    epsilon: number,
  ): void;
  /** As `layerNormBackward`. */
  rmsNormBackward(
    dy: Floats,
    x: Floats,
    weight: Floats,
    scales: Floats,
    base: Floats | undefined,
    dx: Floats,
    dWeight: Floats,
    rows: number,
    width: number,
  ): void;
  /**
   * y [tokens, width] = rows of `table` [rows, width], plus row t mod `period` of `places` [period, width] for token
   * t. Returns the index of the first invalid id, without writing anything, or -1.
   */
  embeddingForward(
    ids: Int32Array,
    table: Floats,
    places: Floats | undefined,
    y: Floats,
    tokens: number,
    rows: number,
    period: number,
    width: number,
  ): number;
  /** Gradients of `embeddingForward`, overwritten. An invalid id is an error. */
  embeddingBackward(
    ids: Int32Array,
    dy: Floats,
    dTable: Floats,
    dPlaces: Floats | undefined,
    tokens: number,
    rows: number,
    period: number,
    width: number,
  ): void;
  /**
   * Copies row index[i] of the concatenated `from` to row i of the concatenated `to`, all [rows, width]; zeros for a
   * negative index.
   */
  gatherRows(from: readonly Floats[], index: Int32Array, to: readonly Floats[], width: number): void;
  /** y = dropout(x [rows, columns]), plus `base` if given. */
  dropout(
    x: Floats,
    base: Floats | undefined,
    y: Floats,
    rows: number,
    columns: number,
    rate: number,
    seed: number,
    counter: number,
  ): void;
  /** sum = x + y */
  residualAdd(x: Floats, y: Floats, sum: Floats): void;
  /**
   * Losses [rows] of logits [rows, classes], 0 if ignored; `logSums` [rows] receives log Σ exp. Returns the sum of
   * the losses.
   */
  crossEntropyForward(
    logits: Floats,
    targets: Int32Array,
    losses: Floats,
    logSums: Floats | undefined,
    rows: number,
    classes: number,
    ignored: number,
  ): number;
  /** dx = dy · share · (softmax(logits) - one-hot target), 0 if ignored; `dy` [rows] or one number. */
  crossEntropyBackward(
    logits: Floats,
    targets: Int32Array,
    logSums: Floats,
    dy: Floats,
    dx: Floats,
    rows: number,
    classes: number,
    ignored: number,
    share: number,
  ): void;
  /**
   * The sum of the losses of logits x [rows, inputs] · weightᵀ + bias, and the gradients of `share` times it. Never
   * holds all logits.
   */
  linearCrossEntropy(
    x: Floats,
    weight: Floats,
    bias: Floats | undefined,
    targets: Int32Array,
    dx: Floats | undefined,
    dWeight: Floats | undefined,
    dBias: Floats | undefined,
    rows: number,
    inputs: number,
    classes: number,
    ignored: number,
    share: number,
    bf16: boolean,
  ): number;
  /**
   * RNN or GRU over x [batch, steps, inputs]; weights and biases have G · hidden rows. `kind` is 0 (tanh), 1 (relu)
   * with G = 1, or 2 (GRU) with G = 3. A GRU saves r, z, n and the state projection of n in `kept` [batch, steps, 4
   * · hidden].
   */
  recurrentForward(
    x: Floats,
    weightIh: Floats,
    weightHh: Floats,
    biasIh: Floats | undefined,
    biasHh: Floats | undefined,
    state: Floats | undefined,
    output: Floats,
    last: Floats,
    kept: Floats | undefined,
    batch: number,
    steps: number,
    inputs: number,
    hidden: number,
    kind: number,
  ): void;
  /** Gradients of `recurrentForward`, given those of `output` and `last`. */
  recurrentBackward(
    x: Floats,
    weightIh: Floats,
    weightHh: Floats,
    state: Floats | undefined,
    output: Floats,
    kept: Floats | undefined,
    dOutput: Floats | undefined,
    dLast: Floats | undefined,
    dX: Floats,
    dWeightIh: Floats,
    dWeightHh: Floats,
    dBiasIh: Floats | undefined,
    dBiasHh: Floats | undefined,
    dState: Floats | undefined,
    batch: number,
    steps: number,
    inputs: number,
    hidden: number,
    kind: number,
  ): void;
  /** The sum of the squares of all elements, in float64. */
  sumOfSquares(arrays: readonly Floats[]): number;
  /**
   * A step of Adam or AdamW in place. `factors`: learningRate / (1 - beta1^step) and 1 / √(1 - beta2^step) per
   * parameter; `shrink`: factor on weights (AdamW); `l2`: L2 penalty (Adam); `scale`: factor on gradients.
   */
  adamStep(
    gradients: readonly Floats[],
    factors: Float64Array,
    weights: readonly Floats[],
    first: readonly Floats[],
    second: readonly Floats[],
    beta1: number,
    beta2: number,
    epsilon: number,
    shrink: number,
    l2: number,
    scale: number,
  ): void;
  /** A step of SGD in place; `scale`: factor on gradients. */
  sgdStep(
    gradients: readonly Floats[],
    weights: readonly Floats[],
    velocity: readonly Floats[],
    learningRate: number,
    momentum: number,
    weightDecay: number,
    scale: number,
  ): void;
  /** y = f(x) */
  activationForward(x: Floats, y: Floats, kind: number): void;
  /** dx = dy · f'(x) */
  activationBackward(dy: Floats, x: Floats, dx: Floats, kind: number): void;
  /**
   * y [sizes] = f(a, b). Operand a varies along the dimensions whose bit is set in aVaries and is repeated along the
   * others; b likewise. `operation` is the index in a table of operations/elementwise.ts, given by the types of a and y.
   */
  binary(
    a: Numbers,
    b: Numbers,
    y: Numbers,
    sizes: Int32Array,
    operation: number,
    aVaries: number,
    bVaries: number,
  ): void;
  /** y = f(x), with the parameters p and q of some functions; `operation` as in `binary`. */
  unary(x: Numbers, y: Numbers, operation: number, p: number, q: number): void;
  /** y = yes where the condition is 1, no elsewhere; all of one length. */
  select(condition: Uint8Array, yes: Numbers, no: Numbers, y: Numbers): void;
  /** y [indices, depth] = `on` at the index of each row, `off` elsewhere and for an index out of range. */
  oneHot(indices: Int32Array, y: Numbers, depth: number, on: number, off: number): void;
  /** y += x */
  accumulate(x: Floats, y: Floats): void;
  /**
   * y [planes, columns] = x [planes, rows, columns] reduced over the rows; `operation` is a number of operations/reduce.ts.
   * Sums of floats are multiplied by `scale`; products of floats need columns = 1.
   */
  reduce(
    x: Numbers,
    y: Numbers,
    operation: number,
    planes: number,
    rows: number,
    columns: number,
    scale: number,
  ): void;
  /** y = x [planes, rows, columns] with each row added to (operation 0), or multiplied by (1), all before it. */
  cumulate(
    x: Numbers,
    y: Numbers,
    operation: number,
    planes: number,
    rows: number,
    columns: number,
    exclusive: boolean,
    reverse: boolean,
  ): void;
  /** y [rows] = index of the first maximum, or minimum if `smallest`, of each row of x [rows, columns]; not for bools. */
  argExtremum(x: Numbers, y: Int32Array, rows: number, columns: number, smallest: boolean): void;
  /** y = softmax of each row of x, both [rows, columns]. */
  softmaxRows(x: Floats, y: Floats, rows: number, columns: number): void;
  /** Dimension d of y is dimension order[d] of x [shape]; not for bools. */
  transpose(x: Numbers, y: Numbers, shape: Int32Array, order: Int32Array): void;
  /**
   * Copies a part of x to a part of y. `parts` are their common sizes, then the strides of x, which may be 0 or negative,
   * then those of y, which are in row-major order.
   */
  copy(x: Numbers, y: Numbers, parts: Float64Array, xStart: number, yStart: number): void;
  /**
   * y [batch, outer, indices, inner] = x [batch, outer, rows, inner] at the indices [batch, indices] of its rows; false if
   * an index is out of range.
   */
  gather(
    x: Numbers,
    indices: Int32Array,
    y: Numbers,
    batch: number,
    outer: number,
    rows: number,
    inner: number,
  ): boolean;
}
