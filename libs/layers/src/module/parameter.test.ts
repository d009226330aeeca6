// Parameters without values, transposed in files, and in bf16.
import type { NamedArray } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { largestDifference } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Conv1D, Embedding, GRU, LayerNorm, Linear, Module, Parameter, withoutWeights } from '../index.js';

beforeAll(async () => {
  await openEngine();
});

class Net extends Module {
  readonly table: Embedding;
  readonly norm: LayerNorm;
  readonly inner: Conv1D;
  readonly recurrent: GRU;
  readonly out: Linear;

  constructor(random: Random) {
    super();
    this.table = new Embedding(7, 4, random, { std: 0.1, paddingIndex: 2 });
    this.norm = new LayerNorm(4);
    this.inner = new Conv1D(6, 4, random);
    this.recurrent = new GRU(6, 4, random);
    this.out = new Linear(4, 7, random, { bias: false, weight: this.table.weight });
  }
}

describe('withoutWeights', () => {
  it('builds a module with names, shapes and a tree, which a state dict fills', () => {
    const before = tf.memory().numTensors;
    const full = new Net(new Random(1));
    const made = tf.memory().numTensors;
    const empty = withoutWeights(() => new Net(new Random(1)));
    expect(tf.memory().numTensors).toBe(made);
    expect(String(empty)).toBe(String(full));
    expect(empty.parameterCount()).toBe(full.parameterCount());
    expect([...empty.namedParameters()].every(([, { hasValues }]) => !hasValues)).toBe(true);
    expect(() => empty.stateDict()).toThrow('parameter [7, 4]: has no values');
    empty.out.weight.trainable = false;
    empty.loadStateDict(full.stateDict());
    expect(empty.stateDict()).toEqual(full.stateDict());
    expect(empty.table.weight.variable.trainable).toBe(false);
    full.dispose();
    empty.dispose();
    withoutWeights(() => new Net(new Random(1))).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('limits the number of parameters', () => {
    const count = [...withoutWeights(() => new Net(new Random(1))).namedParameters()].length;
    withoutWeights(() => new Net(new Random(1)), count).dispose();
    expect(() => withoutWeights(() => new Net(new Random(1)), count - 1)).toThrow(
      `more than ${count - 1} weights`,
    );
    new Net(new Random(1)).dispose();
  });

  it('affects only its function, also after an error', () => {
    expect(() =>
      withoutWeights(() => {
        throw new Error('on the way');
      }),
    ).toThrow('on the way');
    const parameter = new Parameter(Float32Array.of(1, 2), [2]);
    expect(parameter.hasValues).toBe(true);
    parameter.assign(Float32Array.of(3, 4));
    expect([...parameter.variable.dataSync()]).toEqual([3, 4]);
    parameter.dispose();
  });
});

describe('Conv1D', () => {
  it('stores W as [in, out]', () => {
    const layer = new Conv1D(3, 2, new Random(0));
    const state = new Map<string, NamedArray>([
      ['weight', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
      ['bias', { dtype: 'F32', shape: [3], data: Float32Array.of(10, 20, 30) }],
    ]);
    layer.loadStateDict(state);
    expect(layer.stateDict()).toEqual(state);
    const y = tf.tidy(() => layer.forward(tf.tensor2d([[1, 100]])).dataSync());
    expect([...y]).toEqual([411, 522, 633]);
    expect(String(layer)).toBe('Conv1D(nf=3, nx=2)');
    expect(layer.weight.storedShape).toEqual([2, 3]);
    expect([...layer.weight.fromStored(Float32Array.of(1, 2, 3, 4, 5, 6))]).toEqual([1, 4, 2, 5, 3, 6]);
    state.set('weight', { dtype: 'F32', shape: [3, 2], data: new Float32Array(6) });
    expect(() => layer.loadStateDict(state)).toThrow('weight has shape [3, 2]. Expected [2, 3].');
    layer.dispose();
  });

  it('saves large matrices as it loaded them', () => {
    const layer = new Conv1D(67, 45, new Random(0));
    const data = Float32Array.from({ length: 67 * 45 }, (_, i) => i);
    const bias = layer.stateDict().get('bias')!;
    layer.loadStateDict(
      new Map([
        ['weight', { dtype: 'F32', shape: [45, 67], data }],
        ['bias', bias],
      ]),
    );
    expect(layer.stateDict().get('weight')!.data).toEqual(data);
    expect(layer.weight.variable.dataSync()[1]).toBe(67); // output 0, input 1
    layer.dispose();
  });
});

describe('toBf16', () => {
  it('computes with rounded matrices in half the memory, and rounds new values', () => {
    const before = tf.memory().numTensors;
    const plain = new Net(new Random(4));
    const { table, inner, out, norm } = plain;
    const x = tf.tensor2d([1, 0.5, -2, 3], [1, 4]);
    plain.toBf16();
    plain.toBf16();
    expect([table, inner, out].map(({ weight }) => weight.isBf16)).toEqual([true, true, true]);
    expect([norm.weight.isBf16, inner.bias.isBf16]).toEqual([false, false]);
    expect([table.weight.bytes, norm.weight.bytes]).toEqual([7 * 4 * 2, 4 * 4]);
    expect(table.weight).toBe(out.weight);
    const rows = inner.weight.values();
    const expected = Array.from({ length: 6 }, (_, o) =>
      [1, 0.5, -2, 3].reduce((sum, value, i) => sum + value * rows[o * 4 + i], 0),
    );
    tf.tidy(() => {
      expect(largestDifference(inner.forward(x).dataSync(), expected)).toBeLessThan(1e-6);
      const looked = table.forward(tf.tensor1d([2, 6], 'int32')).dataSync();
      expect([...looked.slice(4)]).toEqual([...table.weight.values().slice(24)]);
    });
    table.weight.assign(Float32Array.from({ length: 28 }, (_, i) => i + 1 + 1 / 512));
    expect(table.weight.values()[0]).toBe(1);
    expect(table.weight.holds(Float32Array.from({ length: 28 }, (_, i) => i + 1))).toBe(true);
    expect(table.weight.holds(Float32Array.from({ length: 28 }, (_, i) => i + 2))).toBe(false);
    const other = new Net(new Random(5));
    other.loadStateDict(plain.stateDict());
    expect(other.stateDict()).toEqual(plain.stateDict());
    for (const one of [x, plain, other]) one.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('rejects what needs float32', () => {
    const net = withoutWeights(() => new Net(new Random(4)));
    net.toBf16();
    expect(() => net.out.weight.operand).toThrow('parameter [7, 4]: has no values');
    net.out.weight.assign(new Float32Array(28));
    expect(() => net.out.weight.variable).toThrow(/parameter \[7, 4\]: is stored in bf16.*Expected float32/);
    expect(() => (net.out.weight.trainable = true)).toThrow(/cannot be trained/);
    expect(() => net.norm.weight.toBf16()).toThrow(/parameter \[4\]: cannot be stored in bf16/);
    expect([...net.namedParameters()].filter(([, { trainable }]) => !trainable)).toHaveLength(2);
    net.dispose();
  });
});

describe('initial weights', () => {
  it('are normal where a standard deviation is given, with zero biases and a zero row for padding', () => {
    const linear = new Linear(100, 80, new Random(3), { std: 0.02 });
    const values = linear.weight.variable.dataSync<'float32'>();
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    expect(Math.abs(deviation / 0.02 - 1)).toBeLessThan(0.05);
    expect(Math.max(...values)).toBeGreaterThan(0.05); // beyond what uniform ones reach
    expect(new Set(linear.bias!.variable.dataSync())).toEqual(new Set([0]));
    const table = new Embedding(3, 50, new Random(3), { paddingIndex: 1 });
    const rows = table.weight.variable.arraySync() as number[][];
    expect(rows.map((row) => row.every((value) => value === 0))).toEqual([false, true, false]);
    expect(String(table)).toBe('Embedding(3, 50, padding_idx=1)');
    linear.dispose();
    table.dispose();
  });

  it('can be shared, as can the bias, when the shapes are equal', () => {
    const first = new Linear(4, 3, new Random(0));
    const second = new Linear(4, 3, new Random(1), { weight: first.weight, bias: first.bias! });
    expect([second.weight, second.bias]).toEqual([first.weight, first.bias]);
    expect(() => new Linear(4, 2, new Random(1), { weight: first.weight })).toThrow(
      'weight: shared parameter has shape [3, 4]. Expected [2, 4].',
    );
    expect(() => new Linear(4, 2, new Random(1), { bias: first.bias! })).toThrow(
      'bias: shared parameter has shape [3]. Expected [2].',
    );
    first.dispose();
  });
});
