import { readSafetensors, toFloat32, type NamedArray } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { Parameter } from '@lilformer/layers';
import { golden, goldenJson, relativeDifference } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOptimizer, type OptimizerOptions } from './optimizer.js';

interface GoldenOptimizer {
  kind: 'AdamW' | 'Adam' | 'SGD';
  lr: number;
  betas?: [number, number];
  eps?: number;
  weight_decay?: number;
  momentum?: number;
}

function settingsOf({ kind, betas, eps, weight_decay, momentum }: GoldenOptimizer): OptimizerOptions {
  const type = kind.toLowerCase() as OptimizerOptions['type'];
  return { type, betas, eps, weightDecay: weight_decay, momentum } as OptimizerOptions;
}

/** The options without undefined ones, as in a JSON file. */
const plain = (settings: OptimizerOptions) => JSON.parse(JSON.stringify(settings)) as OptimizerOptions;

const file = golden('unit/optimizers.safetensors');
describe('optimizers against PyTorch', () => {
  const config = goldenJson<{ optimizers: Record<string, GoldenOptimizer> }>('unit/config.json').optimizers;
  const paths = Object.entries(config).filter(([, value]) => typeof value === 'object' && 'kind' in value);
  let arrays: Map<string, NamedArray>;
  beforeAll(async () => {
    arrays = (await readSafetensors(file)).tensors;
  });

  it('cover at least eight configurations', () => expect(paths.length).toBeGreaterThanOrEqual(8));

  describe('steps', () => {
    beforeAll(async () => {
      await openEngine();
    });

    it.each(paths)('%s', (path, values) => {
      const start = arrays.get('start')!;
      const [steps, size] = arrays.get('gradients')!.shape;
      const gradients = toFloat32(arrays.get('gradients')!);
      const expected = toFloat32(arrays.get(path)!);
      // The vector is split into three parameters; halfway the optimizer is restored from its state.
      const cuts = [0, 1, Math.floor(size / 2), size];
      const vector = toFloat32(start);
      const parameters = new Map(
        [0, 1, 2].map((i) => {
          const part = vector.slice(cuts[i], cuts[i + 1]);
          return [`part.${i}`, new Parameter(part, [part.length])] as const;
        }),
      );
      let optimizer = createOptimizer(settingsOf(values), parameters);
      for (let step = 0; step < steps; step++) {
        if (step === Math.floor(steps / 2)) {
          const state = optimizer.stateDict();
          optimizer = createOptimizer(plain(settingsOf(values)), parameters);
          optimizer.loadStateDict(state);
        }
        tf.tidy(() => {
          const row = gradients.subarray(step * size, (step + 1) * size);
          const all = new Map(
            [0, 1, 2].map((i) => [`part.${i}`, tf.tensor1d(row.slice(cuts[i], cuts[i + 1]))] as const),
          );
          optimizer.step(all, { learningRate: values.lr });
        });
        const actual = [...parameters.values()].flatMap(({ variable }) => [...variable.dataSync()]);
        expect(relativeDifference(actual, expected.subarray(step * size, (step + 1) * size))).toBeLessThan(
          1e-6,
        );
      }
      for (const parameter of parameters.values()) parameter.dispose();
    });
  });
});

describe('an optimizer', () => {
  beforeAll(async () => {
    await openEngine();
  });
  const make = () =>
    new Map([
      ['weight', new Parameter(Float32Array.of(1, 2, 3, 4), [2, 2])],
      ['bias', new Parameter(Float32Array.of(1, 2), [2])],
    ]);
  const values = (parameters: Map<string, Parameter>, name: string) => [
    ...parameters.get(name)!.variable.dataSync(),
  ];
  const zero = () => new Map<string, tf.Tensor>([['weight', tf.zeros([2, 2])], ['bias', tf.zeros([2])]]); // prettier-ignore

  it.each(['adamw', 'adam', 'sgd'] as const)('%s does not change a parameter without a gradient', (type) => {
    const parameters = make();
    const optimizer = createOptimizer({ type, weightDecay: 0.5 }, parameters);
    optimizer.step(new Map([['weight', tf.ones([2, 2])]]), { learningRate: 0.1 });
    expect(values(parameters, 'bias')).toEqual([1, 2]);
    expect(values(parameters, 'weight')[0]).toBeLessThan(1);
    if (type !== 'sgd') expect(optimizer.stateDict().get('bias.step')!.data[0]).toBe(0);
  });

  it('decays all parameters with a gradient, matrices only, or a choice', () => {
    const decayed = (decay: 'all' | 'matrices' | ((name: string) => boolean)) => {
      const parameters = make();
      const optimizer = createOptimizer({ type: 'adamw', weightDecay: 0.5, decay }, parameters);
      optimizer.step(zero(), { learningRate: 1 });
      return ['weight', 'bias'].filter((name) => values(parameters, name)[0] !== 1);
    };
    expect(decayed('all')).toEqual(['weight', 'bias']);
    expect(decayed('matrices')).toEqual(['weight']);
    expect(decayed((name) => name === 'bias')).toEqual(['bias']);
  });

  it('ignores parameters that are not trainable', () => {
    const parameters = make();
    parameters.get('bias')!.trainable = false;
    const optimizer = createOptimizer({ type: 'sgd' }, parameters);
    expect([...optimizer.stateDict().keys()]).toEqual(['weight.momentum_buffer']);
    expect(() => optimizer.step(zero(), { learningRate: 1 })).toThrow('gradient of bias: unknown.');
  });

  it('throws on a state that does not fit, naming every problem, and loads nothing', () => {
    const optimizer = createOptimizer({ type: 'adam' }, make());
    const state = optimizer.stateDict();
    state.delete('bias.exp_avg');
    state.set('weight.exp_avg', { dtype: 'F32', shape: [4], data: Float32Array.of(9, 9, 9, 9) });
    state.set('other.step', { dtype: 'I32', shape: [], data: Int32Array.of(3) });
    state.set('bias.step', { dtype: 'I32', shape: [], data: Int32Array.of(3) });
    expect(() => optimizer.loadStateDict(state)).toThrow(
      'optimizer state: does not fit this adam; nothing was loaded:\n' +
        '  weight.exp_avg is F32 [4]. Expected F32 [2, 2]\n' +
        '  bias.exp_avg is missing\n' +
        '  other.step is unknown',
    );
    expect(optimizer.stateDict().get('bias.step')!.data[0]).toBe(0);
  });

  it('throws on options out of range', () => {
    const make = (settings: object) => () => createOptimizer(settings as OptimizerOptions, []);
    expect(make({ type: 'adamw', betas: [0.9, 1] })).toThrow(
      'betas[1]: 1. Expected a number of at least 0 and below 1',
    );
    expect(make({ type: 'adamw', weightDecay: -1 })).toThrow(
      'weightDecay: -1. Expected a number of at least 0',
    );
    expect(make({ type: 'sgd', momentum: 1 })).toThrow('momentum: 1');
    expect(make({ type: 'lion' })).toThrow(`optimizer type: "lion". Expected 'adamw', 'adam' or 'sgd'`);
  });
});
