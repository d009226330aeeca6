// What a module owns besides other modules: parameters, which training changes, and constants, which
// only have a place in the state dict. Neither knows its own name; the module that holds it does.
import { tf } from '@lilformer/engine';
import { Bf16Matrix, type Weight } from '@lilformer/ops';

/** Whether modules are being built without values; see `withoutWeights`. */
let weightless = false;

/**
 * Runs `build` so that the parameters made in it have shapes but no values yet, and cost no memory: to print the tree of
 * a large model or count its parameters, or to fill it from a file, without drawing weights that nobody will use.
 */
export function withoutWeights<T>(build: () => T): T {
  const before = weightless;
  weightless = true;
  try {
    return build();
  } finally {
    weightless = before;
  }
}

/** One trainable tensor of a module. It lives until its module is disposed, inside or outside of tidies. */
export class Parameter {
  readonly shape: number[];
  /** Whether files hold it transposed: `[in, out]` where the tensor is `[out, in]`. */
  readonly transposed: boolean;
  #variable: tf.Variable | undefined;
  /** Instead of the variable, of a parameter kept in bf16. */
  #matrix: Bf16Matrix | undefined;
  #bf16 = false;
  #trainable = true;

  /**
   * @param values gives the first values, row after row, or is them; taken over, not copied
   * @param shape its product is the number of values
   * @param options.transposed files hold this matrix transposed; false without
   */
  constructor(
    values: Float32Array | (() => Float32Array),
    shape: readonly number[],
    { transposed = false }: { transposed?: boolean } = {},
  ) {
    this.shape = [...shape];
    this.transposed = transposed;
    if (!weightless) this.assign(typeof values === 'function' ? values() : values);
  }

  /**
   * The tensor itself; operations take it as it is, and its gradient is found by its `name`.
   * @throws Error when there are no values yet, or the parameter is kept in bf16
   */
  get variable(): tf.Variable {
    if (this.#variable) return this.#variable;
    if (this.#matrix) {
      throw new Error(
        `a parameter of shape [${this.shape.join(', ')}] is kept in bf16, and is used where only float32 will do; ` +
          'load its model without bf16 weights',
      );
    }
    throw this.#empty();
  }

  /**
   * The tensor, or the matrix in bf16, for operations that take either: products and look-ups.
   * @throws Error when there are no values yet
   */
  get operand(): Weight {
    const operand = this.#variable ?? this.#matrix;
    if (operand) return operand;
    throw this.#empty();
  }

  #empty(): Error {
    return new Error(
      `a parameter of shape [${this.shape.join(', ')}] has no values: its model was built without weights; load some first`,
    );
  }

  /** False while there are no values: of a parameter built `withoutWeights` until it is assigned some. */
  get hasValues(): boolean {
    return this.#variable !== undefined || this.#matrix !== undefined;
  }

  /** Whether the values are kept as bf16 numbers; see `keepAsBf16`. */
  get isBf16(): boolean {
    return this.#bf16;
  }

  /** Bytes that the values take in memory, or will when there are some. */
  get bytes(): number {
    return this.#bf16 ? Bf16Matrix.bytesOf(this.shape) : 4 * this.size;
  }

  /**
   * A copy of all values, row after row in the order of `shape`.
   * @throws Error when there are none yet
   */
  values(): Float32Array {
    const { operand } = this;
    return operand instanceof Bf16Matrix ? operand.values() : operand.dataSync<'float32'>().slice();
  }

  /** Whether `assign` of these values would leave everything as it is. */
  holds(values: Float32Array): boolean {
    const { operand } = this;
    if (!(operand instanceof Bf16Matrix)) {
      return sameNumbers(operand.dataSync<'float32'>(), values);
    }
    const rounded = Bf16Matrix.from(values, this.shape);
    const same = sameNumbers(operand.words.dataSync<'int32'>(), rounded.words.dataSync<'int32'>());
    rounded.dispose();
    return same;
  }

