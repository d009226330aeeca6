// Activations by themselves: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

/** `kind`: 0 relu, 1 gelu, 2 geluTanh. Any length. */
export interface ActivationsKernels {
  /** y = f(x) */
  activationForward(x: Floats, y: Floats, kind: number): void;

  /** dx = dy · f'(x) */
  activationBackward(dy: Floats, x: Floats, dx: Floats, kind: number): void;
}
