// Transpose, slice, concatenation, gather, cast and fill. Strings, complex numbers and, where 32-bit words are copied, bool
// are left to cpu's kernels.
import { tf } from '../tf.js';
import type { NativeBackend } from '../backend.js';
import { sizeOf, type Operation, type Operations } from './operation.js';

type Word = 'float32' | 'int32';

function isWord(dtype: tf.DataType): dtype is Word {
  return dtype === 'float32' || dtype === 'int32';
}

/** A tensor's 32-bit words, as the copying kernels take them. */
function words(backend: NativeBackend, { dataId }: tf.TensorInfo): Float32Array {
  const values = backend.values(dataId);
  return values instanceof Float32Array
    ? values
    : new Float32Array(values.buffer, values.byteOffset, values.length);
}

const transpose: Operation = ({ inputs: { x }, attrs, backend }) => {
  if (!isWord(x.dtype)) return undefined;
  const order = attrs?.perm as number[];
  const y = backend.output(
    order.map((d) => x.shape[d]),
    x.dtype,
  );
  backend.kernels.transpose(
    words(backend, x),
    words(backend, y),
    Int32Array.from(x.shape),
    Int32Array.from(order),
  );
  return y;
};

/** A slice: the same memory if it is contiguous, otherwise a copy; undefined if it is left to cpu. */
function part(
  backend: NativeBackend,
  x: tf.TensorInfo,
  begin: number[],
  size: number[],
): tf.TensorInfo | undefined {
  if (tf.slice_util.isSliceContinous(x.shape, begin, size)) {
    if (!isWord(x.dtype) && x.dtype !== 'bool') return undefined;
    const from = tf.slice_util.computeFlatOffset(begin, tf.util.computeStrides(x.shape));
    const values = backend.values(x.dataId).subarray(from, from + sizeOf(size));
    return backend.makeTensorInfo(size, x.dtype, values);
  }
  if (!isWord(x.dtype)) return undefined;
  const y = backend.output(size, x.dtype);
  backend.kernels.slice(
    words(backend, x),
    words(backend, y),
    Int32Array.from(x.shape),
    Int32Array.from(begin),
    Int32Array.from(size),
  );
  return y;
}

const slice: Operation = ({ inputs: { x }, attrs, backend }) => {
  const [begin, size] = tf.slice_util.parseSliceParams(
    x as unknown as tf.Tensor,
    attrs?.begin as number[],
    attrs?.size as number[],
  );
  tf.slice_util.assertParamsValid(x as unknown as tf.Tensor, begin, size);
  return part(backend, x, begin, size);
};

const split: Operation = ({ inputs: { x }, attrs, backend }) => {
  if (!isWord(x.dtype)) return undefined;
  const axis = tf.util.parseAxisParam(attrs?.axis as number, x.shape)[0];
  const sizes = tf.backend_util.prepareSplitSize(
    x as unknown as tf.Tensor,
    attrs?.numOrSizeSplits as number[],
    axis,
  );
  return parts(backend, x, axis, sizes);
};

const unpack: Operation = ({ inputs: { value }, attrs, backend }) => {
  if (!isWord(value.dtype)) return undefined;
  const axis = tf.util.parseAxisParam(attrs?.axis as number, value.shape)[0];
  const shape = value.shape.filter((_, d) => d !== axis);
  const ones = new Array<number>(value.shape[axis]).fill(1);
  return parts(backend, value, axis, ones).map((info) => ({ ...info, shape }));
};

function parts(backend: NativeBackend, x: tf.TensorInfo, axis: number, sizes: number[]): tf.TensorInfo[] {
  const begin = x.shape.map(() => 0);
  return sizes.map((along) => {
    const size = x.shape.map((whole, d) => (d === axis ? along : whole));
    const piece = part(backend, x, begin, size)!;
    begin[axis] += along;
    return piece;
  });
}

