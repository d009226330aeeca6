// Copies, gather and fill. Strings and complex numbers are left to cpu's kernels.
import { tf } from '../../tf.js';
import type { KernelsBackend } from '../backend.js';
import {
  isNumeric,
  parts,
  shared,
  sizeOf,
  type Numeric,
  type Operation,
  type Operations,
} from './operation.js';

/** A part of a tensor: the offset of its first element, and its strides. */
interface Part {
  readonly start: number;
  readonly strides: readonly number[];
}

/** The whole tensor. */
function whole(shape: readonly number[]): Part {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d];
  }
  return { start: 0, strides };
}

/** The part of a tensor that starts at an element. */
function from(shape: readonly number[], begin: readonly number[]): Part {
  const { strides } = whole(shape);
  return { start: strides.reduce((at, stride, d) => at + begin[d] * stride, 0), strides };
}

/** Copies a part of x of these sizes to a part of y. */
function copy(
  backend: KernelsBackend,
  [x, source]: readonly [tf.TensorInfo, Part],
  [y, goal]: readonly [tf.TensorInfo, Part],
  sizes: readonly number[],
): void {
  if (sizes.includes(0)) return;
  const rank = sizes.length;
  const both = parts[3 * rank];
  for (let d = 0; d < rank; d++) {
    both[d] = sizes[d];
    both[rank + d] = source.strides[d];
    both[2 * rank + d] = goal.strides[d];
  }
  backend.kernels.copy({
    x: backend.values(x.dataId),
    y: backend.values(y.dataId),
    parts: both,
    xStart: source.start,
    yStart: goal.start,
  });
}

/** A tensor with the elements of a part of x. */
function copied(
  backend: KernelsBackend,
  x: tf.TensorInfo,
  part: Part,
  sizes: readonly number[],
  shape = [...sizes],
): tf.TensorInfo {
  const y = backend.output(shape, x.dtype as Numeric);
  copy(backend, [x, part], [y, whole(sizes)], sizes);
  return y;
}

/** Dimension d of the result is dimension order[d] of x. */
export function transposed(
  backend: KernelsBackend,
  x: tf.TensorInfo,
  order: readonly number[],
): tf.TensorInfo {
  const shape = order.map((d) => x.shape[d]);
  if (x.dtype === 'bool') {
    const { strides } = whole(x.shape);
    return copied(backend, x, { start: 0, strides: order.map((d) => strides[d]) }, shape);
  }
  const y = backend.output(shape, x.dtype as Numeric);
  const [values, to] = [backend.values(x.dataId), backend.values(y.dataId)];
  backend.kernels.transpose({
    x: values,
    y: to,
    shape: Int32Array.from(x.shape),
    order: Int32Array.from(order),
  });
  return y;
}

const transpose: Operation = ({ inputs: { x }, attrs, backend }) =>
  isNumeric(x.dtype) ? transposed(backend, x, attrs?.perm as number[]) : undefined;

/** A slice: the same memory if it is contiguous, otherwise a copy. */
function part(backend: KernelsBackend, x: tf.TensorInfo, begin: number[], size: number[]): tf.TensorInfo {
  if (!tf.slice_util.isSliceContinous(x.shape, begin, size)) {
    return copied(backend, x, from(x.shape, begin), size);
  }
  return backend.part(x, from(x.shape, begin).start, size);
}

const slice: Operation = ({ inputs: { x }, attrs, backend }) => {
  if (!isNumeric(x.dtype)) return undefined;
  const [begin, size] = tf.slice_util.parseSliceParams(
    x as unknown as tf.Tensor,
    attrs?.begin as number[],
    attrs?.size as number[],
  );
  tf.slice_util.assertParamsValid(x as unknown as tf.Tensor, begin, size);
  return part(backend, x, begin, size);
};

const stridedSlice: Operation = ({ inputs: { x }, attrs, backend }) => {
  if (!isNumeric(x.dtype)) return undefined;
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } =
    attrs as unknown as tf.StridedSliceAttrs;
  const info = tf.slice_util.sliceInfo(
    x.shape,
    begin,
    end,
    strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  );
  if (info.isIdentity) return shared(backend, x, info.finalShape);
  const sizes = tf.slice_util.computeOutShape(info.begin, info.end, info.strides).map((n) => Math.max(0, n));
  const source = from(x.shape, info.begin);
  const steps = source.strides.map((stride, d) => stride * info.strides[d]);
  return copied(backend, x, { start: source.start, strides: steps }, sizes, info.finalShape);
};

