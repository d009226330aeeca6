import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  DTYPES,
  elementCount,
  fromFloat32,
  isNamedArray,
  type DType,
  type NamedArray,
} from './named-array.js';
import { toFloat32 } from './to-float32.js';

const hashes = JSON.parse(
  readFileSync(new URL('../fixtures/floats.json', import.meta.url), 'utf8'),
) as Record<string, string>;

describe('toFloat32', () => {
  it.each(Object.keys(hashes))('%s: every bit pattern equals PyTorch', (name) => {
    const dtype = name as DType;
    const bits = new DTYPES[dtype](256 ** DTYPES[dtype].BYTES_PER_ELEMENT);
    for (let i = 0; i < bits.length; i++) (bits as Uint16Array)[i] = i;
    const values = toFloat32({ dtype, shape: [bits.length], data: bits }).map((value) =>
      Number.isNaN(value) ? 0.123 : value,
    );
    expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')).toBe(hashes[name]);
  });

  it('rounds wider types, converts the others exactly', () => {
    expect(toFloat32({ dtype: 'F64', shape: [2], data: Float64Array.of(0.1, 1e300) })).toEqual(
      Float32Array.of(Math.fround(0.1), Infinity),
    );
    expect(toFloat32({ dtype: 'I64', shape: [1], data: BigInt64Array.of(-(2n ** 40n)) })).toEqual(
      Float32Array.of(-(2 ** 40)),
    );
    expect(toFloat32({ dtype: 'U64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) })).toEqual(
      Float32Array.of(2 ** 64),
    );
    expect(toFloat32({ dtype: 'I8', shape: [2], data: Int8Array.of(-128, 1) })).toEqual(
      Float32Array.of(-128, 1),
    );
    expect(toFloat32({ dtype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) })).toEqual(
      Float32Array.of(0, 1),
    );
  });

  it('always copies', () => {
    const data = Float32Array.of(1);
    toFloat32({ dtype: 'F32', shape: [1], data })[0] = 2;
    expect(data[0]).toBe(1);
  });
});

describe('named arrays', () => {
  it('have the number of values of their shape', () => {
    expect(fromFloat32(Float32Array.of(1, 2), [1, 2])).toEqual({
      dtype: 'F32',
      shape: [1, 2],
      data: Float32Array.of(1, 2),
    });
    expect(() => fromFloat32(new Float32Array(3), [2, 2])).toThrow('shape [2, 2] does not match 3 values');
    expect([
      elementCount([]),
      elementCount([3, 0, 2]),
      elementCount([2 ** 30, 2 ** 30]),
      elementCount([-1]),
    ]).toEqual([1, 0, undefined, undefined]);
  });

  it('are distinguished from containers', () => {
    const array: NamedArray = fromFloat32(new Float32Array(1), [1]);
    expect(isNamedArray(array)).toBe(true);
    const dict: unknown = Object.assign(Object.create(null) as object, array);
    for (const other of [
      null,
      1,
      'F32',
      [],
      {},
      dict,
      { ...array, dtype: 'F16' },
      { ...array, dtype: 'toString' },
    ]) {
      expect(isNamedArray(other)).toBe(false);
    }
  });
});
