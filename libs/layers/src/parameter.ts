// What a module owns besides other modules: parameters, which training changes, and constants, which
// only have a place in the state dict. Neither knows its own name; the module that holds it does.
import { tf } from '@lilformer/engine';

/** One trainable tensor of a module. It lives until its module is disposed, inside or outside of tidies. */
export class Parameter {
  /** The tensor itself; operations take it as it is, and its gradient is found by its `name`. */
  readonly variable: tf.Variable;
  readonly shape: number[];

  /**
   * @param values the first values, row after row; taken over, not copied
   * @param shape its product is the number of values
   */
  constructor(values: Float32Array, shape: readonly number[]) {
    this.shape = [...shape];
    this.variable = tf.tidy(() => tf.variable(tf.tensor(values, this.shape, 'float32')));
  }

  /** Number of values. */
  get size(): number {
    return this.variable.size;
  }

  /** False freezes the parameter: it gets no gradient, and optimizers leave it as it is. */
  get trainable(): boolean {
    return this.variable.trainable;
  }

  set trainable(trainable: boolean) {
    this.variable.trainable = trainable;
  }

  dispose(): void {
    if (!this.variable.isDisposed) this.variable.dispose();
  }
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