  /**
   * Keeps the values of a matrix as bf16 numbers from now on, in half the memory, rounding those it has and all that are
   * assigned later. It is frozen for good, and only products and look-ups can use it.
   * @throws Error when the parameter is no matrix
   */
  keepAsBf16(): void {
    if (this.shape.length !== 2) {
      throw new Error(`a parameter of shape [${this.shape.join(', ')}]: only a matrix can be kept in bf16`);
    }
    if (this.#bf16) return;
    const values = this.hasValues ? this.values() : undefined;
    this.dispose();
    this.#variable = undefined;
    this.#trainable = false;
    this.#bf16 = true;
    if (values) this.assign(values);
  }

  /**
   * Replaces all values.
   * @param values row after row in the order of `shape`; taken over, not copied
   */
  assign(values: Float32Array): void {
    if (this.#bf16) {
      this.#replace(Bf16Matrix.from(values, this.shape));
      return;
    }
    tf.tidy(() => {
      const tensor = tf.tensor(values, this.shape, 'float32');
      if (this.#variable) this.#variable.assign(tensor);
      else this.#variable = tf.variable(tensor, this.#trainable);
    });
  }

  /**
   * Replaces all values by what `read` gives; some rows at a time where the parameter is kept in bf16, so that not all of it
   * has to be in memory as float32.
   * @param read gives `count` rows from the `first` on, row after row, to be taken over
   */
  async assignRows(read: (first: number, count: number) => Promise<Float32Array>): Promise<void> {
    if (this.#bf16) this.#replace(await Bf16Matrix.read(this.shape, read));
    else this.assign(await read(0, this.shape[0] ?? 1));
  }

  #replace(matrix: Bf16Matrix): void {
    this.#matrix?.dispose();
    this.#matrix = matrix;
  }

  /** Number of values. */
  get size(): number {
    return this.shape.reduce((product, n) => product * n, 1);
  }

  /**
   * False freezes the parameter: it gets no gradient, and optimizers leave it as it is. Setting it true throws an Error
   * when the parameter is kept in bf16.
   */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(trainable: boolean) {
    if (trainable && this.#bf16) {
      throw new Error(
        'a parameter kept in bf16 cannot be trained: its steps are smaller than what bf16 tells apart',
      );
    }
    this.#trainable = trainable;
    if (this.#variable) this.#variable.trainable = trainable;
  }

  dispose(): void {
    if (this.#variable && !this.#variable.isDisposed) this.#variable.dispose();
    this.#matrix?.dispose();
  }
}

/** Bit by bit: NaN is NaN, and 0 is not -0. */
export function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < b.length; i++) {
    if (!Object.is(a[i], b[i])) return false;
  }
  return a.length === b.length;
}

/**
 * A constant that PyTorch keeps in the state dict ("buffer"), such as a causal mask or a table of
 * sinusoids. It is computed when someone asks, written with the state dict so that PyTorch's strict
 * loading takes our files, and on loading compared with what the file holds.
 */
export class ConstantBuffer {
  readonly #compute: () => Float32Array | Uint8Array;
  #tensor: tf.Tensor | undefined;

  /**
   * @param dtype how the state dict stores it
   * @param shape its product is the number of values
   * @param compute gives the values, row after row: a Float32Array for F32, a Uint8Array of 0 and 1 for BOOL
   */
  constructor(
    readonly dtype: 'F32' | 'BOOL',
    readonly shape: readonly number[],
    compute: () => Float32Array | Uint8Array,
  ) {
    this.#compute = compute;
  }

  /** The values, freshly computed, row after row. */
  values(): Float32Array | Uint8Array {
    return this.#compute();
  }

  /** The values as a float tensor of the buffer's shape, made at the first call and kept until `dispose`. */
  tensor(): tf.Tensor {
    this.#tensor ??= tf.keep(tf.tensor(Float32Array.from(this.values()), [...this.shape], 'float32'));
    return this.#tensor;
  }

  dispose(): void {
    this.#tensor?.dispose();
    this.#tensor = undefined;
  }
}