/** Concatenates tensors [outer, columns] along the columns. */
function concatColumns(
  backend: NativeBackend,
  tensors: tf.TensorInfo[],
  shape: number[],
  outer: number,
): tf.TensorInfo {
  const y = backend.output(shape, tensors[0].dtype as Word);
  const to = words(backend, y);
  const columns = to.length / outer;
  let begin = 0;
  for (const tensor of tensors) {
    const from = words(backend, tensor);
    const width = from.length / outer;
    backend.kernels.copyColumns(from, to, outer, width, columns, begin);
    begin += width;
  }
  return y;
}

const concat: Operation = ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { dtype } = tensors[0];
  if (!isWord(dtype) || tensors.some((tensor) => tensor.dtype !== dtype)) return undefined;
  const shapes = tensors.map(({ shape }) => shape);
  const axis = tf.util.parseAxisParam(attrs?.axis as number, shapes[0])[0];
  tf.backend_util.assertParamsConsistent(shapes, axis);
  const shape = tf.backend_util.computeOutShape(shapes, axis);
  const filled = tensors.filter((tensor) => sizeOf(tensor.shape) > 0);
  if (filled.length < 2) return undefined;
  return concatColumns(backend, filled, shape, sizeOf(shape.slice(0, axis)));
};

const pack: Operation = ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { dtype, shape } = tensors[0];
  const alike = tensors.every((tensor) => tensor.dtype === dtype && tf.util.arraysEqual(tensor.shape, shape));
  if (!isWord(dtype) || !alike || tensors.length < 2 || sizeOf(shape) === 0) return undefined;
  const axis = attrs?.axis as number;
  const stacked = [...shape.slice(0, axis), tensors.length, ...shape.slice(axis)];
  return concatColumns(backend, tensors, stacked, sizeOf(shape.slice(0, axis)));
};

const gather: Operation = ({ inputs: { x, indices }, attrs, backend }) => {
  const axis = tf.util.parseAxisParam(attrs?.axis as number, x.shape)[0];
  if (axis !== 0 || attrs?.batchDims !== 0 || !isWord(x.dtype) || indices.dtype !== 'int32') return undefined;
  if (sizeOf(x.shape) === 0 || sizeOf(indices.shape) === 0) return undefined;
  const [rows, ...row] = x.shape;
  const y = backend.output([...indices.shape, ...row], x.dtype);
  const numbers = backend.values(indices.dataId) as Int32Array;
  if (backend.kernels.takeRows(words(backend, x), numbers, words(backend, y), rows, sizeOf(row))) return y;
  backend.disposeData(y.dataId);
  return undefined; // cpu's kernel reports the index out of range
};

const cast: Operation = ({ inputs: { x }, attrs, backend }) => {
  const dtype = attrs?.dtype as tf.DataType;
  // cpu relabels int32 as float32 without converting.
  if (!isWord(dtype) || dtype === x.dtype || !(isWord(x.dtype) || x.dtype === 'bool')) return undefined;
  const y = backend.output(x.shape, dtype);
  backend.values(y.dataId).set(backend.values(x.dataId));
  return y;
};

function filled(
  backend: NativeBackend,
  shape: number[],
  dtype: unknown,
  value: number,
): tf.TensorInfo | undefined {
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') return undefined;
  const y = backend.output(shape, dtype);
  backend.values(y.dataId).fill(value);
  return y;
}

const fill: Operation = ({ attrs, backend }) => {
  const value = attrs?.value as number | string;
  if (typeof value !== 'number') return undefined;
  return filled(backend, attrs?.shape as number[], attrs?.dtype || tf.util.inferDtype(value), value);
};

/** The same memory in one more tensor. Replaces cpu's slower kernel: every saved tensor is such a clone. */
const identity: Operation = ({ inputs: { x }, backend }) => {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
};

export const layout: Operations = {
  Identity: identity,
  Transpose: transpose,
  Slice: slice,
  SplitV: split,
  Unpack: unpack,
  Concat: concat,
  Pack: pack,
  GatherV2: gather,
  Cast: cast,
  Fill: fill,
  ZerosLike: ({ inputs: { x }, backend }) => filled(backend, x.shape, x.dtype, 0),
  OnesLike: ({ inputs: { x }, backend }) => filled(backend, x.shape, x.dtype, 1),
};
