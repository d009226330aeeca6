// RNN and GRU against PyTorch, with the notebook's weights where there are reference files, and with biases and two
// layers against numbers of torch.nn written down here.
import { openEngine, tf } from '@lilformer/engine';
import { readSafetensors, toFloat32, type NamedArray } from '@lilformer/checkpoints';
import { Random } from '@lilformer/random';
import { golden, goldenJson, largestDifference, relativeDifference } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Capture, GRU, RNN } from '../index.js';

beforeAll(async () => {
  await openEngine();
});

const random = new Random('recurrent test');
const values = (x: tf.Tensor): Float32Array => x.dataSync<'float32'>();

/** Every parameter after the other is sin(0.7 k) / 2 for k = 1, 2, … */
function fill(layer: RNN | GRU): void {
  let k = 0;
  for (const [, { variable, shape, size }] of layer.namedParameters()) {
    const numbers = Float32Array.from({ length: size }, () => Math.sin(0.7 * ++k) / 2);
    tf.tidy(() => variable.assign(tf.tensor(numbers, shape)));
  }
}

// print(m(x, s)) of torch 2.15.0 with the same numbers: x = cos(1.3 k) [2, 3, 2], s = sin(k) [numLayers, 2, 3]
const torch: Record<string, { layer: () => RNN | GRU; output: number[]; state: number[] }> = {
  'GRU(2, 3, num_layers=2, batch_first=True)': {
    layer: () => new GRU(2, 3, random, { numLayers: 2 }),
    output: [
      0.522877, 0.01563, -0.27033, 0.034954, -0.136065, -0.075238, -0.467729, -0.160663, 0.255098, -0.761916,
      -0.567484, 0.142804, -0.843799, -0.46798, 0.471543, -0.817201, -0.574609, 0.635529,
    ],
    state: [
      -0.262314, -0.469164, -0.136019, -0.701129, -0.164512, 0.486345, -0.467729, -0.160663, 0.255098,
      -0.817201, -0.574609, 0.635529,
    ],
  },
  'RNN(2, 3, num_layers=2, batch_first=True)': {
    layer: () => new RNN(2, 3, random, { numLayers: 2, nonlinearity: 'relu' }),
    output: [0, 0, 1.230922, 0, 0, 0.449811, 0, 0, 0.304229, 0, 0.072586, 0, 0, 0, 0.325286, 0, 0, 0.372718],
    state: [0, 0.965064, 0.115716, 0, 0.63943, 0.788966, 0, 0, 0.304229, 0, 0, 0.372718],
  },
  'RNN(2, 3, bias=False, batch_first=True)': {
    layer: () => new RNN(2, 3, random, { bias: false }),
    output: [
      -0.775992, 0.639849, 0.227992, 0.176306, -0.076043, -0.395403, 0.268479, 0.274686, 0.021179, 0.090155,
      -0.872818, 0.528858, 0.712069, 0.250408, -0.5134, -0.750987, -0.097916, 0.638257,
    ],
    state: [0.268479, 0.274686, 0.021179, -0.750987, -0.097916, 0.638257],
  },
};

describe.each(Object.entries(torch))('%s', (printed, expected) => {
  it('computes and prints like PyTorch', () => {
    const layer = expected.layer();
    fill(layer);
    expect(String(layer)).toBe(printed);
    tf.tidy(() => {
      const wave = (f: (k: number) => number, size: number): number[] =>
        Array.from({ length: size }, (_, i) => f(i + 1));
      const x = tf.tensor3d(wave((k) => Math.cos(1.3 * k), 12), [2, 3, 2]); // prettier-ignore
      const shape: [number, number, number] = [layer.numLayers, 2, 3];
      const state = tf.tensor3d(wave(Math.sin, layer.numLayers * 6), shape);
      const result = layer.forward(x, { state });
      expect(result.output.shape).toEqual([2, 3, 3]);
      expect(result.state.shape).toEqual(shape);
      expect(largestDifference(values(result.output), expected.output)).toBeLessThan(2e-6);
      expect(largestDifference(values(result.state), expected.state)).toBeLessThan(2e-6);
    });
    layer.dispose();
  });
});

