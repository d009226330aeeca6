// RNN and GRU: fast path against reference on random shapes, the reference against PyTorch, gradients against
// differences.
import { openEngine, tf } from '@lilformer/engine';
import fc from 'fast-check';
import { goldenJson, relativeDifference } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { gru, gruReference } from './gru.js';
import type { RecurrentWeights } from './recurrent.js';
import { rnn, rnnReference } from './rnn.js';
import { GoldenTensors } from '../testing/golden-tensors.js';
import { expectMatch, expectFiniteDifferences, numbers, type Operation } from '../testing/gradients.js';

const hasKernels = ['native', 'wasm'].includes(process.env.LILFORMER_ENGINE ?? '');

interface Case {
  batch: number;
  steps: number;
  inputs: number;
  hidden: number;
  bias: boolean;
  state: boolean;
}

const cases = fc.record<Case>({
  batch: fc.integer({ min: 1, max: 9 }),
  steps: fc.integer({ min: 1, max: 6 }),
  inputs: fc.integer({ min: 1, max: 20 }),
  hidden: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(16)),
  bias: fc.boolean(),
  state: fc.boolean(),
});

/** x, weights, and what else the case has, as one list; and how an operation takes that list. */
function inputsOf({ batch, steps, inputs, hidden, bias, state }: Case, blocks: number, salt: number) {
  const shrunk = (shape: number[], seed: number): tf.Tensor =>
    tf.mul(numbers(shape, seed), 1 / Math.sqrt(shape.at(-1)!));
  const list = [
    numbers([batch, steps, inputs], salt),
    shrunk([blocks * hidden, inputs], salt + 1),
    shrunk([blocks * hidden, hidden], salt + 2),
  ];
  if (bias) list.push(numbers([blocks * hidden], salt + 3), numbers([blocks * hidden], salt + 4));
  if (state) list.push(numbers([batch, hidden], salt + 5));
  return list;
}

function taking(
  { bias, state }: Pick<Case, 'bias' | 'state'>,
  run: (
    x: tf.Tensor,
    weights: RecurrentWeights,
    options: { state?: tf.Tensor },
  ) => { output: tf.Tensor; state: tf.Tensor },
): Operation {
  return (x, weightIh, weightHh, ...rest) => {
    const [biasIh, biasHh] = bias ? rest.splice(0, 2) : [];
    const result = run(x, { weightIh, weightHh, biasIh, biasHh }, state ? { state: rest[0] } : {});
    // both results, the last state twice as heavy
    return tf.concat([result.output, tf.expandDims(tf.mul(2, result.state), 1)], 1);
  };
}

const kinds = {
  'rnn, tanh': [1, rnn, rnnReference, {}],
  'rnn, relu': [1, rnn, rnnReference, { nonlinearity: 'relu' }],
  gru: [3, gru, gruReference, {}],
} as const;

