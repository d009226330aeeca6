// Reductions over any dimensions, cumulative sums and products, argmax, softmax and segment sum. Empty tensors are left to
// cpu's kernels.
import { tf } from '../../tf.js';
import type { KernelsBackend } from '../backend.js';
import { converted } from './elementwise.js';
import { transposed } from './layout.js';
import {
  floats,
  isNumeric,
  shared,
  sizeOf,
  type Numeric,
  type Operation,
  type Operations,
} from './operation.js';

/** The kernels' numbers for reductions. */
const REDUCTION = { Sum: 0, Prod: 1, Max: 2, Min: 3 } as const;

/** The sizes before a range of dimensions, of the range and after it. */
function around(shape: number[], first: number, end: number): [number, number, number] {
  return [sizeOf(shape.slice(0, first)), sizeOf(shape.slice(first, end)), sizeOf(shape.slice(end))];
}

/** Reduces x over some dimensions: over the last run of adjacent ones first, then over those before. */
function reduced(
  backend: KernelsBackend,
  x: tf.TensorInfo,
  axes: readonly number[],
  operation: number,
  scale = 1,
): tf.TensorInfo {
  const shape = x.shape.map((size, d) => (axes.includes(d) ? 1 : size));
  let result = shared(backend, x, x.shape);
  for (let end = shape.length; end > 0; end--) {
    let first = end;
    while (first > 0 && (axes.includes(first - 1) || x.shape[first - 1] === 1)) first--;
    const [planes, rows, columns] = around(result.shape, first, end);
    const isLast = axes.every((d) => d >= first || x.shape[d] === 1);
    if (rows > 1) {
      const smaller = result.shape.map((size, d) => (d >= first && d < end ? 1 : size));
      const y = backend.output(smaller, x.dtype as Numeric);
      const [values, to] = [backend.values(result.dataId), backend.values(y.dataId)];
      backend.kernels.reduce({
        x: values,
        y: to,
        operation,
        planes,
        rows,
        columns,
        scale: isLast ? scale : 1,
      });
      backend.disposeData(result.dataId);
      result = y;
    }
    end = first;
  }
  return result;
}

/** The shape without the reduced dimensions. */
function without(shape: number[], axes: readonly number[], keepDims: unknown): number[] {
  return shape.flatMap((size, d) => (!axes.includes(d) ? [size] : keepDims ? [1] : []));
}

/** The dimensions to reduce. */
function parsed(axis: unknown, x: tf.TensorInfo): number[] {
  return tf.util.parseAxisParam(axis as number | number[], x.shape);
}

function reduction(operation: number, types: readonly tf.DataType[], attribute = 'axis'): Operation {
  return ({ inputs: { x }, attrs, backend }) => {
    if (!types.includes(x.dtype) || sizeOf(x.shape) === 0) return undefined;
    const axes = parsed(attrs?.[attribute], x);
    const shape = without(x.shape, axes, attrs?.keepDims);
    if (operation === REDUCTION.Prod && x.dtype === 'float32') {
      // in float64, which takes contiguous elements
      return withLast(backend, x, axes, (last, rows, columns) => {
        const y = backend.output(shape, 'float32');
        const [values, to] = [floats(backend, last), floats(backend, y)];
        backend.kernels.reduce({
          x: values,
          y: to,
          operation,
          planes: rows,
          rows: columns,
          columns: 1,
          scale: 1,
        });
        return y;
      });
    }
    return { ...reduced(backend, x, axes, operation), shape };
  };
}

const mean: Operation = ({ inputs: { x }, attrs, backend }) => {
  if (!isNumeric(x.dtype) || sizeOf(x.shape) === 0) return undefined;
  const axes = parsed(attrs?.axis, x);
  const shape = without(x.shape, axes, attrs?.keepDims);
  const count = axes.reduce((product, d) => product * x.shape[d], 1);
  const numbers = x.dtype === 'float32' ? shared(backend, x, x.shape) : converted(backend, x, 'float32');
  const result = reduced(backend, numbers, axes, REDUCTION.Sum, 1 / count);
  backend.disposeData(numbers.dataId);
  return { ...result, shape };
};

