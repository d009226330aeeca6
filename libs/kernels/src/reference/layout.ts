// Transpose, copies between strided arrays, and gather.
import type { Kernels } from '../kernels.js';
import { assert } from './checked.js';
import { MAX_RANK, assertOneType, typeOf } from './elementwise.js';

type Layout = Pick<Kernels, 'transpose' | 'copy' | 'gather'>;

/** The indices of all elements of a shape, in row-major order. */
function* indicesOf(shape: readonly number[]): Generator<number[]> {
  const count = shape.reduce((all, size) => all * size, 1);
  const index = shape.map(() => 0);
  for (let i = 0; i < count; i++) {
    yield index;
    for (let d = shape.length - 1; d >= 0 && ++index[d] === shape[d]; d--) index[d] = 0;
  }
}

/** The element at an index. */
const offset = (index: readonly number[], strides: readonly number[], start = 0): number =>
  index.reduce((at, i, d) => at + i * strides[d], start);

/** Strides of an array in row-major order. */
function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, d) => shape.slice(d + 1).reduce((all, size) => all * size, 1));
}

function assertRank(name: string, rank: number): void {
  assert(rank <= MAX_RANK, `${name}: ${rank} dimensions. Expected at most ${MAX_RANK}.`);
}

export const layout: Layout = {
  transpose({ x, y, ...call }) {
    const [shape, order] = [[...call.shape], [...call.order]];
    assertRank('shape', shape.length);
    assert(
      shape.every((size) => size >= 0),
      'shape: a negative size. Expected at least 0.',
    );
    const isPermutation = shape.every((_, d) => order.includes(d));
    assert(isPermutation, `order: ${order.join(', ')}. Expected a permutation of the dimensions.`);
    assertOneType(x, y);
    assert(typeOf(x) !== 'bool', 'x: bools. Expected float32 or int32 numbers.');
    const strides = rowMajor(shape);
    let i = 0;
    for (const index of indicesOf(order.map((d) => shape[d]))) {
      y[i++] = x[offset(index, order.map((d) => strides[d]))]; // prettier-ignore
    }
  },

  copy({ x, y, parts, xStart, yStart }) {
    const rank = parts.length / 3;
    assertRank('parts', rank);
    const [sizes, xStrides, yStrides] = [0, 1, 2].map((k) => [...parts.subarray(k * rank, (k + 1) * rank)]);
    const numbers = [...parts, xStart, yStart];
    assert(numbers.every(Number.isInteger), `parts: ${numbers.join(', ')}. Expected integers.`);
    const isPositive = [...sizes, xStart, yStart].every((number) => number >= 0);
    assert(isPositive, 'parts: a negative size or start. Expected at least 0.');
    assertOneType(x, y);
    if (sizes.includes(0)) return;
    assertInside('x', x.length, sizes, xStrides, xStart);
    assertInside('y', y.length, sizes, yStrides, yStart);
    let extent = 1; // of the dimensions after d
    for (let d = rank - 1; d >= 0; d--) {
      if (sizes[d] === 1) continue;
      assert(yStrides[d] >= extent, `parts: strides ${yStrides.join(', ')} of y. Expected row-major order.`);
      extent += (sizes[d] - 1) * yStrides[d];
    }
    for (const index of indicesOf(sizes))
      y[offset(index, yStrides, yStart)] = x[offset(index, xStrides, xStart)];
  },

  gather({ x, indices, y, batch, outer, rows, inner }) {
    assertOneType(x, y);
    if (indices.some((index) => index < 0 || index >= rows)) return false;
    const each = batch === 0 ? 0 : indices.length / batch;
    for (const [b, o, i, c] of indicesOf([batch, outer, each, inner])) {
      const row = indices[b * each + i];
      y[((b * outer + o) * each + i) * inner + c] = x[((b * outer + o) * rows + row) * inner + c];
    }
    return true;
  },
};

/** Requires the first and last elements of a part to be inside an array. */
function assertInside(
  name: string,
  length: number,
  sizes: readonly number[],
  strides: readonly number[],
  start: number,
): void {
  const spans = sizes.map((size, d) => (size - 1) * strides[d]);
  const first = start + spans.reduce((all, span) => all + Math.min(span, 0), 0);
  const last = start + spans.reduce((all, span) => all + Math.max(span, 0), 0);
  assert(
    first >= 0 && last < length,
    `parts: elements ${first} to ${last} of ${name}. Expected 0 to ${length - 1}.`,
  );
}
