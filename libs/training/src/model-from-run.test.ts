import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunFolder } from '@lilformer/checkpoints';
import { arraySource, slidingWindows } from '@lilformer/datasets';
import { openEngine, tf } from '@lilformer/engine';
import { createModel, type AnyModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { modelFromRun } from './model-from-run.js';
import { train } from './train.js';

const config: AnyModelConfig = { type: 'bigram', vocabSize: 5, dModel: 4 };
let path: string;

beforeAll(async () => void (await openEngine()));
beforeEach(async () => void (path = await mkdtemp(join(tmpdir(), 'lilformer-run-'))));
afterEach(async () => rm(path, { recursive: true, force: true }));

describe('modelFromRun', () => {
  it('has the last weights that training left, or those of the best evaluation', async () => {
    const folder = await RunFolder.create(join(path, 'run'), { config: { model: config }, tokenizer: {} });
    const model = createModel(config, new Random(1));
    const train_ = slidingWindows(arraySource([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]), 3);
    // What is validated on never comes in training: the first evaluation is the best.
    const validation = slidingWindows(arraySource([4, 2, 0, 3, 1, 4, 2, 0, 3, 1]), 3);
    const before = model.stateDict();
    for await (const event of train({
      model,
      train: train_,
      validation,
      batchSize: 4,
      schedule: 0.1,
      maxSteps: 12,
      folder,
      evaluation: { every: 6, atStart: true },
    })) {
      if (event.type === 'evaluation') expect(event.best).toBe(event.step === 0);
    }
    await folder.close();

    const opened = await RunFolder.open(join(path, 'run'));
    const ids = tf.tensor2d([[0, 1, 2]], [1, 3], 'int32');
    const last = await modelFromRun(opened, { weights: 'last' });
    expect(last.forward(ids).dataSync()).toEqual(model.forward(ids).dataSync());
    expect(last.training).toBe(false);
    const best = await modelFromRun(opened);
    expect(best.stateDict()).toEqual(before);
    await opened.close();
  });

  it('says what is missing', async () => {
    const without = await RunFolder.create(join(path, 'a'), { config: {}, tokenizer: {} });
    await expect(modelFromRun(without)).rejects.toThrow(/config.json describes no model/);
    await without.close();
    const fresh = await RunFolder.create(join(path, 'b'), { config: { model: config }, tokenizer: {} });
    await expect(modelFromRun(fresh)).rejects.toThrow(/holds no weights yet/);
    await fresh.close();
  });
});
