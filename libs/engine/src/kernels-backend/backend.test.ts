import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openNative } from '@lilformer/native';
import { openEngine, tf } from '../index.js';
import { close } from '../testing/close.js';
import { kernelEngines } from '../testing/engines.js';
import type { KernelsBackend } from './backend.js';
import { kernelsBackend } from './current.js';

const backend = (): KernelsBackend => kernelsBackend()!;
/** The address of a tensor. */
const placeOf = ({ dataId }: tf.Tensor): { buffer: number; offset: number } => {
  const { buffer, byteOffset } = backend().values(dataId);
  if (!buffers.includes(buffer)) buffers.push(buffer);
  return { buffer: buffers.indexOf(buffer), offset: byteOffset };
};
const buffers: ArrayBufferLike[] = [];
const live = (): number => backend().poolStatistics().live;

describe.each(kernelEngines)('the backend %s', (engine) => {
  beforeAll(async () => {
    await openEngine({ engine });
  });

  beforeEach(async () => {
    await tf.setBackend(engine);
    tf.engine().startScope();
  });

  afterEach(() => {
    tf.engine().endScope();
  });

  it('prints no banner', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    tf.square(tf.tensor([1, 2])).dispose();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('has every kernel of the cpu backend', () => {
    const names = (backend: string): string[] =>
      tf
        .getKernelsForBackend(backend)
        .map(({ kernelName }) => kernelName)
        .sort();
    expect(names(engine)).toEqual(names('cpu'));
  });

  it('aligns tensors of any size to 64 bytes', () => {
    for (const length of [1, 15, 16, 17, 1000, 65_536]) {
      const info = backend().output([length], 'float32');
      const array = backend().values(info.dataId);
      expect(array.length).toBe(length);
      const place =
        engine === 'native' ? openNative().alignmentOf(array as Float32Array) : array.byteOffset % 64;
      expect(place).toBe(0);
      backend().disposeData(info.dataId);
    }
  });

  it('reuses the memory of a tensor once it is disposed', () => {
    const ones = tf.add(tf.zeros([1000]), 1);
    const a = tf.add(ones, 1);
    const place = placeOf(a);
    const copy = tf.clone(a);
    a.dispose();
    const b = tf.add(ones, 2);
    expect(placeOf(b)).not.toEqual(place);
    copy.dispose();
    const c = tf.add(ones, 3);
    expect(placeOf(c)).toEqual(place);
  });

  it('keeps a block while a slice of it is alive', () => {
    const whole = tf.add(tf.zeros([100, 10]), 5);
    const part = tf.slice(whole, [50, 0], [10, 10]);
    const { buffer, offset } = placeOf(whole);
    expect(placeOf(part)).toEqual({ buffer, offset: offset + 50 * 10 * 4 });
    const before = live();
    whole.dispose();
    expect(live()).toBe(before);
    for (let i = 0; i < 5; i++) tf.add(tf.zeros([100, 10]), i);
    expect([...part.dataSync()]).toEqual(new Array(100).fill(5));
    expect(backend().mayOverwrite(part.dataId)).toBe(true);
  });

  it('allows overwriting only pooled memory of a single tensor', () => {
    const mine = tf.tensor(new Float32Array([1, 2, 3]));
    expect(backend().mayOverwrite(mine.dataId)).toBe(false);
    const made = tf.add(mine, 1);
    expect(backend().mayOverwrite(made.dataId)).toBe(true);
    const clone = tf.clone(made);
    expect(backend().mayOverwrite(made.dataId)).toBe(false);
    clone.dispose();
    const slice = tf.slice(made, [0], [2]);
    expect(backend().mayOverwrite(made.dataId)).toBe(false);
    slice.dispose();
    expect(backend().mayOverwrite(made.dataId)).toBe(true);
  });

  it('copies on read, into a new buffer', async () => {
    const x = tf.add(tf.tensor([1, 2, 3]), 1);
    const read = [x.dataSync(), await x.data(), x.bufferSync().values] as Float32Array[];
    for (const array of read) {
      expect([...array]).toEqual([2, 3, 4]);
      expect(array.buffer.byteLength).toBe(12);
      array.fill(9);
    }
    expect([...x.dataSync()]).toEqual([2, 3, 4]);
  });

  it('copies on read inside a custom gradient as well', () => {
    let held: Float32Array | undefined;
    const f = tf.customGrad((x) => {
      const value = tf.square(x as tf.Tensor);
      held = value.dataSync() as Float32Array;
      return { value: tf.add(value, 0), gradFunc: (dy) => dy as tf.Tensor };
    });
    f(tf.tensor([3, 4]));
    for (let i = 0; i < 5; i++) tf.add(tf.zeros([2]), 100);
    expect([...held!]).toEqual([9, 16]);
  });

  it('moves tensors to another backend and back', async () => {
    const x = tf.add(tf.tensor([1, 2, 3]), 1);
    await tf.setBackend('cpu');
    const y = tf.mul(x, 2);
    expect([...y.dataSync()]).toEqual([4, 6, 8]);
    await tf.setBackend(engine);
    tf.add(x, y).dispose(); // moves both into the memory of the kernels
    const before = live();
    const z = tf.add(x, y);
    expect([...z.dataSync()]).toEqual([6, 9, 12]);
    z.dispose();
    expect(live()).toBe(before);
  });

  it('makes arrays of zeros outside the pool, which kernels use in place', () => {
    const before = live();
    const array = backend().zeros(1000);
    expect(array).toEqual(new Float32Array(1000));
    backend().kernels.accumulate({ x: new Float32Array(1000).fill(2), y: array });
    expect(array).toEqual(new Float32Array(1000).fill(2));
    expect(live()).toBe(before);
    tf.add(tf.ones([1000]), 1).dispose();
    expect(array[999]).toBe(2);
  });

  it('rejects a disposed tensor', () => {
    const x = tf.add(tf.tensor([1, 2, 3]), 1);
    x.dispose();
    expect(() => tf.add(x, 1)).toThrow();
    expect(() => x.dataSync()).toThrow('disposed');
    expect(() => backend().values(x.dataId)).toThrow();
  });

  it('rejects strings and complex numbers', () => {
    expect(() => backend().values(tf.tensor(['a']).dataId)).toThrow('a string tensor has no numbers');
    expect(() => backend().values(tf.complex([1], [2]).dataId)).toThrow('a complex64 tensor has no numbers');
  });

  it('casts int32 and bool to float32', () => {
    const x = tf.cast(tf.tensor([1, 0, 3], [3], 'int32'), 'float32');
    expect(x.dataSync()).toEqual(new Float32Array([1, 0, 3]));
    const y = tf.cast(tf.tensor([1, 0, 1], [3], 'bool'), 'float32');
    expect(y.dataSync()).toEqual(new Float32Array([1, 0, 1]));
  });

  it('reports out of memory', () => {
    expect(() => backend().output([2 ** 20, 2 ** 20, 2 ** 10], 'float32')).toThrow(
      /out of memory: a float32 tensor of shape \[1048576, 1048576, 1024\] needs 4194304\.00 GB, beside .* in use/,
    );
    expect([...tf.add(tf.tensor([1]), 1).dataSync()]).toEqual([2]);
  });

  it.each([[[-1]], [[2, -1, -1]], [[0.5, 2]], [[Number.NaN]], [[2 ** 60]]])('rejects shape %j', (shape) => {
    const before = live();
    expect(() => backend().output(shape, 'float32')).toThrow('expected integers of at least 0');
    expect(live()).toBe(before);
  });

  it('reports the pool in tf.memory()', () => {
    expect(tf.memory()).toMatchObject({ pool: backend().poolStatistics() });
  });

  it('leaks no memory', () => {
    const before = live();
    for (let i = 0; i < 50; i++) {
      tf.tidy(() => {
        const x = tf.add(tf.ones([64, 64]), i);
        const [a, b] = tf.split(tf.matMul(x, tf.transpose(x)), 2, 1);
        return tf.sum(tf.softmax(tf.sub(a, b))).dataSync();
      });
    }
    expect(live()).toBe(before);
  });

  // A program is a list of numbers: each picks an operation and tensors for it.
  const command = fc.record({ what: fc.nat(999), one: fc.nat(999), other: fc.nat(999) });

  it('matches cpu on random programs, and never writes to memory that a caller holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (program) => {
        await tf.setBackend('cpu');
        const expected = play(program);
        await tf.setBackend(engine);
        const before = live();
        const actual = play(program);
        expect(actual.length).toBe(expected.length);
        actual.forEach((array, i) => expect(close(array, expected[i], 1e-4)).toBe(true));
        expect(live()).toBe(before);
      }),
      { numRuns: 150 },
    );
  });
});

