// Compares files written by PyTorch with their values.
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { golden, goldenJson } from '@lilformer/testing';
import { isNamedArray, type NamedArray } from '../named-array.js';
import { readPyTorch, readWeights, stateDictOf, type PlainValue } from './pytorch.js';
import { readSafetensors } from '../safetensors/safetensors.js';
import { toFloat32 } from '../to-float32.js';

interface Expected {
  dtype: string;
  shape: number[];
  values: (number | string)[];
}

const numbers = (values: (number | string)[]): number[] =>
  values.map((value) => (typeof value === 'string' ? Number(value.replace('inf', 'Infinity')) : value));

function numbersOf(array: NamedArray): number[] {
  const exact = ['F64', 'I64', 'I32'].includes(array.dtype);
  return exact ? Array.from(array.data, Number) : [...toFloat32(array)];
}

/** A value as in the generator's JSON: infinities as strings, arrays as their values. */
function asJson(value: PlainValue): unknown {
  if (isNamedArray(value)) return { dtype: value.dtype, shape: value.shape, values: numbersOf(value) };
  if (Array.isArray(value)) return value.map(asJson);
  if (value === Infinity) return 'inf';
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asJson(item)]));
}

function expectSame(actual: Map<string, NamedArray>, expected: Map<string, NamedArray>): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, array] of expected) {
    const { dtype, shape, data } = actual.get(name)!;
    expect([dtype, shape]).toEqual([array.dtype, array.shape]);
    const bytes = ({ buffer, byteOffset, byteLength }: NamedArray['data']): Buffer =>
      Buffer.from(buffer, byteOffset, byteLength);
    expect(bytes(data).equals(bytes(array.data)), name).toBe(true);
  }
}

describe('golden tensors.pt', () => {
  const expected = goldenJson<Record<string, Expected>>('formats/tensors.json');

  it.each(['tensors.pt', 'tensors_legacy.pt'])(
    '%s: types, strides, offsets, shared storages',
    async (file) => {
      const tensors = stateDictOf(await readPyTorch(golden(`formats/${file}`)));
      expect([...tensors.keys()]).toEqual(Object.keys(expected));
      for (const [name, { dtype, shape, values }] of Object.entries(expected)) {
        const array = tensors.get(name)!;
        expect([array.dtype, array.shape]).toEqual([dtype, shape]);
        expect(numbersOf(array), name).toEqual(numbers(values));
      }
      expectSame(tensors, (await readSafetensors(golden('formats/tensors.safetensors'))).tensors);
    },
  );

  it.each(['checkpoint.pt', 'checkpoint_legacy.pt'])('%s: plain values of all kinds', async (file) => {
    const value = await readPyTorch(golden(`formats/${file}`));
    expect(asJson(value)).toEqual(goldenJson('formats/checkpoint.json'));
    const weights = stateDictOf(value);
    expect(weights.get('tied.weight')!.data).toBe(weights.get('layer.weight')!.data);
  });

  it('numpy_scalars.pt: single numbers of numpy', async () => {
    const value = (await readPyTorch(golden('formats/numpy_scalars.pt'))) as Record<string, PlainValue>;
    expect({ ...(value.history as object) }).toEqual({ val_perplexity: [35.8, 25], epoch: 7, last: 0.5 });
  });
});

describe('golden checkpoints', () => {
  it.each([
    ...['03_bigram', '04_attention', '05_positional', '06_ffn', '07_transformer_block', '08_stacked'].map(
      (stage) => `evolution/${stage}/checkpoint.pt`,
    ),
    'evolution/09_multihead/checkpoint.pt',
    ...['checkpoint.pt', 'weights.pt', 'legacy.pt'].map((file) => `evolution/10_moe/${file}`),
    ...['simple_rnn', 'multi_layer_rnn', 'gru_lm', 'gru_cell'].map((name) => `recurrent/${name}/weights.pt`),
    'tiny_transformer/weights.pt',
    'nano_gpt/weights.pt',
    'char_gpt/weights.pt',
  ])('%s has the weights of weights.safetensors', async (file) => {
    const safetensors = golden(join(dirname(file), 'weights.safetensors'));
    const { tensors } = await readSafetensors(safetensors);
    expect(tensors.size).toBeGreaterThan(0);
    expectSame(await readWeights(golden(file)), tensors);
    expect(await readWeights(safetensors)).toEqual(tensors);
  });

  it('evolution/10_moe/training_checkpoint.pt: model, optimizer and settings', async () => {
    const value = (await readPyTorch(golden('evolution/10_moe/training_checkpoint.pt'))) as Record<
      string,
      PlainValue
    >;
    const { tensors } = await readSafetensors(golden('evolution/10_moe/trained.safetensors'));
    const weights = stateDictOf(value);
    for (const [name, array] of tensors) expect(weights.get(name)!.data, name).toEqual(array.data);
    const optimizer = value.optimizer_state_dict as Record<string, Record<string, PlainValue>>;
    const group = (optimizer.param_groups as unknown as Record<string, PlainValue>[])[0];
    expect([group.lr, group.betas, group.eps, group.weight_decay]).toEqual([1e-3, [0.9, 0.999], 1e-8, 0.01]);
    const first = optimizer.state['0'] as unknown as Record<string, NamedArray>;
    expect(toFloat32(first.step)).toEqual(Float32Array.of(5));
    expect(first.exp_avg.shape).toEqual(first.exp_avg_sq.shape);
  });

  it('hf/gpt2/pytorch_model.bin: the same as model.safetensors', async () => {
    const weights = await readWeights(golden('hf/gpt2/pytorch_model.bin'));
    const { tensors } = await readSafetensors(golden('hf/gpt2/model.safetensors'));
    for (const [name, array] of tensors) expect(weights.get(name)!.data, name).toEqual(array.data);
  });
});

describe('stateDictOf', () => {
  it('names the entries that are not arrays', () => {
    const dict = (entries: object): PlainValue =>
      Object.assign(Object.create(null) as object, entries) as PlainValue;
    expect(() => stateDictOf(null)).toThrow('not a dict');
    expect(() => stateDictOf(dict({}))).toThrow('it is empty');
    expect(() => stateDictOf(dict({ epoch: 3, lr: 1 }))).toThrow('other entries are "epoch", "lr"');
    expect(() => stateDictOf(dict({ model_state_dict: dict({ a: 1 }) }))).toThrow(
      'model_state_dict is not a dict of arrays: other entries are "a"',
    );
  });
});
