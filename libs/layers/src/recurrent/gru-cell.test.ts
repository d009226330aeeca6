// GRUCell against PyTorch: a step and its gates, gradients of weights and inputs, five training steps, files, and a demo of
// the gates.
import {
  readPyTorch,
  readSafetensors,
  stateDictOf,
  toFloat32,
  type NamedArray,
} from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { adamWStep, createAdamState } from '@lilformer/ops';
import { Random } from '@lilformer/random';
import { golden, goldenJson, largestDifference, relativeDifference, tolerances } from '@lilformer/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GRUCell, RecurrentState, type Linear } from '../index.js';

beforeAll(async () => {
  await openEngine();
});

const CASE = 'recurrent/gru_cell';

describe('GRUCell', () => {
  const {
    arguments: sizes,
    training,
    parameters,
  } = goldenJson<{
    arguments: { input_size: number; hidden_size: number };
    parameters: number;
    training: { lr: number; betas: [number, number]; eps: number; weight_decay: number; steps: number };
  }>(`${CASE}/config.json`);
  let io: Map<string, NamedArray>;
  let weights: Map<string, NamedArray>;
  let cell: GRUCell;
  const given = (name: string) =>
    tf.tensor2d(toFloat32(io.get(name)!), io.get(name)!.shape as [number, number]);
  const expectClose = (actual: tf.Tensor, name: string) =>
    expect([
      name,
      relativeDifference(actual.dataSync(), toFloat32(io.get(name)!)) < tolerances.output,
    ]).toEqual([name, true]);
  /** mean((new - target)²), as in the reference. */
  const loss = (x: tf.Tensor2D, hidden: tf.Tensor2D) =>
    tf.mean(tf.square(tf.sub(cell.forward(x, hidden).hidden, given('target')))) as tf.Scalar;

  beforeAll(async () => {
    io = (await readSafetensors(golden(`${CASE}/io.safetensors`))).tensors;
    weights = (await readSafetensors(golden(`${CASE}/weights.safetensors`))).tensors;
    cell = new GRUCell(sizes.input_size, sizes.hidden_size, new Random(0));
    cell.loadStateDict(weights);
  });
  afterAll(() => cell.dispose());

  it('has the names and sizes of the reference, and loads its file', async () => {
    expect(cell.parameterCount()).toBe(parameters);
    const state = stateDictOf(await readPyTorch(golden(`${CASE}/weights.pt`)));
    expect([...cell.stateDict().keys()]).toEqual([...state.keys()]);
    const other = new GRUCell(sizes.input_size, sizes.hidden_size, new Random(1));
    other.loadStateDict(state);
    expect(other.stateDict()).toEqual(cell.stateDict());
    other.dispose();
  });

  it('computes the step and gates of the reference', () => {
    tf.tidy(() => {
      const { hidden, r, z, n } = cell.forward(given('x'), given('hidden'));
      for (const [name, tensor] of Object.entries({ new_hidden: hidden, r, z, n })) expectClose(tensor, name);
    });
  });

  it('unrolls from the cached state', () => {
    tf.tidy(() => {
      const hidden = given('hidden');
      const states = new RecurrentState(hidden.shape[0]);
      states.set(0, tf.clone(hidden));
      states.advance(1);
      const output = cell.unroll(tf.expandDims(given('x'), 1) as tf.Tensor3D, { cache: states });
      states.advance(1);
      expectClose(tf.squeeze(output, [1]), 'new_hidden');
      expectClose(states.get(0)!, 'new_hidden');
      states.dispose();
    });
  });

  it('has the gradients of the reference, for weights and inputs', () => {
    tf.tidy(() => {
      const [x, hidden] = [given('x'), given('hidden')];
      expectClose(loss(x, hidden), 'loss');
      const names = [...cell.namedParameters()];
      const { grads } = tf.variableGrads(
        () => loss(x, hidden),
        names.map(([, { variable }]) => variable),
      );
      for (const [name, { variable }] of names) expectClose(grads[variable.name], `grad.${name}`);
      const [dx, dHidden] = tf.grads((x, hidden) => loss(x as tf.Tensor2D, hidden as tf.Tensor2D))([
        x,
        hidden,
      ]);
      expectClose(dx, 'input_grad.x');
      expectClose(dHidden, 'input_grad.hidden');
    });
  });

  it('matches the reference over five AdamW steps', async () => {
    const names = [...cell.namedParameters()];
    const variables = names.map(([, { variable }]) => variable);
    const state = createAdamState(variables);
    const losses = Array.from({ length: training.steps }, () =>
      tf.tidy(() => {
        const [x, hidden] = [given('x'), given('hidden')];
        const { grads } = tf.variableGrads(() => loss(x, hidden), variables);
        adamWStep(
          variables,
          variables.map(({ name }) => grads[name]),
          state,
          {
            learningRate: training.lr,
            beta1: training.betas[0],
            beta2: training.betas[1],
            epsilon: training.eps,
            weightDecay: training.weight_decay,
          },
        );
        return loss(x, hidden).dataSync()[0];
      }),
    );
    expect(relativeDifference(losses, toFloat32(io.get('losses')!))).toBeLessThan(tolerances.output);
    const trained = (await readSafetensors(golden(`${CASE}/trained.safetensors`))).tensors;
    for (const [name, array] of cell.stateDict()) {
      expect([
        name,
        largestDifference(toFloat32(array), toFloat32(trained.get(name)!)) < tolerances.trainedWeights,
      ]).toEqual([name, true]);
    }
    cell.loadStateDict(weights);
  });

  const demo = goldenJson<
    {
      label: string;
      x: [number, number];
      h: [number, number];
      reset: number;
      update: number;
      new_input: number;
      new_hidden: number;
      bars: Record<string, number>;
    }[]
  >(`${CASE}/demo.json`);
  it.each(demo)('$label', ({ x, h, reset, update, new_input, new_hidden, bars }) => {
    const small = new GRUCell(2, 2, new Random(0));
    const put = (layer: Linear, row: number, column: number, value: number) => {
      const values = new Float32Array(4);
      values[2 * row + column] = value;
      tf.tidy(() => layer.weight.variable.assign(tf.tensor2d(values, [2, 2])));
    };
    for (const layer of [small.W_xr, small.W_hr]) put(layer, 0, 1, reset);
    for (const layer of [small.W_xz, small.W_hz]) put(layer, 0, 1, update);
    put(small.W_xn, 0, 0, new_input);
    put(small.W_hn, 0, 0, new_hidden);
    tf.tidy(() => {
      const { hidden, r, z, n } = small.forward(tf.tensor2d([x]), tf.tensor2d([h]));
      const shown = Object.entries({ r, z, n, h_new: hidden });
      for (const [name, tensor] of shown) {
        expect([name, Math.abs(tensor.dataSync()[0] - bars[name]) < tolerances.elementwise]).toEqual([
          name,
          true,
        ]);
      }
    });
    small.dispose();
  });
});

describe('GRUCell', () => {
  it('rejects invalid sizes and shapes', () => {
    expect(() => new GRUCell(0, 4, new Random(0))).toThrow('inFeatures: is 0. Expected an integer');
    const cell = new GRUCell(3, 4, new Random(0));
    tf.tidy(() => {
      expect(() => cell.unroll(tf.zeros([2, 5, 4]))).toThrow(
        'gru: weightIh: shape [12, 3], expected [3 H = 12, in = 4]',
      );
    });
    cell.dispose();
  });
});