describe('on this engine', () => {
  beforeAll(async () => {
    await openEngine();
  });

  describe.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s', (kind) => {
    const [blocks, fast, reference, more] = kinds[kind];

    it('equals its reference', () => {
      fc.assert(
        fc.property(cases, fc.integer({ min: 0, max: 1e6 }), (sizes, salt) => {
          tf.tidy(() => {
            const inputs = inputsOf(sizes, blocks, salt);
            expectMatch(
              taking(sizes, (x, weights, options) => fast(x, weights, { ...options, ...more })),
              taking(sizes, (x, weights, options) => reference(x, weights, { ...options, ...more })),
              inputs,
              5e-5,
            );
          });
        }),
        { numRuns: 15 },
      );
    });

    it('has the gradient of finite differences', () => {
      const sizes = { batch: 2, steps: 3, inputs: 2, hidden: 3, bias: true, state: true };
      tf.tidy(() => {
        const inputs = inputsOf(sizes, blocks, 3); // numbers that keep relu away from its bend
        expectFiniteDifferences(
          taking(sizes, (x, weights, options) => fast(x, weights, { ...options, ...more })),
          inputs,
        );
      });
    });

    it('continues from a state', () => {
      tf.tidy(() => {
        const sizes = { batch: 3, steps: 5, inputs: 4, hidden: 7, bias: true, state: true };
        const [x, weightIh, weightHh, biasIh, biasHh, state] = inputsOf(sizes, blocks, 5);
        const weights = { weightIh, weightHh, biasIh, biasHh };
        const whole = fast(x, weights, { state, ...more });
        const [before, after] = tf.split(x, [2, 3], 1);
        const first = fast(before, weights, { state, ...more });
        const second = fast(after, weights, { state: first.state, ...more });
        const joined = tf.concat([first.output, second.output], 1);
        expect(tf.max(tf.abs(tf.sub(joined, whole.output))).dataSync()[0]).toBeLessThan(1e-6);
        expect([...second.state.dataSync()]).toEqual([...tf.slice(second.output, [0, 2, 0]).dataSync()]);
      });
    });

    it('takes sequences of no steps, and batches of no sequences', () => {
      tf.tidy(() => {
        for (const [batch, steps] of [
          [2, 0],
          [0, 3],
          [0, 0],
        ]) {
          const sizes = { batch, steps, inputs: 2, hidden: 3, bias: true, state: true };
          const [, ...others] = inputsOf({ ...sizes, batch: 2 }, blocks, 1);
          const inputs = [tf.zeros([batch, steps, 2]), ...others.slice(0, 4), tf.ones([batch, 3])];
          const operation = taking(sizes, (x, weights, options) => fast(x, weights, { ...options, ...more }));
          const { output, state } = fast(
            inputs[0],
            { weightIh: inputs[1], weightHh: inputs[2] },
            { state: inputs[5], ...more },
          );
          expect(output.shape).toEqual([batch, steps, 3]);
          expect(state.shape).toEqual([batch, 3]);
          if (steps === 0) expect([...state.dataSync()]).toEqual([...inputs[5].dataSync()]);
          if (steps === 0 && !hasKernels) continue; // tfjs has no gradient of zeros
          const gradients = tf.grads((...all: tf.Tensor[]) => tf.sum(operation(...all)))(inputs);
          gradients.forEach((gradient, i) => expect(gradient.shape).toEqual(inputs[i].shape));
          for (const gradient of gradients.slice(1, 5)) {
            expect(gradient.dataSync().every((value) => value === 0)).toBe(true);
          }
        }
      });
    });
  });

  it('returns the gates of every step', () => {
    tf.tidy(() => {
      const sizes = { batch: 3, steps: 4, inputs: 5, hidden: 18, bias: true, state: false };
      const [x, weightIh, weightHh, biasIh, biasHh] = inputsOf(sizes, 3, 8);
      const weights = { weightIh, weightHh, biasIh, biasHh };
      const actual = gru(x, weights, { returnGates: true });
      const expected = gruReference(x, weights, { returnGates: true });
      for (const gate of ['r', 'z', 'n'] as const) {
        expect(actual.gates![gate].shape).toEqual([3, 4, 18]);
        const difference = tf.sub(actual.gates![gate], expected.gates![gate]);
        expect(tf.max(tf.abs(difference)).dataSync()[0]).toBeLessThan(1e-5);
      }
      const { output } = gru(x, weights);
      expect([...actual.output.dataSync()]).toEqual([...output.dataSync()]);
    });
  });

  it('has no gradient through the gates on engines with kernels, and says so', () => {
    tf.tidy(() => {
      const sizes = { batch: 1, steps: 2, inputs: 2, hidden: 3, bias: false, state: false };
      const [x, weightIh, weightHh] = inputsOf(sizes, 3, 8);
      const loss = (x: tf.Tensor): tf.Tensor =>
        tf.sum(gru(x, { weightIh, weightHh }, { returnGates: true }).gates!.r);
      if (hasKernels) expect(() => tf.grad(loss)(x)).toThrow('gru: its gates have no gradient');
      else expectFiniteDifferences(loss, [x]);
    });
  });
});

it('names what does not fit', async () => {
  await openEngine();
  const weights = (blocks: number) => ({
    weightIh: tf.zeros([blocks * 4, 3]),
    weightHh: tf.zeros([blocks * 4, 4]),
  });
  const x = tf.zeros([2, 5, 3]);
  const tries: [() => unknown, string][] = [
    [() => rnn(tf.zeros([5, 3]), weights(1)), 'rnn: x [5, 3], expected [B, T, in]'],
    [() => gru(x, weights(1)), 'gru: weightHh [4, 4], expected [3 H, H] with H of at least 1'],
    [() => rnn(x, weights(3)), 'rnn: weightHh [12, 4], expected [H, H] with H of at least 1'],
    [() => gru(tf.zeros([2, 5, 2]), weights(3)), 'gru: weightIh: shape [12, 3], expected [3 H = 12, in = 2]'],
    [() => gru(x, { ...weights(3), biasHh: tf.zeros([4]) }), 'gru: biasHh: shape [4], expected [3 H = 12]'],
    [
      () => rnn(x, weights(1), { state: tf.zeros([1, 4]) }),
      'rnn: state: shape [1, 4], expected [B = 2, H = 4]',
    ],
    [
      () => rnn(x, weights(1), { nonlinearity: 'gelu' as never }),
      'rnn: nonlinearity gelu, expected tanh or relu',
    ],
  ];
  for (const [run, message] of tries) expect(run).toThrow(message);
});

const close = (actual: tf.Tensor, expected: Float32Array, limit = 1e-5): void =>
  expect(relativeDifference(actual.dataSync(), expected)).toBeLessThan(limit);