type Step = (x: tf.Tensor2D, y: tf.Tensor2D, n: number) => tf.Tensor[];

/** Operations on matrices; values are kept small, so that long programs do not overflow. */
const STEPS: Step[] = [
  (x, y) => [tf.tanh(tf.add(x, fits(x, y) ? y : 1))],
  (x, y) => [tf.mul(x, fits(x, y) ? y : 0.5)],
  (x, y) => [tf.maximum(x, fits(x, y) ? y : 0)],
  (x) => [tf.relu(x)],
  (x) => [tf.transpose(x)],
  (x) => [tf.softmax(x)],
  (x) => [tf.sum(x, 1, true), tf.mean(x, 0, true)],
  (x) => [tf.tanh(tf.matMul(x, x, true, false))],
  (x, y) => [tf.tanh(tf.matMul(x, y.shape[1] === x.shape[1] ? y : x, false, true))],
  (x, _, n) => [tf.slice(x, [n % x.shape[0], 0], [1, -1])],
  (x, _, n) => [tf.slice(x, [0, n % x.shape[1]], [-1, 1])],
  (x, y) => [x.shape[0] === y.shape[0] ? tf.concat([x, y], 1) : tf.concat([x, x], 0)],
  (x) => tf.split(x, x.shape[1], 1).slice(0, 2),
  (x) => tf.unstack(x).map((row) => tf.expandDims(row, 0)).slice(0, 2), // prettier-ignore
  (x, _, n) => [tf.gather(x, [n % x.shape[0], 0])],
  (x) => [tf.reshape(x, [x.shape[1], x.shape[0]])],
  (x) => [tf.clone(x)],
  (x) => [tf.cast(tf.cast(x, 'int32'), 'float32')],
  (x) => [tf.pad(x, [[1, 0], [0, 0]])], // prettier-ignore
  (x) => [tf.cumsum(x, 0)],
  (x) => [tf.cast(tf.argMax(tf.expandDims(x, 0), -1), 'float32')],
  (x) => [tf.reverse(x, 1)],
];

