// The affine map of a layer, with bias and activation: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

export interface LinearKernels {
  /** y = activation(x · weightᵀ + bias) */
  linearForward(
    /** [rows, inputs] */
    x: Floats,
    /** [outputs, inputs] */
    weight: Floats,
    /** [outputs] */
    bias: Floats | undefined,
    /** [rows, outputs] */
    y: Floats,
    /** [rows, outputs]: what the activation is applied to, where a gradient will ask for it */
    before: Floats | undefined,
    rows: number,
    inputs: number,
    outputs: number,
    /** 0 relu, 1 gelu, 2 geluTanh, 3 none */
    activation: number,
    /** Factors rounded to bf16, where the processor multiplies those. */
    bf16: boolean,
  ): void;

  /** The same of a weight of bf16 numbers, two in a word, the first in its lower half; each row starts at a word. */
  linearForward16(
    x: Floats,
    /** [outputs, ⌈inputs / 2⌉] words */
    weight: Int32Array,
    bias: Floats | undefined,
    y: Floats,
    rows: number,
    inputs: number,
    outputs: number,
    activation: number,
    bf16: boolean,
  ): void;

  /** Gradients of those that there is an array for. */
  linearBackward(
    /** [rows, outputs] */
    dy: Floats,
    x: Floats,
    weight: Floats,
    /** [rows, outputs]: y for relu, `before` for gelu and geluTanh, nothing without activation */
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
}
