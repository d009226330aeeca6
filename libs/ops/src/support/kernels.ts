// Calls of the engine's kernels on the memory under tensors.
import type { Kernels } from '@lilformer/kernels';
import { differentiable, isRecording, kernelsBackend, tf } from '@lilformer/engine';

/** The elements of a float32 tensor, row-major. */
export type Floats = Float32Array<ArrayBufferLike>;

/** `Present` where a tuple has an element, `Present | undefined` where it may have none. */
type Optional<Things extends readonly unknown[], Present> = {
  -readonly [K in keyof Things]: undefined extends Things[K] ? Present | undefined : Present;
};

/**
 * Runs an operation by the kernels of the engine, or its reference on engines without kernels.
 *
 * @param supported false for arguments that the kernels do not take
 */
export function dispatch<Result>(
  fused: (kernels: Kernels) => Result,
  reference: () => Result,
  supported = true,
): Result {
  const kernels = supported ? kernelsBackend()?.kernels : undefined;
  return kernels ? fused(kernels) : reference();
}

/** `differentiable` for an operation that makes no tensors but its outputs, at less cost where nothing is recorded. */
export const fused: typeof differentiable = (name, inputs, forward, backward, recompute) =>
  isRecording() ? differentiable(name, inputs, forward, backward, recompute) : forward(undefined);

/** Whether the engine multiplies matrices in bf16. */
export function usesBf16(): boolean {
  return kernelsBackend()?.precision === 'bf16';
}

/** Whether kernels may write to this tensor's memory: no other tensor and no caller shares it. */
export function mayOverwrite(tensor: tf.Tensor): boolean {
  return kernelsBackend()?.mayOverwrite(tensor.dataId) ?? false;
}

/** An uninitialized float32 tensor of an engine with kernels. */
export function allocate(shape: number[], backend = kernelsBackend()!): tf.Tensor {
  const info = backend.output(shape, 'float32');
  return tf.engine().makeTensorFromTensorInfo(info, backend as unknown as tf.KernelBackend);
}

/** An array of zeros, in memory that the kernels of the engine use in place. */
export function zeros(length: number): Float32Array {
  return kernelsBackend()?.zeros(length) ?? new Float32Array(length);
}

/** The memory of a float32 tensor of an engine with kernels. */
export function memoryOf(tensor: tf.Tensor): Floats {
  return kernelsBackend()!.values(tensor.dataId) as Floats;
}

/** The elements of an int32 tensor, on any engine. Read-only. */
export function integers(tensor: tf.Tensor): Int32Array {
  return (kernelsBackend()?.values(tensor.dataId) ?? tensor.dataSync()) as Int32Array;
}

/**
 * Makes float32 tensors of these shapes, which `kernel` writes, on an engine with kernels. An undefined input or shape is an
 * argument that this call does without: the kernel gets undefined for it.
 */
export function compute<
  const Inputs extends readonly (tf.Tensor | undefined)[],
  const Shapes extends readonly (readonly number[] | undefined)[],
>(
  inputs: Inputs,
  shapes: Shapes,
  kernel: (inputs: Optional<Inputs, Floats>, outputs: Optional<Shapes, Floats>) => void,
): Optional<Shapes, tf.Tensor> {
  const backend = kernelsBackend()!;
  const outputs = shapes.map((shape) => shape && allocate(shape as number[], backend));
  kernel(
    inputs.map((tensor) => tensor && backend.values(tensor.dataId)) as Optional<Inputs, Floats>,
    outputs.map((tensor) => tensor && backend.values(tensor.dataId)) as Optional<Shapes, Floats>,
  );
  return outputs as Optional<Shapes, tf.Tensor>;
}
