// Tensors of a module: parameters, which training changes, and constants of the state dict.
import { tf } from '@lilformer/engine';
import { Bf16Matrix, type Weight } from '@lilformer/ops';
import { transpose } from './transpose.js';

/** Set while {@link withoutWeights} runs. */
let weightless = false;
/** Parameters that may be created inside of {@link withoutWeights}, and those that were. */
let limit = Infinity;
let created = 0;

/**
 * Runs `build`; parameters created in it have a shape but no values, and take no memory. Used to print or count a large
 * model, or to load its weights from a file without initializing them first.
 *
 * @param most parameters that `build` may create
 * @throws RangeError when `build` creates more parameters
 */
export function withoutWeights<T>(build: () => T, most = Infinity): T {
  const before = { weightless, limit, created };
  weightless = true;
  limit = most;
  created = 0;
  try {
    return build();
  } finally {
    ({ weightless, limit, created } = before);
  }
}

/** Whether {@link withoutWeights} is running. */
export function isWithoutWeights(): boolean {
  return weightless;
}

/** Options of a {@link Parameter}. */
interface ParameterOptions {
  /** Whether files store the matrix transposed: `[in, out]` for a tensor `[out, in]`. Default false. */
  readonly transposed?: boolean;
  /** Whether {@link Module.toBf16} converts it: its layer uses `operand`, not `variable`. Default false. */
  readonly bf16?: boolean;
}

/** A trainable tensor of a module. `tidy` does not dispose it. */
export class Parameter {
  readonly shape: number[];
  readonly transposed: boolean;
  /** Whether its layer accepts a bf16 matrix. */
  readonly allowsBf16: boolean;
  #variable: tf.Variable | undefined;
  /** Replaces the variable of a bf16 parameter. */
  #matrix: Bf16Matrix | undefined;
  #bf16 = false;
  #trainable = true;

  /**
   * @param values initial values in row-major order, or a function that returns them; not copied
   * @throws TypeError when values or shape are something else; Error when there are not as many values as the shape says
   */
  constructor(
    values: Float32Array | (() => Float32Array),
    shape: readonly number[],
    { transposed = false, bf16 = false }: ParameterOptions = {},
  ) {
    if (!(values instanceof Float32Array || typeof values === 'function') || !Array.isArray(shape)) {
      throw new TypeError(
        'Parameter: expected a Float32Array, or a function that returns one, and a shape, such as [256].',
      );
    }
    this.shape = [...(shape as readonly number[])];
    this.transposed = transposed;
    this.allowsBf16 = bf16;
    if (++created > limit) {
      throw new RangeError(
        `the config describes a model of more than ${limit} weights. Expected fewer layers, heads or experts.`,
      );
    }
    if (!weightless) this.assign(typeof values === 'function' ? values() : values);
  }

