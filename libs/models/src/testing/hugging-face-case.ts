// Golden cases of transformers: config.json, model and tensors.
import { fromFloat32, readPyTorch, stateDictOf, type NamedArray } from '@lilformer/checkpoints';
import { tf } from '@lilformer/engine';
import { type Capture, Dropout, withoutWeights } from '@lilformer/layers';
import { adamWStep, createAdamState } from '@lilformer/ops';
import { Random } from '@lilformer/random';
import { golden, goldenJson, largestDifference, relativeDifference, tolerances } from '@lilformer/testing';
import { expect } from 'vitest';
import { optionsFromHuggingFace } from '../core/hugging-face.js';
import type { AnyModel, HuggingFaceConfig } from '../index.js';
import { architectureOf } from '../files/load-model.js';
import { floats, integers, tensors } from './golden-case.js';

/** The config.json of a case. */
export function huggingFaceConfig(folder: string): HuggingFaceConfig {
  return goldenJson<HuggingFaceConfig>(`${folder}/config.json`);
}

/** The case's model with the weights of a file, in evaluation mode. */
export async function pretrainedCase<Model extends AnyModel>(
  folder: string,
  file = 'model.safetensors',
  name?: string,
): Promise<Model> {
  const state = file.endsWith('.bin')
    ? stateDictOf(await readPyTorch(golden(`${folder}/${file}`)))
    : file === 'hub_layout.json'
      ? await hubLayout(folder)
      : await tensors(folder, file);
  return modelWith<Model>(huggingFaceConfig(folder), state, name);
}

/** The case's weights under the names of the files on the Hub. Unused arrays are filled with 1. */
export async function hubLayout(folder: string): Promise<Map<string, NamedArray>> {
  const weights = await tensors(folder, 'model.safetensors');
  const layout = goldenJson<Record<string, string | number[]>>(`${folder}/hub_layout.json`);
  return new Map(
    Object.entries(layout).map(([name, source]) => {
      if (typeof source === 'string') return [name, weights.get(source)!];
      const size = source.reduce((product, length) => product * length, 1);
      return [name, fromFloat32(new Float32Array(size).fill(1), source)];
    }),
  );
}

/** The model of a config.json, without weights. */
export function modelOf(
  config: HuggingFaceConfig,
  name?: string,
  weights?: ReadonlyMap<string, unknown>,
): AnyModel {
  const definition = architectureOf(config, name);
  const options = optionsFromHuggingFace(definition.huggingFace!, definition.config, config, weights);
  return withoutWeights(() => definition.create(options as never, new Random(0))) as AnyModel;
}

/** A model with weights from a file, under the file's names. */
export function modelWith<Model extends AnyModel>(
  config: HuggingFaceConfig,
  state: ReadonlyMap<string, NamedArray>,
  name?: string,
): Model {
  const model = modelOf(config, name, state).eval();
  const { weightName } = architectureOf(config, name).huggingFace!;
  const ours = [...state].flatMap(([key, array]): [string, NamedArray][] => {
    const own = weightName(key);
    return own === undefined ? [] : [[own, array]];
  });
  model.loadStateDict(new Map(ours));
  return model as Model;
}

/** A mask of 0 and 1 as a float tensor `[B, T]`. */
export function maskTensor(array: NamedArray | undefined): tf.Tensor2D {
  return tf.tensor2d(integers(array), array!.shape as [number, number], 'float32');
}

/** The rows of values `[B, T, …]` or attention weights `[B, H, T, S]` where `mask` `[B, T]` is 1. */
function where(
  mask: readonly number[] | undefined,
  data: ArrayLike<number>,
  shape: readonly number[],
): number[] {
  const values = Array.from(data);
  if (!mask) return values;
  const width = shape.at(-1)!;
  const tokens = shape.at(-2)!;
  const heads = shape.length === 4 ? shape[1] : 1;
  return values.filter((_, i) => {
    const row = Math.floor(i / width);
    return mask[Math.floor(row / (tokens * heads)) * tokens + (row % tokens)] === 1;
  });
}