describe('RNN and GRU', () => {
  it("have PyTorch's names and shapes, and initial weights in ±1/√H", () => {
    const gru = new GRU(5, 16, random, { numLayers: 2 });
    const shapes = [...gru.stateDict()].map(([name, { shape }]) => `${name} ${shape.join('x')}`);
    expect(shapes).toEqual([
      'weight_ih_l0 48x5',
      'weight_hh_l0 48x16',
      'bias_ih_l0 48',
      'bias_hh_l0 48',
      'weight_ih_l1 48x16',
      'weight_hh_l1 48x16',
      'bias_ih_l1 48',
      'bias_hh_l1 48',
    ]);
    for (const [, { variable }] of gru.namedParameters()) {
      const largest = values(variable).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest).toBeLessThanOrEqual(0.25);
      expect(largest).toBeGreaterThan(0.2);
    }
    gru.dispose();
  });

  it('capture gates without changing the output', () => {
    const gru = new GRU(4, 6, random, { numLayers: 2 });
    tf.tidy(() => {
      const x = tf.randomNormal([2, 5, 4], 0, 1, 'float32', 1) as tf.Tensor3D;
      const capture = new Capture();
      const { output } = gru.forward(x, { capture });
      expect(values(output)).toEqual(values(gru.forward(x).output));
      const names = ['gate.r.0', 'gate.z.0', 'gate.n.0', 'gate.r.1', 'gate.z.1', 'gate.n.1'];
      expect([...capture.keys()]).toEqual(names);
      const [z, n] = ['gate.z.1', 'gate.n.1'].map((name) => capture.get(name)!.data);
      expect(capture.get('gate.z.1')!.shape).toEqual([2, 5, 6]);
      // from a state of zeros the first step is (1 - z) n
      const first = values(output).subarray(0, 6);
      first.forEach((h, j) => expect(h).toBeCloseTo((1 - z[j]) * n[j], 5));
    });
    gru.dispose();
  });

  it('give every parameter a gradient', () => {
    const rnn = new RNN(3, 4, random, { numLayers: 2 });
    const variables = [...rnn.namedParameters()].map(([, { variable }]) => variable);
    tf.tidy(() => {
      const x = tf.randomNormal([2, 5, 3], 0, 1, 'float32', 1) as tf.Tensor3D;
      const { grads } = tf.variableGrads(() => tf.sum(tf.square(rnn.forward(x).output)), variables);
      for (const { name, shape } of variables) {
        expect(grads[name].shape).toEqual(shape);
        expect(values(tf.max(tf.abs(grads[name])))[0]).toBeGreaterThan(0);
      }
    });
    rnn.dispose();
  });

  it('reject invalid sizes and shapes', () => {
    expect(() => new GRU(0, 4, random)).toThrow('inputSize: is 0. Expected an integer of at least 1.');
    expect(() => new RNN(3, 2.5, random)).toThrow('hiddenSize: is 2.5. Expected an integer of at least 1.');
    expect(() => new GRU(3, 4, random, { numLayers: 0 })).toThrow('numLayers: is 0. Expected an integer');
    const invalid = { nonlinearity: 'gelu' as never };
    expect(() => new RNN(3, 4, random, invalid)).toThrow('nonlinearity: is gelu. Expected tanh or relu.');
    const gru = new GRU(3, 4, random, { numLayers: 2 });
    tf.tidy(() => {
      expect(() => gru.forward(tf.zeros([2, 5, 4]))).toThrow(
        'GRU: x has shape [2, 5, 4]. Expected [B, T, 3].',
      );
      expect(() => gru.forward(tf.zeros([2, 5, 3]), { state: tf.zeros([1, 2, 4]) })).toThrow(
        'GRU: state has shape [1, 2, 4]. Expected [numLayers, B, H] = [2, 2, 4].',
      );
    });
    gru.dispose();
  });
});

describe("the notebook's recurrent models", () => {
  const read = async (path: string) => (await readSafetensors(golden(`recurrent/${path}`))).tensors;
  const tensor = ({ shape, data }: NamedArray, dtype?: 'int32'): tf.Tensor =>
    tf.tensor(Float32Array.from(data as Int32Array), [...shape], dtype);

  /** Expects the states of both parts of a case, [T, B, D] or [T, L, B, D]; the second continues from the first. */
  async function expectStates(name: string, layer: RNN | GRU, state: Map<string, NamedArray>): Promise<void> {
    layer.loadStateDict(state);
    const [weights, io] = [await read(`${name}/weights.safetensors`), await read(`${name}/io.safetensors`)];
    tf.tidy(() => {
      let before: tf.Tensor3D | undefined;
      for (const part of ['', 'next_']) {
        const ids = tensor(io.get(`${part}input_ids`)!, 'int32');
        const x = tf.gather(tensor(weights.get('embedding.weight')!), ids) as tf.Tensor3D;
        const result = layer.forward(x, { state: before });
        before = result.state;
        const expected = tensor(io.get(`${part}hidden_states`)!);
        const steps = tf.unstack(expected);
        const ofTop =
          expected.rank === 3 ? expected : tf.stack(steps.map((step) => tf.unstack(step).at(-1)!));
        const actual = tf.transpose(result.output, [1, 0, 2]);
        expect(relativeDifference(values(actual), values(ofTop))).toBeLessThan(1e-5);
        expect(relativeDifference(values(result.state), values(steps.at(-1)!))).toBeLessThan(1e-5);
      }
    });
    layer.dispose();
  }

  it('GRULM', async () => {
    const { embed_size: inputs, hidden_size: hidden } = goldenJson<{ arguments: Record<string, number> }>(
      'recurrent/gru_lm/config.json',
    ).arguments;
    const weights = await read('gru_lm/weights.safetensors');
    const three = (side: 'x' | 'h', width: number): NamedArray => ({
      dtype: 'F32',
      shape: [3 * hidden, width],
      data: Float32Array.from(
        ['r', 'z', 'n'].flatMap((gate) => [...toFloat32(weights.get(`gru_cell.W_${side}${gate}.weight`)!)]),
      ),
    });
    const gru = new GRU(inputs, hidden, random, { bias: false });
    const state = { weight_ih_l0: three('x', inputs), weight_hh_l0: three('h', hidden) };
    await expectStates('gru_lm', gru, new Map(Object.entries(state)));
  });

  it('MultiLayerRNN', async () => {
    const {
      embed_size: inputs,
      hidden_size: hidden,
      num_layers: numLayers,
    } = goldenJson<{ arguments: Record<string, number> }>('recurrent/multi_layer_rnn/config.json').arguments;
    const weights = await read('multi_layer_rnn/weights.safetensors');
    const state = new Map<string, NamedArray>();
    for (const [name, array] of weights) {
      const [, side, layer, kind] = /^W_(ih|hh)\.(\d+)\.(weight|bias)$/.exec(name) ?? [];
      if (side) state.set(`${kind}_${side}_l${layer}`, array);
    }
    await expectStates('multi_layer_rnn', new RNN(inputs, hidden, random, { numLayers }), state);
  });
});
