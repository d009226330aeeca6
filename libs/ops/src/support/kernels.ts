// Calls of the native engine's kernels on the memory under tensors.
import { tf } from '@lilformer/engine';
import type { NativeBackend, NativeKernels } from '@lilformer/native';

/** The elements of a float32 tensor, row-major. */
export type Floats = Float32Array<ArrayBufferLike>;

/** `Present` where a tuple has an element, `Present | undefined` where it may have none. */
type Optional<Things extends readonly unknown[], Present> = {
  -readonly [K in keyof Things]: undefined extends Things[K] ? Present | undefined : Present;
};

function nativeBackend(): NativeBackend | undefined {
  return tf.getBackend() === 'native' ? (tf.backend() as unknown as NativeBackend) : undefined;
}

/** The native engine's kernels; undefined while another engine is in use, where operations run their references. */
export function nativeKernels(): NativeKernels | undefined {
  return nativeBackend()?.kernels;
}

/** Whether the native engine multiplies matrices in bf16. */
export function usesBf16(): boolean {
  return nativeBackend()?.precision === 'bf16';
}

/** Whether the native engine may write to this tensor's memory: no other tensor and no caller shares it. */
export function mayOverwrite(tensor: tf.Tensor): boolean {
  return nativeBackend()?.mayOverwrite(tensor.dataId) ?? false;
}

/** An uninitialized float32 tensor of the native engine. */
export function allocate(shape: number[], backend = nativeBackend()!): tf.Tensor {
  const info = backend.output(shape, 'float32');
  return tf.engine().makeTensorFromTensorInfo(info, backend as unknown as tf.KernelBackend);
}

/** The memory of a float32 tensor of the native engine. */
export function memoryOf(tensor: tf.Tensor): Floats {
  return nativeBackend()!.values(tensor.dataId) as Floats;
}

/** The elements of an int32 tensor, on any engine. Read-only. */
export function integers(tensor: tf.Tensor): Int32Array {
  return (nativeBackend()?.values(tensor.dataId) ?? tensor.dataSync()) as Int32Array;
}

/**
 * Makes float32 tensors of these shapes, which `kernel` writes, on the native engine. An undefined input or shape is an
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
  const backend = nativeBackend()!;
  const outputs = shapes.map((shape) => shape && allocate(shape as number[], backend));
  kernel(
    inputs.map((tensor) => tensor && backend.values(tensor.dataId)) as Optional<Inputs, Floats>,
    outputs.map((tensor) => tensor && backend.values(tensor.dataId)) as Optional<Shapes, Floats>,
  );
  return outputs as Optional<Shapes, tf.Tensor>;
}