/** Calls `run` with x as rows of the given dimensions, which are transposed to the end if necessary. */
function withLast(
  backend: KernelsBackend,
  x: tf.TensorInfo,
  axes: readonly number[],
  run: (x: tf.TensorInfo, rows: number, columns: number) => tf.TensorInfo,
): tf.TensorInfo {
  const order = [...x.shape.keys()].sort((a, b) => Number(axes.includes(a)) - Number(axes.includes(b)));
  const isSorted = order.every((d, i) => d === i);
  const last = isSorted ? shared(backend, x, x.shape) : transposed(backend, x, order);
  const columns = axes.reduce((product, d) => product * x.shape[d], 1);
  const y = run(last, sizeOf(x.shape) / columns, columns);
  backend.disposeData(last.dataId);
  return y;
}

function argExtremum(smallest: boolean): Operation {
  return ({ inputs: { x }, attrs, backend }) => {
    if ((x.dtype !== 'float32' && x.dtype !== 'int32') || sizeOf(x.shape) === 0) return undefined;
    const axes = parsed(attrs?.axis, x);
    if (axes.length !== 1) return undefined;
    return withLast(backend, x, axes, (last, rows, columns) => {
      const y = backend.output(without(x.shape, axes, false), 'int32');
      const places = backend.values(y.dataId) as Int32Array;
      backend.kernels.argExtremum({ x: backend.values(last.dataId), y: places, rows, columns, smallest });
      return y;
    });
  };
}

function cumulative(operation: number): Operation {
  return ({ inputs: { x }, attrs, backend }) => {
    if (!isNumeric(x.dtype) || sizeOf(x.shape) === 0 || x.shape.length === 0) return undefined;
    const [axis] = parsed(attrs?.axis, x);
    const numbers = x.dtype === 'bool' ? converted(backend, x, 'int32') : shared(backend, x, x.shape);
    const y = backend.output(x.shape, numbers.dtype as Numeric);
    const [values, to] = [backend.values(numbers.dataId), backend.values(y.dataId)];
    const [planes, rows, columns] = around(x.shape, axis, axis + 1);
    const { exclusive, reverse } = attrs as unknown as tf.CumsumAttrs;
    backend.kernels.cumulate({
      x: values,
      y: to,
      operation,
      planes,
      rows,
      columns,
      exclusive: Boolean(exclusive),
      reverse: Boolean(reverse),
    });
    backend.disposeData(numbers.dataId);
    return y;
  };
}

const softmax: Operation = ({ inputs: { logits }, attrs, backend }) => {
  const { shape } = logits;
  const dim = attrs?.dim as number;
  const columns = shape.at(-1) ?? 0;
  if (logits.dtype !== 'float32' || dim !== shape.length - 1) return undefined;
  const output = backend.output(shape, 'float32');
  if (sizeOf(shape) === 0) return output;
  backend.kernels.softmaxRows({
    x: floats(backend, logits),
    y: floats(backend, output),
    rows: sizeOf(shape) / columns,
    columns,
  });
  return output;
};

/** Sums of the rows of each segment: the gradient of a gather. */
const segmentSum: Operation = ({ inputs: { x, segmentIds }, attrs, backend }) => {
  if (x.dtype !== 'float32' || segmentIds.dtype !== 'int32' || segmentIds.shape.length !== 1)
    return undefined;
  const segments = attrs?.numSegments as number;
  const [tokens, ...row] = x.shape;
  const ids = backend.values(segmentIds.dataId) as Int32Array;
  // tfjs ignores ids out of range; the kernel reports them.
  if (sizeOf(x.shape) === 0 || ids.length !== tokens || ids.some((id) => id < 0 || id >= segments))
    return undefined;
  const output = backend.output([segments, ...row], 'float32');
  const sums = floats(backend, output);
  backend.kernels.embeddingBackward({
    ids,
    dy: floats(backend, x),
    dTable: sums,
    tokens,
    rows: segments,
    period: tokens,
    width: sizeOf(row),
  });
  return output;
};

export const reductions: Operations = {
  Sum: reduction(REDUCTION.Sum, ['float32', 'int32']),
  Prod: reduction(REDUCTION.Prod, ['float32', 'int32']),
  Max: reduction(REDUCTION.Max, ['float32', 'int32', 'bool'], 'reductionIndices'),
  Min: reduction(REDUCTION.Min, ['float32', 'int32', 'bool']),
  Any: reduction(REDUCTION.Max, ['bool']),
  All: reduction(REDUCTION.Min, ['bool']),
  Mean: mean,
  Cumsum: cumulative(REDUCTION.Sum),
  Cumprod: cumulative(REDUCTION.Prod),
  ArgMax: argExtremum(false),
  ArgMin: argExtremum(true),
  Softmax: softmax,
  UnsortedSegmentSum: segmentSum,
};
