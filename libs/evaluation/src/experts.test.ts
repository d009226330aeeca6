import { openEngine, tf } from '@lilformer/engine';
import { createModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { expertTable, measureExperts } from './experts.js';
import { floats, goldenModel, goldenTensors, idRows } from './testing/golden-model.js';

beforeAll(async () => void (await openEngine()));

const FOLDER = 'evolution/10_moe';

describe('the experts of a mixture', () => {
  it('get the tokens of the reference routes', async () => {
    const before = tf.memory().numTensors;
    const model = await goldenModel(FOLDER, 'moe-transformer');
    const io = await goldenTensors(FOLDER, 'io.safetensors');
    const rows = idRows(io.get('input_ids')!);
    // Row by row: counts add up over batches.
    const reports = await measureExperts(
      model,
      rows.map((row) => ({ inputs: Int32Array.from(row), batch: 1, length: row.length })),
    );
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
    reports.forEach(({ layer, tokens, shares, probabilities, effective }) => {
      const route = idRows(io.get(`route.${layer}`)!).flat();
      const router = floats(io.get(`router_probs.${layer}`));
      const experts = io.get(`router_probs.${layer}`)!.shape[2];
      for (let expert = 0; expert < experts; expert++) {
        const sent = route.filter((each) => each === expert).length;
        expect(tokens[expert]).toBe(sent);
        expect(shares[expert]).toBeCloseTo(sent / route.length, 12);
        const mine = router.filter((_, i) => i % experts === expert);
        expect(probabilities[expert]).toBeCloseTo(mine.reduce((sum, p) => sum + p, 0) / route.length, 5);
      }
      expect(effective).toBeGreaterThanOrEqual(1);
      expect(effective).toBeLessThanOrEqual(experts + 1e-9);
    });
    const { headings, rows: cells } = expertTable(reports);
    expect(cells).toHaveLength(reports.length);
    expect(cells[0]).toHaveLength(headings.length);
  });
});

it('rejects a model without experts, and empty batches', async () => {
  const model = createModel({ type: 'bigram', vocabSize: 4, dModel: 2 }, new Random(0));
  const batch = { inputs: Int32Array.of(0, 1, 2), batch: 1, length: 3 };
  await expect(measureExperts(model, [batch])).rejects.toThrow('BigramLM: has no experts');
  await expect(measureExperts(model, [])).rejects.toThrow('batches: are empty');
  model.dispose();
});