const reverse: Operation = ({ inputs: { x }, attrs, backend }) => {
  if (!isNumeric(x.dtype) || x.shape.length === 0) return undefined;
  const reversed = tf.util.parseAxisParam(attrs?.dims as number[], x.shape);
  const last = x.shape.map((size, d) => (reversed.includes(d) ? size - 1 : 0));
  const source = from(x.shape, last);
  const strides = source.strides.map((stride, d) => (reversed.includes(d) ? -stride : stride));
  return copied(backend, x, { start: source.start, strides }, x.shape);
};

/** Each dimension becomes two: the repetitions, along which x does not vary, and its own. */
const tile: Operation = ({ inputs: { x }, attrs, backend }) => {
  if (!isNumeric(x.dtype)) return undefined;
  const repetitions = attrs?.reps as number[];
  const sizes = x.shape.flatMap((size, d) => [repetitions[d], size]);
  const strides = whole(x.shape).strides.flatMap((stride) => [0, stride]);
  const shape = x.shape.map((size, d) => size * repetitions[d]);
  return copied(backend, x, { start: 0, strides }, sizes, shape);
};

const pad: Operation = ({ inputs: { x }, attrs, backend }) => {
  const { paddings, constantValue } = attrs as unknown as tf.PadV2Attrs;
  if (!isNumeric(x.dtype) || paddings.flat().some((count) => count < 0)) return undefined;
  const shape = x.shape.map((size, d) => paddings[d][0] + size + paddings[d][1]);
  const y = backend.output(shape, x.dtype);
  backend.values(y.dataId).fill(constantValue);
  const begin = paddings.map(([before]) => before);
  copy(backend, [x, whole(x.shape)], [y, from(shape, begin)], x.shape);
  return y;
};

/** One gather for each dimension that is padded. */
const mirrorPad: Operation = ({ inputs: { x }, attrs, backend }) => {
  const { paddings, mode } = attrs as unknown as tf.MirrorPadAttrs;
  if (!isNumeric(x.dtype) || sizeOf(x.shape) === 0) return undefined;
  const repeated = mode === 'reflect' ? 0 : 1;
  let y = shared(backend, x, x.shape);
  for (const [d, [before, after]] of paddings.entries()) {
    if (before === 0 && after === 0) continue;
    const size = y.shape[d];
    const indices = Int32Array.from({ length: before + size + after }, (_, i) => {
      const at = i - before;
      if (at < 0) return -at - repeated;
      return at < size ? at : 2 * (size - 1) - at + repeated;
    });
    const padded = gathered(
      backend,
      y,
      indices,
      [1, sizeOf(y.shape.slice(0, d)), size, sizeOf(y.shape.slice(d + 1))],
      [...y.shape.slice(0, d), indices.length, ...y.shape.slice(d + 1)],
    );
    backend.disposeData(y.dataId);
    if (!padded) return undefined;
    y = padded;
  }
  return y;
};

const split: Operation = ({ inputs: { x }, attrs, backend }) => {
  if (!isNumeric(x.dtype)) return undefined;
  const axis = tf.util.parseAxisParam(attrs?.axis as number, x.shape)[0];
  const sizes = tf.backend_util.prepareSplitSize(
    x as unknown as tf.Tensor,
    attrs?.numOrSizeSplits as number[],
    axis,
  );
  return pieces(backend, x, axis, sizes);
};

const unpack: Operation = ({ inputs: { value }, attrs, backend }) => {
  if (!isNumeric(value.dtype)) return undefined;
  const axis = tf.util.parseAxisParam(attrs?.axis as number, value.shape)[0];
  const shape = value.shape.filter((_, d) => d !== axis);
  const ones = new Array<number>(value.shape[axis]).fill(1);
  return pieces(backend, value, axis, ones).map((info) => ({ ...info, shape }));
};

function pieces(backend: KernelsBackend, x: tf.TensorInfo, axis: number, sizes: number[]): tf.TensorInfo[] {
  const begin = x.shape.map(() => 0);
  return sizes.map((along) => {
    const size = x.shape.map((whole, d) => (d === axis ? along : whole));
    const piece = part(backend, x, begin, size);
    begin[axis] += along;
    return piece;
  });
}

