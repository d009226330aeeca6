import { fromFloat32, type NamedArray } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  CausalSelfAttention,
  ConstantBuffer,
  Dropout,
  Embedding,
  FeedForward,
  GELU,
  LayerNorm,
  Linear,
  MixtureOfExperts,
  Module,
  Parameter,
  RMSNorm,
  Sequential,
} from '../index.js';

beforeAll(async () => {
  await openEngine();
});

const random = new Random('module test');
const numbers = (parameter: Parameter): number[] => Array.from(parameter.variable.dataSync());

class Block extends Module {
  readonly ln1 = new LayerNorm(4);
  readonly ff = new Sequential(new Linear(4, 6, random), new GELU(), new Linear(6, 4, random));
  readonly drop = new Dropout(0.25, random);
}

class Net extends Module {
  readonly scale = new Parameter(Float32Array.of(1, 2), [2]);
  readonly table = new ConstantBuffer('F32', [3], () => Float32Array.of(0, 1, 2));
  readonly embedding = new Embedding(5, 4, random);
  readonly blocks = [new Block(), new Block()];
  readonly norm = new RMSNorm(4);
  readonly nothing = null;
  readonly note = 'not a module';
}

describe('Module', () => {
  it('names parameters and constants after properties, in order', () => {
    const net = new Net();
    const block = (i: number) =>
      ['ln1.weight', 'ln1.bias', 'ff.0.weight', 'ff.0.bias', 'ff.2.weight', 'ff.2.bias'].map(
        (name) => `blocks.${i}.${name}`,
      );
    const parameters = ['scale', 'embedding.weight', ...block(0), ...block(1), 'norm.weight'];
    expect([...net.namedParameters()].map(([name]) => name)).toEqual(parameters);
    expect([...net.stateDict().keys()]).toEqual(['scale', 'table', ...parameters.slice(1)]);
    expect(net.parameterCount()).toBe(2 + 20 + 2 * (8 + 24 + 6 + 24 + 4) + 4);
    net.dispose();
  });

  it('sets training and evaluation mode of all modules', () => {
    const net = new Net();
    expect(net.blocks[1].drop.training).toBe(true);
    expect(net.eval()).toBe(net);
    expect([...net.namedModules()].some(([, module]) => module.training)).toBe(false);
    net.train();
    expect([...net.namedModules()].every(([, module]) => module.training)).toBe(true);
    net.dispose();
  });

  it('counts a tied parameter once, saves it under both names, and loads either', () => {
    const net = new Net();
    const head = new Linear(4, 5, random, { bias: false });
    Object.assign(head, { weight: net.embedding.weight });
    const tied = Object.assign(new Net(), { embedding: net.embedding, head });
    expect(tied.parameterCount()).toBe(net.parameterCount());
    expect(tied.stateDict().get('head.weight')).toEqual(tied.stateDict().get('embedding.weight'));

    const state = tied.stateDict();
    state.delete('head.weight');
    state.set('embedding.weight', fromFloat32(new Float32Array(20).fill(3), [5, 4]));
    tied.loadStateDict(state);
    expect(head.weight.variable.dataSync()[0]).toBe(3);
    state.set('head.weight', fromFloat32(new Float32Array(20).fill(4), [5, 4]));
    expect(() => tied.loadStateDict(state)).toThrow(/head.weight and embedding.weight are tied/);
  });

  it('disposes all tensors', () => {
    const before = tf.memory().numTensors;
    const net = new Net();
    expect(net.table.tensor().dataSync()[2]).toBe(2);
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    net.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('prints like PyTorch', () => {
    // print(net) of PyTorch 2.15, without the `bias=True` of LayerNorm
    const inner = (name: string) => `  (${name}): ModuleList(
    (0-1): 2 x Block(
      (ln1): LayerNorm((4,), eps=1e-05, elementwise_affine=True)
      (ff): Sequential(
        (0): Linear(in_features=4, out_features=6, bias=True)
        (1): GELU(approximate='none')
        (2): Linear(in_features=6, out_features=4, bias=True)
      )
      (drop): Dropout(p=0.25, inplace=False)
    )
  )`;
    const net = new Net();
    expect(String(net)).toBe(`Net(
  (embedding): Embedding(5, 4)
${inner('blocks')}
  (norm): RMSNorm((4,), eps=1e-08, elementwise_affine=True)
)`);
    expect(net.toString('torch 2.15')).toBe(
      String(net).replace('elementwise_affine=True)', 'elementwise_affine=True, bias=True)'),
    );
    const quiet = new Dropout(0.5, random, { inTree: false });
    Object.assign(net, { quiet });
    expect(String(net)).not.toContain('quiet');
    expect([...net.namedModules()]).toContainEqual(['quiet', quiet]);
    expect(String(new GELU())).toBe("GELU(approximate='none')");
    const different = Object.assign(new (class Pair extends Module {})(), {
      list: [new Linear(1, 2, random), new Linear(2, 1, random)],
    });
    expect(String(different)).toContain(
      '(0): Linear(in_features=1, out_features=2, bias=True)\n    (1): Linear',
    );
    net.dispose();
    different.dispose();
  });
});

describe('loadStateDict', () => {
  const fresh = () => new Linear(2, 3, new Random(1));

  it('restores the values of stateDict bit for bit', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 6, maxLength: 6, noNaN: true }), (weight) => {
        const layer = fresh();
        const bias = Float32Array.of(1, -0, 3);
        layer.loadStateDict(
          new Map([
            ['bias', fromFloat32(bias, [3])],
            ['weight', fromFloat32(weight, [3, 2])],
          ]),
        );
        const state = layer.stateDict();
        expect(state.get('weight')).toEqual({ dtype: 'F32', shape: [3, 2], data: weight });
        expect(state.get('bias')!.data).toEqual(bias);
        layer.dispose();
      }),
      { numRuns: 20 },
    );
  });

  it('lists every problem and loads nothing', () => {
    const layer = new FeedForward(2, 3, random);
    const before = layer.stateDict();
    const state = new Map<string, NamedArray>([
      ['linear1.weight', fromFloat32(new Float32Array(6), [2, 3])],
      ['linear1.bias', { dtype: 'I64', shape: [3], data: new BigInt64Array(3) }],
      ['linear2.weight', { dtype: 'F32', shape: [2, 3], data: new Float32Array(5) }],
      ['surplus', fromFloat32(new Float32Array(1), [1])],
    ]);
    expect(() => layer.loadStateDict(state)).toThrow(
      'state dict: does not fit FeedForward. Nothing was loaded.\n' +
        '  linear1.weight has shape [2, 3]. Expected [3, 2].\n' +
        '  linear1.bias has type I64. Expected a floating-point type.\n' +
        '  linear2.weight has 5 values. Expected 6 for its shape.\n' +
        '  linear2.bias is missing.\n' +
        '  surplus is unexpected.',
    );
    expect(layer.stateDict()).toEqual(before);
    expect(() => layer.loadStateDict(state, { strict: false })).toThrow(/linear1.weight has shape/);

    state.delete('linear1.weight');
    state.set('linear1.bias', { dtype: 'BOOL', shape: [3], data: new Uint8Array(3) });
    expect(() => layer.loadStateDict(state, { strict: false })).toThrow(/linear1.bias has type BOOL/);
    state.delete('linear1.bias');
    state.set('linear2.weight', fromFloat32(new Float32Array(6), [2, 3]));
    layer.loadStateDict(state, { strict: false });
    expect(layer.linear2.weight.variable.dataSync()).toEqual(new Float32Array(6));
    expect(layer.stateDict().get('linear1.weight')).toEqual(before.get('linear1.weight'));
    layer.dispose();
  });

  it('converts half and double precision', () => {
    const layer = fresh();
    const bits = { F16: [0x3c00, 0xc000, 0x3555], BF16: [0x3f80, 0xc000, 0x3eab] }; // 1, -2, about 1/3
    for (const dtype of ['F16', 'BF16'] as const) {
      const state = layer.stateDict();
      state.set('bias', { dtype, shape: [3], data: Uint16Array.from(bits[dtype]) });
      layer.loadStateDict(state);
      const [one, two, third] = layer.bias!.variable.dataSync();
      expect([one, two]).toEqual([1, -2]);
      expect(Math.abs(third - 1 / 3)).toBeLessThan(1e-3);
    }
    layer.loadStateDict(
      layer.stateDict().set('bias', { dtype: 'F64', shape: [3], data: Float64Array.of(1, 2, 3) }),
    );
    expect(layer.bias!.variable.dataSync()).toEqual(Float32Array.of(1, 2, 3));
    layer.dispose();
  });

  it('accepts a constant only with the values it computes, or absent', () => {
    const layer = new CausalSelfAttention(4, 2, 3, random);
    const state = layer.stateDict();
    expect(state.get('mask')).toEqual({
      dtype: 'BOOL',
      shape: [3, 3],
      data: Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0),
    });
    layer.loadStateDict(state);
    state.set('mask', { dtype: 'BOOL', shape: [3, 3], data: new Uint8Array(9) });
    expect(() => layer.loadStateDict(state)).toThrow(/mask is a constant, and differs from the one/);
    state.set('mask', { dtype: 'BOOL', shape: [2, 2], data: new Uint8Array(4) });
    expect(() => layer.loadStateDict(state)).toThrow(/mask has shape \[2, 2\]. Expected \[3, 3\]/);
    state.delete('mask');
    layer.loadStateDict(state);
    layer.dispose();
  });
});