  /**
   * The TensorFlow.js variable. Its gradient is found under its `name`.
   * @throws Error when the parameter has no values or is stored in bf16
   */
  get variable(): tf.Variable {
    if (this.#variable) return this.#variable;
    if (!this.#matrix) throw this.#empty();
    throw new Error(
      `parameter [${this.shape.join(', ')}]: is stored in bf16, which this layer does not support. ` +
        "Expected float32. Load the model with dtype: 'float32'.",
    );
  }

  /**
   * The variable or the bf16 matrix, for matrix products and lookups.
   * @throws Error when the parameter has no values
   */
  get operand(): Weight {
    const operand = this.#variable ?? this.#matrix;
    if (operand) return operand;
    throw this.#empty();
  }

  #empty(): Error {
    return new Error(
      `parameter [${this.shape.join(', ')}]: has no values because the model was built without weights. ` +
        'Load a state dict first.',
    );
  }

  /** False for a parameter built by {@link withoutWeights} until values are assigned. */
  get hasValues(): boolean {
    return this.#variable !== undefined || this.#matrix !== undefined;
  }

  /** Whether the values are stored in bf16; see {@link toBf16}. */
  get isBf16(): boolean {
    return this.#bf16;
  }

  /** Size in memory, in bytes. */
  get bytes(): number {
    return this.#bf16 ? Bf16Matrix.bytesOf(this.shape) : 4 * this.size;
  }

  /** Number of values. */
  get size(): number {
    return this.shape.reduce((product, n) => product * n, 1);
  }

  /** The shape in files. */
  get storedShape(): readonly number[] {
    return this.transposed ? this.shape.toReversed() : this.shape;
  }

  /** Converts values from the order in files to the order of `shape`. */
  fromStored(values: Float32Array): Float32Array {
    return this.transposed ? transpose(values, this.shape[1], this.shape[0]) : values;
  }

  /** A copy of the values in the order in files. @throws Error when there are none */
  toStored(): Float32Array {
    return this.transposed ? transpose(this.values(), this.shape[0], this.shape[1]) : this.values();
  }

  /** A copy of the values, row-major. @throws Error when there are none */
  values(): Float32Array {
    const { operand } = this;
    return operand instanceof Bf16Matrix ? operand.values() : operand.dataSync<'float32'>().slice();
  }

  /** Whether the values are bitwise equal to `values`, after rounding to bf16 where stored so. */
  holds(values: Float32Array): boolean {
    const { operand } = this;
    if (!(operand instanceof Bf16Matrix)) {
      return bitwiseEqual(operand.dataSync<'float32'>(), values);
    }
    const rounded = Bf16Matrix.from(values, this.shape);
    const same = bitwiseEqual(operand.words.dataSync<'int32'>(), rounded.words.dataSync<'int32'>());
    rounded.dispose();
    return same;
  }

  /**
   * Stores the matrix in bf16 from now on: half the memory, rounded to nearest. The parameter is frozen.
   * @throws Error when the parameter is not a matrix
   */
  toBf16(): void {
    if (this.shape.length !== 2) {
      throw new Error(`parameter [${this.shape.join(', ')}]: cannot be stored in bf16. Expected a matrix.`);
    }
    if (this.#bf16) return;
    const values = this.hasValues ? this.values() : undefined;
    this.dispose();
    this.#variable = undefined;
    this.#trainable = false;
    this.#bf16 = true;
    if (values) this.assign(values);
  }

  /** Replaces all values. @param values row-major; not copied */
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
   * Replaces all values. A bf16 parameter reads a few rows at a time, so that the float32 matrix is never whole in memory.
   * @param read returns `count` rows from row `first` on; not copied
   */
  async assignRows(read: (first: number, count: number) => Promise<Float32Array>): Promise<void> {
    if (this.#bf16) this.#replace(await Bf16Matrix.read(this.shape, read));
    else this.assign(await read(0, this.shape[0] ?? 1));
  }

  #replace(matrix: Bf16Matrix): void {
    this.#matrix?.dispose();
    this.#matrix = matrix;
  }

  /** False freezes the parameter: it gets no gradient. Setting true throws an Error for a bf16 parameter. */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(trainable: boolean) {
    if (trainable && this.#bf16) {
      throw new Error(
        `parameter [${this.shape.join(', ')}]: is stored in bf16 and cannot be trained. ` +
          "Load the model with dtype: 'float32'.",
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

/** Compares bit by bit: NaN equals NaN, 0 differs from -0. */
export function bitwiseEqual(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < b.length; i++) {
    if (!Object.is(a[i], b[i])) return false;
  }
  return a.length === b.length;
}

/**
 * A constant of the state dict (a PyTorch buffer), such as a causal mask. It is computed on demand, saved so that PyTorch's
 * strict loading accepts the file, and compared with the file's values on loading.
 */
export class ConstantBuffer {
  readonly #compute: () => Float32Array | Uint8Array;
  #tensor: tf.Tensor | undefined;

  /**
   * @param dtype data type in the state dict
   * @param compute returns the values, row-major: a Float32Array for F32, a Uint8Array of 0 and 1 for BOOL
   */
  constructor(
    readonly dtype: 'F32' | 'BOOL',
    readonly shape: readonly number[],
    compute: () => Float32Array | Uint8Array,
  ) {
    this.#compute = compute;
  }

  /** The shape in files. */
  get storedShape(): readonly number[] {
    return this.shape;
  }

  /** The values, row-major. */
  values(): Float32Array | Uint8Array {
    return this.#compute();
  }

  /** The values as a float32 tensor, cached until `dispose`. */
  tensor(): tf.Tensor {
    this.#tensor ??= tf.keep(tf.tensor(Float32Array.from(this.values()), [...this.shape], 'float32'));
    return this.#tensor;
  }

  dispose(): void {
    this.#tensor?.dispose();
    this.#tensor = undefined;
  }
}