/** Expects the values of a file where `mask` is 1, within `limit` relative to the largest. */
export function expectClose(
  name: string,
  actual: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  expected: NamedArray | undefined,
  mask?: readonly number[],
  limit = tolerances.pretrained,
): void {
  expect([name, actual.shape]).toEqual([name, expected!.shape]);
  const difference = relativeDifference(
    where(mask, actual.data, actual.shape),
    where(mask, floats(expected), expected!.shape),
  );
  expect([name, difference < limit ? 'close' : difference]).toEqual([name, 'close']);
}

/** Expects all captured values to be in the file, under other names, and equal. */
export function expectCaptured(
  capture: Capture,
  io: ReadonlyMap<string, NamedArray>,
  fileName: (captured: string) => string | undefined,
  mask: (captured: string) => readonly number[] | undefined,
): void {
  const found = [...capture.keys()].flatMap((name) => {
    const file = fileName(name);
    if (file === undefined) return [];
    expectClose(name, capture.get(name)!, io.get(file), mask(name));
    return [file];
  });
  const expected = [...io.keys()].filter((name) => /(hidden_states|attentions)\.\d+$/.test(name));
  expect(found.sort()).toEqual(expected.sort());
}

/** Expects tensors to equal those of a file. */
export function expectSameFile(
  actual: ReadonlyMap<string, NamedArray>,
  expected: ReadonlyMap<string, NamedArray>,
): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, array] of actual) {
    expect([name, array.shape]).toEqual([name, expected.get(name)!.shape]);
    expect([name, largestDifference(floats(array), floats(expected.get(name)))]).toEqual([name, 0]);
  }
}

/** The shape and values of a tensor, which is disposed. */
export function read(tensor: tf.Tensor): { shape: readonly number[]; data: Float32Array } {
  const data = tensor.dataSync<'float32'>().slice();
  tensor.dispose();
  return { shape: tensor.shape, data };
}

/**
 * Compares gradients with finite differences: a step along the gradient of each parameter changes the loss by the
 * gradient's norm times the step.
 */
export function expectGradients(model: AnyModel, loss: () => tf.Scalar): void {
  const parameters = [...model.namedParameters()];
  const { value, grads } = tf.variableGrads(
    loss,
    parameters.map(([, { variable }]) => variable),
  );
  const at = (): number => tf.tidy(() => loss().dataSync()[0]);
  for (const [name, parameter] of parameters) {
    const gradient = grads[parameter.variable.name].dataSync<'float32'>();
    const values = parameter.variable.dataSync<'float32'>().slice();
    const length = Math.hypot(...gradient);
    const step = 0.01;
    const [ahead, behind] = [step, -step].map((by) => {
      parameter.assign(values.map((one, i) => one + (length > 0 ? (by * gradient[i]) / length : 0)));
      return at();
    });
    parameter.assign(values);
    const slope = (ahead - behind) / (2 * step);
    // The loss is float32, and key biases have no effect on it, so that their gradients are rounding errors.
    const close = Math.abs(slope - length) < 3e-4 + 0.02 * length ? 'close' : [slope, length];
    expect([name, close]).toEqual([name, 'close']);
  }
  tf.dispose([value, ...Object.values(grads)]);
}

/** Expects a model to learn a batch with dropout, and equal masks when the counters are reset. */
export function expectToLearn(model: AnyModel, loss: () => tf.Scalar): void {
  const at = (): number => tf.tidy(() => loss().dataSync()[0]);
  const untrained = at();
  const dropouts = [...model.namedModules()].flatMap(([, one]) => (one instanceof Dropout ? [one] : []));
  model.train();
  const [first, second] = [at(), at()];
  for (const dropout of dropouts) dropout.counter = 0;
  expect([first === untrained, first === second, at() === first]).toEqual([false, false, true]);
  // Every dropout layer was used.
  expect(dropouts.filter(({ rate, counter }) => rate > 0 && counter === 0)).toEqual([]);

  const variables = Array.from(model.namedParameters(), ([, { variable }]) => variable);
  const state = createAdamState(variables);
  for (let step = 0; step < 20; step++) {
    tf.tidy(() => {
      const { grads } = tf.variableGrads(loss, variables);
      const inOrder = variables.map(({ name }) => grads[name]);
      adamWStep(variables, inOrder, state, {
        ...{ learningRate: 1e-2, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 },
      });
    });
  }
  model.eval();
  expect(at()).toBeLessThan(0.75 * untrained);
}