describe('initial weights', () => {
  it("have PyTorch's distributions and depend on the seed only", () => {
    const linear = new Linear(100, 400, new Random(1));
    for (const [parameter, least] of [
      [linear.weight, 0.099],
      [linear.bias!, 0.09],
    ] as const) {
      const values = numbers(parameter);
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.1)); // ±1/√100
      expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(least);
      const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
      expect(Math.abs(variance / (0.01 / 3) - 1)).toBeLessThan(0.15);
    }
    const embedding = new Embedding(200, 100, new Random(2));
    const values = numbers(embedding.weight);
    expect(Math.abs(values.reduce((sum, x) => sum + x, 0) / values.length)).toBeLessThan(0.03);
    expect(Math.abs(values.reduce((sum, x) => sum + x * x, 0) / values.length - 1)).toBeLessThan(0.04);
    expect(new Linear(100, 400, new Random(1)).stateDict()).toEqual(linear.stateDict());
    expect(new Linear(100, 400, new Random(2)).stateDict()).not.toEqual(linear.stateDict());
    const norm = new LayerNorm(3);
    expect([...norm.weight.variable.dataSync(), ...norm.bias!.variable.dataSync()]).toEqual([
      1, 1, 1, 0, 0, 0,
    ]);
  });
});

describe('invalid sizes', () => {
  it.each([
    [() => new Linear(0, 3, random), /inFeatures: is 0\. Expected an integer of at least 1/],
    [() => new Linear(3, 2.5, random), /outFeatures: is 2\.5/],
    [() => new Embedding(-1, 3, random), /numEmbeddings: is -1/],
    [() => new LayerNorm(NaN), /dModel: is NaN/],
    [() => new LayerNorm(3, { eps: 0 }), /eps: is 0\. Expected a number above 0/],
    [() => new RMSNorm(3, { eps: -1 }), /eps: is -1/],
    [() => new CausalSelfAttention(6, 4, 8, random), /nHeads: is 4\. Expected a divisor of dModel, 6/],
    [() => new CausalSelfAttention(6, 2, 0, random), /contextLength: is 0/],
    [() => new FeedForward(4, 0, random), /outFeatures: is 0/],
    [() => new MixtureOfExperts(4, 8, 0, random), /nExperts: is 0/],
    [() => new Dropout(1, random), /rate: is 1\. Expected a number from 0 to below 1/],
  ])('%#', (make, message) => {
    const before = tf.memory().numTensors;
    expect(make).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});
