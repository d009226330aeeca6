// Arithmetic on the memory under tensors: loops over typed arrays that read and write where the engine keeps its
// numbers, without a copy. Leaves out which loops: each operation brings its own.
import { tf } from '@lilformer/engine';

/** What an operation's loop gets for a tensor: its numbers, row-major. */
export type Floats = Float32Array<ArrayBufferLike>;

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

/** True where tensors are memory that JavaScript can see (wasm, cpu); elsewhere the references run. */
export function hasVisibleMemory(): boolean {
  return wasmBackend() !== undefined || tf.getBackend() === 'cpu';
}

/**
 * Makes float32 tensors of the given shapes and lets `loop` fill them from the numbers of `inputs`.
 *
 * The loop has to write every element of every output: they start with whatever was in memory. It must not create
 * tensors, as that may move the engine's heap from under the arrays, nor keep the arrays.
 */
export function compute<Inputs extends readonly tf.Tensor[], const Shapes extends readonly number[][]>(
  inputs: Inputs,
  shapes: Shapes,
  loop: (inputs: { [K in keyof Inputs]: Floats }, outputs: { -readonly [K in keyof Shapes]: Floats }) => void,
): { -readonly [K in keyof Shapes]: tf.Tensor } {
  type In = { [K in keyof Inputs]: Floats };
  type Out = { -readonly [K in keyof Shapes]: Floats };
  type Tensors = { -readonly [K in keyof Shapes]: tf.Tensor };
  const wasm = wasmBackend();
  if (wasm) {
    const infos = shapes.map((shape) => wasm.makeOutput(shape, 'float32'));
    for (const input of inputs) wasm.dataIdMap.get(input.dataId); // brings it here from another backend
    const view = (info: tf.TensorInfo): Floats => wasm.typedArrayFromHeap(info) as Floats;
    loop(inputs.map(view) as unknown as In, infos.map(view) as unknown as Out);
    return infos.map((info) =>
      tf.engine().makeTensorFromTensorInfo(info, tf.backend()),
    ) as unknown as Tensors;
  }
  const outputs = shapes.map((shape) => new Float32Array(tf.util.sizeFromShape(shape)));
  loop(inputs.map((input) => input.dataSync()) as unknown as In, outputs as unknown as Out);
  return outputs.map((output, i) => tf.tensor(output, shapes[i], 'float32')) as unknown as Tensors;
}

/** The whole numbers of an int32 tensor; only to be read, and only until the next tensor is made. */
export function integers(tensor: tf.Tensor): Int32Array {
  const wasm = wasmBackend();
  if (!wasm) return tensor.dataSync() as Int32Array;
  wasm.dataIdMap.get(tensor.dataId);
  return wasm.typedArrayFromHeap(tensor) as Int32Array;
}
