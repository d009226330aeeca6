// Gates against the equations of a GRU step.
import { openEngine, tf } from '@lilformer/engine';
import { createModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer } from '@lilformer/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { gruGates } from './gates.js';
import { floats, goldenModel, goldenTensors, idRows } from './testing/golden-model.js';

beforeAll(async () => void (await openEngine()));

const FOLDER = 'recurrent/gru_lm';

function characters(count: number): CharTokenizer {
  return CharTokenizer.fromText(
    Array.from({ length: count }, (_, i) => String.fromCharCode(0x100 + i)).join(''),
  );
}

describe('the gates of a GRU', () => {
  it('reproduce the reference states', async () => {
    const before = tf.memory().numTensors;
    const model = await goldenModel(FOLDER, 'gru');
    const io = await goldenTensors(FOLDER, 'io.safetensors');
    const weights = await goldenTensors(FOLDER, 'weights.safetensors');
    const rows = idRows(io.get('input_ids')!);
    const states = floats(io.get('hidden_states')); // [T, B, H]
    const [, batch, hidden] = io.get('hidden_states')!.shape;
    for (const [row, ids] of rows.entries()) {
      const { layers, tokens } = await gruGates(model, characters(model.vocabSize), ids);
      expect(layers).toHaveLength(1);
      expect(tokens).toHaveLength(ids.length);
      const [{ r, z, n }] = layers;
      const stateAt = (t: number, unit: number) => (t < 0 ? 0 : states[(t * batch + row) * hidden + unit]);
      ids.forEach((_, t) => {
        for (let unit = 0; unit < hidden; unit++) {
          const [zt, nt] = [z.values[t][unit], n.values[t][unit]];
          expect((1 - zt) * nt + zt * stateAt(t - 1, unit)).toBeCloseTo(stateAt(t, unit), 5);
        }
      });
      // The first step has no state: r is sigmoid(W_xr x).
      const input = floats(weights.get('gru_cell.W_xr.weight'));
      const embedding = floats(weights.get('embedding.weight'));
      const width = weights.get('embedding.weight')!.shape[1];
      let sum = 0;
      for (let i = 0; i < width; i++) sum += input[i] * embedding[ids[0] * width + i];
      expect(r.values[0][0]).toBeCloseTo(1 / (1 + Math.exp(-sum)), 5);
      expect(r.mean[0]).toBeCloseTo(r.values[0].reduce((total, each) => total + each, 0) / hidden, 6);
    }
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('rejects a model without gates', async () => {
  const model = createModel({ type: 'bigram', vocabSize: 4, dModel: 2 }, new Random(0));
  await expect(gruGates(model, characters(2), [0, 1])).rejects.toThrow('BigramLM: has no gates');
  model.dispose();
});