/** Concatenates tensors [outer, columns] along the columns. */
function concatColumns(
  backend: KernelsBackend,
  tensors: tf.TensorInfo[],
  shape: number[],
  outer: number,
): tf.TensorInfo {
  const y = backend.output(shape, tensors[0].dtype as Numeric);
  const to = backend.values(y.dataId);
  const columns = to.length / outer;
  const both = parts[6];
  let start = 0;
  for (const { dataId } of tensors) {
    const values = backend.values(dataId);
    const width = values.length / outer;
    // sizes, strides of x, strides of y
    both[0] = outer;
    both[1] = both[2] = width;
    both[4] = columns;
    both[3] = both[5] = 1;
    backend.kernels.copy({ x: values, y: to, parts: both, xStart: 0, yStart: start });
    start += width;
  }
  return y;
}

const concat: Operation = ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { dtype } = tensors[0];
  if (!isNumeric(dtype) || tensors.some((tensor) => tensor.dtype !== dtype)) return undefined;
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
  if (!isNumeric(dtype) || !alike || tensors.length < 2 || sizeOf(shape) === 0) return undefined;
  const axis = attrs?.axis as number;
  const stacked = [...shape.slice(0, axis), tensors.length, ...shape.slice(axis)];
  return concatColumns(backend, tensors, stacked, sizeOf(shape.slice(0, axis)));
};

/** Rows of x [batch, outer, rows, inner] at indices [batch, …]; undefined if one is out of range. */
function gathered(
  backend: KernelsBackend,
  x: tf.TensorInfo,
  indices: Int32Array,
  [batch, outer, rows, inner]: readonly [number, number, number, number],
  shape: number[],
): tf.TensorInfo | undefined {
  const y = backend.output(shape, x.dtype as Numeric);
  const [values, to] = [backend.values(x.dataId), backend.values(y.dataId)];
  if (backend.kernels.gather({ x: values, indices, y: to, batch, outer, rows, inner })) return y;
  backend.disposeData(y.dataId);
  return undefined;
}

const gather: Operation = ({ inputs: { x, indices }, attrs, backend }) => {
  if (!isNumeric(x.dtype) || indices.dtype !== 'int32') return undefined;
  if (sizeOf(x.shape) === 0 || sizeOf(indices.shape) === 0) return undefined;
  const axis = tf.util.parseAxisParam(attrs?.axis as number, x.shape)[0];
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
    tf.backend_util.segment_util.collectGatherOpShapeInfo(
      x as unknown as tf.Tensor,
      indices as unknown as tf.Tensor,
      axis,
      (attrs?.batchDims as number | undefined) ?? 0,
    );
  const numbers = backend.values(indices.dataId) as Int32Array;
  // If an index is out of range, cpu's kernel reports it.
  return gathered(backend, x, numbers, [batchSize, outerSize, dimSize, sliceSize], outputShape);
};

function filled(
  backend: KernelsBackend,
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

/** Of an empty tensor: cpu's kernel takes the positions one by one. */
const depthToSpace: Operation = ({ inputs: { x }, attrs, backend }) => {
  if (!isNumeric(x.dtype) || sizeOf(x.shape) !== 0 || attrs?.dataFormat !== 'NHWC') return undefined;
  const [batch, height, width, depth] = x.shape;
  const block = attrs.blockSize as number;
  return backend.output([batch, height * block, width * block, depth / block ** 2], x.dtype);
};

export const layout: Operations = {
  // Replaces cpu's slower kernel: every saved tensor is such a clone.
  Identity: ({ inputs: { x }, backend }) => shared(backend, x, x.shape),
  Transpose: transpose,
  Slice: slice,
  StridedSlice: stridedSlice,
  Reverse: reverse,
  Tile: tile,
  PadV2: pad,
  MirrorPad: mirrorPad,
  SplitV: split,
  Unpack: unpack,
  Concat: concat,
  Pack: pack,
  GatherV2: gather,
  DepthToSpace: depthToSpace,
  Fill: fill,
  ZerosLike: ({ inputs: { x }, backend }) => filled(backend, x.shape, x.dtype, 0),
  OnesLike: ({ inputs: { x }, backend }) => filled(backend, x.shape, x.dtype, 1),
};
