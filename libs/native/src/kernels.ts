// The kernels of the native addon: input arrays, output arrays, then sizes and options. They check all arguments, and
// outputs must not overlap other arguments. Names equal those of the Rust functions in rust/bindings.

/** An array of float32 numbers. */
type Floats = Float32Array<ArrayBufferLike>;

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
  /** y [rows, columns] = a op b; `op` and the layouts are numbers of operations/elementwise.ts. */
  binary(
    a: Floats,
    b: Floats,
    y: Floats,
    op: number,
    rows: number,
    columns: number,
    aLayout: number,
    bLayout: number,
  ): void;
  /** y = op x */
  unary(x: Floats, y: Floats, op: number): void;
  /** y += x */
  accumulate(x: Floats, y: Floats): void;
  /** y [rows] = row sums of x [rows, columns] times scale. */
  sumRows(x: Floats, y: Floats, rows: number, columns: number, scale: number): void;
  /** y [columns] = column sums of x [rows, columns] times scale. */
  sumColumns(x: Floats, y: Floats, rows: number, columns: number, scale: number): void;
  /** y [rows] = maximum of each row of x [rows, columns], NaN if it contains one. */
  maxRows(x: Floats, y: Floats, rows: number, columns: number): void;
  /** y [rows] = index of the first maximum of each row of x [rows, columns]. */
  argmaxRows(x: Floats, y: Int32Array, rows: number, columns: number): void;
  /** y = softmax of each row of x, both [rows, columns]. */
  softmaxRows(x: Floats, y: Floats, rows: number, columns: number): void;
  /** Dimension d of y is dimension order[d] of x [shape]. This and the next three copy 32-bit words of any type. */
  transpose(x: Floats, y: Floats, shape: Int32Array, order: Int32Array): void;
  /** y [size] = the slice of x [shape] from `begin`. */
  slice(x: Floats, y: Floats, shape: Int32Array, begin: Int32Array, size: Int32Array): void;
  /** Copies x [rows, columns] to the columns of y [rows, yColumns] from yBegin. */
  copyColumns(x: Floats, y: Floats, rows: number, columns: number, yColumns: number, yBegin: number): void;
  /** y [indices, columns] = rows of table [rows, columns]; false if an index is out of range. */
  takeRows(table: Floats, indices: Int32Array, y: Floats, rows: number, columns: number): boolean;
}
