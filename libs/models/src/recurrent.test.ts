// Recurrent models against PyTorch where they differ from the others: the states they go through, and going on from
// them in a second call.
import { openEngine, tf } from '@lilformer/engine';
import { Capture, GRUCell, KeyValueCache, type RecurrentState } from '@lilformer/layers';
import { Random } from '@lilformer/random';
import { relativeDifference, tolerances } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { createModel } from './index.js';
import { GRULM } from './gru.js';
import { TiedTransformerLM } from './tied-transformer.js';
import { caseModel, CASES, floats, idTensor, tensors } from './testing/golden-case.js';

beforeAll(async () => {
  await openEngine();
});

for (const [folder] of CASES) {
  if (!folder.startsWith('recurrent/')) continue;
  describe(folder, () => {
    it('has the states of the reference, in one call and continued in a second', async () => {
      const before = tf.memory().numTensors;
      const model = await caseModel(folder);
      model.loadStateDict(await tensors(folder, 'weights.safetensors'));
      const io = await tensors(folder, 'io.safetensors');
      const [batch] = io.get('input_ids')!.shape;
      const cache = model.createCache(batch) as RecurrentState;
      const lossCache = model.createCache(batch);
      tf.tidy(() => {
        for (const part of ['', 'next_']) {
          const ids = idTensor(io.get(`${part}input_ids`));
          const capture = new Capture();
          const logits = model.forward(ids, { cache, capture });
          expect(relativeDifference(logits.dataSync(), floats(io.get(`${part}logits`)))).toBeLessThan(
            tolerances.output,
          );
          const loss = model.loss(ids, idTensor(io.get(`${part}targets`)), { cache: lossCache });
          expect(relativeDifference(loss.dataSync(), floats(io.get(`${part}loss`)))).toBeLessThan(
            tolerances.output,
          );

          const expected = io.get(`${part}hidden_states`)!; // [T, B, H], or [T, L, B, H]
          const layers = expected.shape.length === 4 ? expected.shape[1] : 1;
          const states = Array.from({ length: layers }, (_, layer) => {
            const { shape, data } = capture.get(`hidden.${layer + 1}`)!;
            return tf.transpose(tf.tensor(data as Float32Array, [...shape]), [1, 0, 2]); // [T, B, H]
          });
          const actual = tf.stack(states, 1).dataSync();
          expect(relativeDifference(actual, floats(expected))).toBeLessThan(tolerances.output);
          const last = tf.concat(states.map((state) => tf.slice(state, [state.shape[0]! - 1, 0, 0])));
          const held = states.map((_, layer) => cache.get(layer)!);
          expect(relativeDifference(tf.stack(held).dataSync(), last.dataSync())).toBeLessThan(1e-6);
        }
      });
      for (const one of [cache, lossCache, model]) one.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}

describe('GRULM', () => {
  it('captures the gates of its cell', () => {
    const model = new GRULM({ vocabSize: 11, embedSize: 5, hiddenSize: 7 }, new Random('gates'));
    tf.tidy(() => {
      const ids = tf.tensor2d([[1, 4, 10, 3], [0, 2, 2, 9]], [2, 4], 'int32'); // prettier-ignore
      const capture = new Capture();
      model.forward(ids, { capture });
      expect([...capture.keys()]).toEqual(['hidden.0', 'gate.r.0', 'gate.z.0', 'gate.n.0', 'hidden.1']);
      const captured = (name: string) => {
        const { shape, data } = capture.get(name)!;
        return tf.tensor(data as Float32Array, [...shape]);
      };
      const inputs = tf.unstack(captured('hidden.0'), 1) as tf.Tensor2D[];
      let hidden = tf.zeros([2, 7]) as tf.Tensor2D;
      inputs.forEach((x, t) => {
        const step = model.gru_cell.forward(x, hidden);
        hidden = step.hidden;
        for (const [name, own] of [
          ['gate.r.0', step.r],
          ['gate.z.0', step.z],
          ['gate.n.0', step.n],
          ['hidden.1', step.hidden],
        ] as const) {
          const seen = tf.squeeze(tf.slice(captured(name), [0, t, 0], [-1, 1, -1]), [1]);
          expect(seen.shape).toEqual([2, 7]);
          expect(relativeDifference(seen.dataSync(), own.dataSync())).toBeLessThan(1e-6);
        }
      });
    });
    model.dispose();
  });

  it('matches PyTorch in truncated backpropagation: no gradient through the initial state', () => {
    const model = new GRULM({ vocabSize: 11, embedSize: 5, hiddenSize: 7 }, new Random('cut'));
    const cell = model.gru_cell;
    const variables = [...model.namedParameters()].map(([, { variable }]) => variable);
    const cache = model.createCache(1);
    tf.tidy(() => {
      const part = (...ids: number[]) => tf.tensor2d([ids], [1, ids.length], 'int32');
      model.forward(part(3, 1, 4), { cache });
      const state = (cache as RecurrentState).get(0)!.dataSync<'float32'>();
      const { grads } = tf.variableGrads(() => model.loss(part(1, 5), part(5, 9), { cache }), variables);
      // The same by hand, from a constant state.
      const { grads: byHand } = tf.variableGrads(() => {
        let hidden = tf.tensor2d(state, [1, 7]);
        const rows = [1, 5].map((id) => {
          const x = tf.squeeze(model.embedding.forward(part(id)), [1]) as tf.Tensor2D;
          hidden = cell.forward(x, hidden).hidden;
          return tf.logSoftmax(model.fc.forward(hidden));
        });
        const chosen = [5, 9].map((id, t) => tf.slice(rows[t], [0, id], [1, 1]));
        return tf.mul(-0.5, tf.sum(tf.concat(chosen))) as tf.Scalar;
      }, variables);
      for (const { name } of variables) {
        expect(relativeDifference(grads[name].dataSync(), byHand[name].dataSync())).toBeLessThan(1e-5);
      }
    });
    cache.dispose();
    model.dispose();
  });
});

describe('a cache', () => {
  it('of another kind of model is rejected', () => {
    const gpt = new TiedTransformerLM(
      { vocabSize: 5, dModel: 4, nHeads: 1, nLayers: 1, contextLength: 4 },
      new Random(1),
    );
    const gru = createModel({ type: 'gru', vocabSize: 5, embedSize: 4, hiddenSize: 4 }, new Random(1));
    tf.tidy(() => {
      const ids = tf.tensor2d([[1]], [1, 1], 'int32');
      expect(() => gpt.forward(ids, { cache: gru.createCache(1) })).toThrow(
        'cache: is a RecurrentState. Expected a KeyValueCache.',
      );
      expect(() => gru.forward(ids, { cache: new KeyValueCache(1) })).toThrow(
        'cache: is a KeyValueCache. Expected a RecurrentState.',
      );
    });
    expect(gru instanceof GRULM && gru.gru_cell instanceof GRUCell).toBe(true);
    gpt.dispose();
    gru.dispose();
  });
});