function fits(x: tf.Tensor, y: tf.Tensor): boolean {
  return x.shape.every((size, d) => y.shape[d] === size || y.shape[d] === 1);
}

/** Runs a program; gives what was read on the way and the tensors at its end. Throws where held arrays changed. */
function play(program: { what: number; one: number; other: number }[]): Float32Array[] {
  const read: Float32Array[] = [];
  const held: { array: Float32Array; copy: Float32Array }[] = [];
  const hold = (array: Float32Array): void => void held.push({ array, copy: array.slice() });
  const tensors: tf.Tensor2D[] = [];
  const make = (rows: number, columns: number): void => {
    const array = Float32Array.from({ length: rows * columns }, (_, i) =>
      Math.sin(i * 7 + rows * 3 + columns),
    );
    hold(array);
    tensors.push(tf.tensor2d(array, [rows, columns]));
  };
  make(3, 5);
  make(17, 2);
  for (const { what, one, other } of program) {
    const place = one % tensors.length;
    const x = tensors[place];
    if (what % 10 < 6) {
      const step = STEPS[Math.floor(what / 10) % STEPS.length];
      const made = tf.tidy(() => step(x, tensors[other % tensors.length], other));
      for (const tensor of made) {
        if (tensor.rank === 2 && tensor.size <= 2000) tensors.push(tensor as tf.Tensor2D);
        else tensor.dispose();
      }
    } else if (what % 10 === 6) {
      make(1 + (one % 9), 1 + (other % 9));
    } else if (what % 10 === 7) {
      const array = (other % 2 ? x.dataSync() : x.bufferSync().values) as Float32Array;
      read.push(array);
      hold(array);
    } else if (tensors.length > 2) {
      tensors.splice(place, 1)[0].dispose();
    }
    for (const { array, copy } of held) expect(array).toEqual(copy);
  }
  read.push(...tensors.map((tensor) => tensor.dataSync() as Float32Array));
  tf.dispose(tensors);
  return read;
}