/** The six maps of a cell, as one weight for the input and one for the state. */
const together = (file: GoldenTensors, prefix: string): RecurrentWeights => {
  const three = (side: string): tf.Tensor =>
    tf.concat(
      ['r', 'z', 'n'].map((gate) => file.tensor(`${prefix}W_${side}${gate}.weight`)),
      0,
    );
  return { weightIh: three('x'), weightHh: three('h') };
};

describe('against PyTorch', () => {
  beforeAll(async () => {
    await openEngine();
  });

  it.each(Object.entries({ gru, gruReference }))(
    '%s: one step, gates and gradients',
    async (_, operation) => {
      const io = await GoldenTensors.read('recurrent/gru_cell/io.safetensors');
      const { weightIh, weightHh } = together(
        await GoldenTensors.read('recurrent/gru_cell/weights.safetensors'),
        '',
      );
      const target = io.tensor('target');
      const inputs = [io.tensor('x'), io.tensor('hidden'), weightIh, weightHh];
      const step = (x: tf.Tensor, state: tf.Tensor, weightIh: tf.Tensor, weightHh: tf.Tensor) =>
        operation(tf.expandDims(x, 1), { weightIh, weightHh }, { state, returnGates: true });
      const { state, output, gates } = step(inputs[0], inputs[1], weightIh, weightHh);
      close(state, io.numbers('new_hidden'));
      close(output, io.numbers('new_hidden'));
      for (const gate of ['r', 'z', 'n'] as const) close(gates![gate], io.numbers(gate));
      const [dx, dState, dIh, dHh] = tf.grads((x: tf.Tensor, h: tf.Tensor, ih: tf.Tensor, hh: tf.Tensor) =>
        tf.mean(tf.squaredDifference(step(x, h, ih, hh).state, target)),
      )(inputs);
      close(dx, io.numbers('input_grad.x'));
      close(dState, io.numbers('input_grad.hidden'));
      for (const [gradient, side] of [
        [dIh, 'x'],
        [dHh, 'h'],
      ] as const) {
        tf.split(gradient, 3, 0).forEach((part, i) =>
          close(part, io.numbers(`grad.W_${side}${'rzn'[i]}.weight`)),
        );
      }
    },
  );

  it.each(Object.entries({ gru, gruReference }))("%s: the notebook's demonstration", (_, operation) => {
    interface Row {
      x: number[];
      h: number[];
      reset: number;
      update: number;
      new_input: number;
      new_hidden: number;
      bars: Record<'r' | 'z' | 'n' | 'h_new', number>;
    }
    for (const row of goldenJson<Row[]>('recurrent/gru_cell/demo.json')) {
      const weight = (content: number): tf.Tensor =>
        tf.tensor2d([[0, row.reset], [0, 0], [0, row.update], [0, 0], [content, 0], [0, 0]]); // prettier-ignore
      const { state, gates } = operation(
        tf.tensor3d(row.x, [1, 1, 2]),
        { weightIh: weight(row.new_input), weightHh: weight(row.new_hidden) },
        { state: tf.tensor2d(row.h, [1, 2]), returnGates: true },
      );
      for (const gate of ['r', 'z', 'n'] as const) {
        expect(gates![gate].dataSync()[0]).toBeCloseTo(row.bars[gate], 5);
      }
      expect(state.dataSync()[0]).toBeCloseTo(row.bars.h_new, 5);
    }
  });

  /** Output of both parts of a case, the second from the last state of the first, as PyTorch has them: [T, B, D]. */
  async function expectStates(
    name: string,
    embedding: string,
    run: (
      weights: GoldenTensors,
    ) => (x: tf.Tensor, state?: tf.Tensor) => { output: tf.Tensor; state: tf.Tensor },
  ): Promise<void> {
    const weights = await GoldenTensors.read(`recurrent/${name}/weights.safetensors`);
    const io = await GoldenTensors.read(`recurrent/${name}/io.safetensors`);
    const layer = run(weights);
    let state: tf.Tensor | undefined;
    for (const part of ['', 'next_']) {
      const x = tf.gather(weights.tensor(embedding), io.ids(`${part}input_ids`));
      const result = layer(x, state);
      close(tf.transpose(result.output, [1, 0, 2]), io.numbers(`${part}hidden_states`));
      state = result.state;
    }
  }

  it.each(Object.entries({ gru, gruReference }))('%s: sequences in two parts', async (_, operation) => {
    await expectStates('gru_lm', 'embedding.weight', (file) => {
      const weights = together(file, 'gru_cell.');
      return (x, state) => operation(x, weights, { state });
    });
  });

  it.each(Object.entries({ rnn, rnnReference }))('%s: sequences in two parts', async (_, operation) => {
    await expectStates('simple_rnn', 'embedding.weight', (file) => {
      const [weightIh, biasIh, weightHh, biasHh] = ['W_ih', 'W_hh'].flatMap((map) =>
        ['weight', 'bias'].map((kind) => file.tensor(`${map}.${kind}`)),
      );
      return (x, state) => operation(x, { weightIh, weightHh, biasIh, biasHh }, { state });
    });
  });
});
