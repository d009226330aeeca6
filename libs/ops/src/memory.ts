// Arithmetic on the memory under tensors: loops over typed arrays that read and write where the engine keeps its
// numbers, without a copy. Leaves out which loops: each operation brings its own.
import { tf } from '@lilformer/engine';
import type { NativeBackend, NativeKernels } from '@lilformer/native';

/** What an operation's loop gets for a tensor: its numbers, row-major. */
export type Floats = Float32Array<ArrayBufferLike>;

/** One array of numbers for each of these tensors or shapes. */
type FloatsOf<Things extends readonly unknown[]> = { -readonly [K in keyof Things]: Floats };

/** The part of tfjs's wasm backend that lends its heap. */
interface WasmBackend {
  dataIdMap: { get(dataId: object): unknown };
  makeOutput(shape: number[], dtype: 'float32' | 'int32'): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Floats | Int32Array;
}

function wasmBackend(): WasmBackend | undefined {
  const backend: unknown = tf.backend();
  return typeof backend === 'object' && backend !== null && 'typedArrayFromHeap' in backend
    ? (backend as WasmBackend)
    : undefined;
}

function nativeBackend(): NativeBackend | undefined {
  return tf.getBackend() === 'native' ? (tf.backend() as unknown as NativeBackend) : undefined;
}

/** The native engine's fast functions, which take the arrays that `compute` and `visit` lend; undefined elsewhere. */
export function nativeKernels(): NativeKernels | undefined {
  return nativeBackend()?.kernels;
}

/** Whether the native engine is to multiply in bf16, which is for `linear` and the output projection to pass on. */
export function wantsBf16(): boolean {
  return nativeBackend()?.precision === 'bf16';
}

/** True where tensors are memory that JavaScript can see (native, wasm, cpu); elsewhere the references run. */
export function hasVisibleMemory(): boolean {
  const name = tf.getBackend();
  return name === 'native' || name === 'cpu' || wasmBackend() !== undefined;
}

/** Whether a tensor's numbers may be changed in place, because nobody else can see them. */
export function mayOverwrite(tensor: tf.Tensor): boolean {
  return nativeBackend()?.mayOverwrite(tensor.dataId) ?? false;
}

/** A float32 tensor of whatever was in memory, for `visit` to write. Only where memory is visible. */
export function allocate(shape: number[]): tf.Tensor {
  const native = nativeBackend();
  if (native) {
    return tf
      .engine()
      .makeTensorFromTensorInfo(native.output(shape, 'float32'), native as unknown as tf.KernelBackend);
  }
  const wasm = wasmBackend();
  return wasm
    ? tf.engine().makeTensorFromTensorInfo(wasm.makeOutput(shape, 'float32'), tf.backend())
    : tf.tensor(new Float32Array(tf.util.sizeFromShape(shape)), shape, 'float32');
}

/**
 * Lets `loop` read the numbers of tensors, and write those that `allocate` made and nothing else has used yet.
 *
 * The loop must not create tensors, as that may move the engine's heap from under the arrays, nor keep the arrays.
 */
export function visit<Tensors extends readonly tf.Tensor[]>(
  tensors: Tensors,
  loop: (...numbers: FloatsOf<Tensors>) => void,
): void {
  loop(...(numbersOf(tensors) as FloatsOf<Tensors>));
}

function numbersOf(tensors: readonly tf.Tensor[]): Floats[] {
  const native = nativeBackend();
  if (native) return tensors.map(({ dataId }) => native.values(dataId) as Floats);
  const wasm = wasmBackend();
  if (!wasm) return tensors.map((tensor) => tensor.dataSync() as Floats);
  for (const { dataId } of tensors) wasm.dataIdMap.get(dataId); // brings it here from another backend
  return tensors.map((tensor) => wasm.typedArrayFromHeap(tensor) as Floats);
}

/** Makes float32 tensors of the given shapes and lets `loop` write all their elements from those of `inputs`. */
export function compute<Inputs extends readonly tf.Tensor[], const Shapes extends readonly number[][]>(
  inputs: Inputs,
  shapes: Shapes,
  loop: (inputs: FloatsOf<Inputs>, outputs: FloatsOf<Shapes>) => void,
): { -readonly [K in keyof Shapes]: tf.Tensor } {
  let outputs: tf.Tensor[];
  const native = nativeBackend();
  if (native) {
    outputs = shapes.map(allocate);
    loop(
      inputs.map(({ dataId }) => native.values(dataId)) as FloatsOf<Inputs>,
      outputs.map(({ dataId }) => native.values(dataId)) as FloatsOf<Shapes>,
    );
  } else if (hasVisibleMemory()) {
    outputs = shapes.map(allocate);
    // Looked up when all are there: making a tensor may move the engine's heap.
    const numbers = numbersOf([...inputs, ...outputs]);
    const written = numbers.splice(inputs.length);
    loop(numbers as FloatsOf<Inputs>, written as FloatsOf<Shapes>);
  } else {
    const arrays = shapes.map((shape) => new Float32Array(tf.util.sizeFromShape(shape)));
    loop(inputs.map((input) => input.dataSync()) as FloatsOf<Inputs>, arrays as FloatsOf<Shapes>);
    outputs = arrays.map((array, i) => tf.tensor(array, shapes[i], 'float32'));
  }
  return outputs as { -readonly [K in keyof Shapes]: tf.Tensor };
}

/** The whole numbers of an int32 tensor; only to be read, and only until the next tensor is made. */
export function integers(tensor: tf.Tensor): Int32Array {
  const native = nativeBackend();
  if (native) return native.values(tensor.dataId) as Int32Array;
  const wasm = wasmBackend();
  if (!wasm) return tensor.dataSync() as Int32Array;
  wasm.dataIdMap.get(tensor.dataId);
  return wasm.typedArrayFromHeap(tensor) as Int32Array;
}
