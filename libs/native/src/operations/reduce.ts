// Sum, mean, max, argmax, softmax and segment sum of float32 tensors. Reductions of dimensions that are not adjacent, and of
// empty tensors, are left to cpu's kernels.
import { tf } from '../tf.js';
import { floats, sizeOf, type Operation, type Operations } from './operation.js';

/** A reduction of adjacent dimensions as one of [outer, reduced, inner]. */
interface Plan {
  readonly shape: number[];
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
}

function plan(x: tf.TensorInfo, axis: unknown, keepDims: unknown): Plan | undefined {
  if (x.dtype !== 'float32' || sizeOf(x.shape) === 0) return undefined;
  const axes = tf.util.parseAxisParam(axis as number | number[], x.shape).sort((a, b) => a - b);
  const first = axes[0] ?? 0;
  if (axes.some((d, i) => d !== first + i)) return undefined;
  const end = first + axes.length;
  return {
    shape: x.shape.flatMap((size, d) => (d < first || d >= end ? [size] : keepDims ? [1] : [])),
    outer: sizeOf(x.shape.slice(0, first)),
    reduced: sizeOf(x.shape.slice(first, end)),
    inner: sizeOf(x.shape.slice(end)),
  };
}

function sum(mean: boolean): Operation {
  return ({ inputs: { x }, attrs, backend }) => {
    const planned = plan(x, attrs?.axis, attrs?.keepDims);
    if (!planned) return undefined;
    const { outer, reduced, inner } = planned;
    const scale = mean ? 1 / reduced : 1;
    const output = backend.output(planned.shape, 'float32');
    const from = floats(backend, x);
    const to = floats(backend, output);
    if (inner === 1) {
      backend.kernels.sumRows(from, to, outer, reduced, scale);
    } else {
      for (let i = 0; i < outer; i++) {
        const plane = from.subarray(i * reduced * inner, (i + 1) * reduced * inner);
        backend.kernels.sumColumns(plane, to.subarray(i * inner, (i + 1) * inner), reduced, inner, scale);
      }
    }
    return output;
  };
}

const max: Operation = ({ inputs: { x }, attrs, backend }) => {
  const planned = plan(x, attrs?.reductionIndices, attrs?.keepDims);
  if (!planned || planned.inner !== 1) return undefined;
  const output = backend.output(planned.shape, 'float32');
  backend.kernels.maxRows(floats(backend, x), floats(backend, output), planned.outer, planned.reduced);
  return output;
};

const argMax: Operation = ({ inputs: { x }, attrs, backend }) => {
  const planned = plan(x, attrs?.axis, false);
  if (!planned || planned.inner !== 1) return undefined;
  const output = backend.output(planned.shape, 'int32');
  const places = backend.values(output.dataId) as Int32Array;
  backend.kernels.argmaxRows(floats(backend, x), places, planned.outer, planned.reduced);
  return output;
};

const softmax: Operation = ({ inputs: { logits }, attrs, backend }) => {
  const planned = plan(logits, attrs?.dim, false);
  if (!planned || planned.inner !== 1) return undefined;
  const output = backend.output(logits.shape, 'float32');
  const { outer, reduced } = planned;
  backend.kernels.softmaxRows(floats(backend, logits), floats(backend, output), outer, reduced);
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
  backend.kernels.embeddingBackward(
    ids,
    floats(backend, x),
    sums,
    undefined,
    tokens,
    segments,
    tokens,
    sizeOf(row),
  );
  return output;
};

export const reductions: Operations = {
  Sum: sum(false),
  Mean: sum(true),
  Max: max,
  ArgMax: argMax,
  Softmax: softmax,
  UnsortedSegmentSum: segmentSum,
};
