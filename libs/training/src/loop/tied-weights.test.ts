// A weight shared by two modules is one parameter in gradients, optimizer and run folder.
import { openEngine, tf } from '@lilformer/engine';
import type { Embedding, Linear } from '@lilformer/layers';
import { loadModel, type LanguageModel } from '@lilformer/models';
import { RunFolder } from '@lilformer/checkpoints';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from './options.js';
import { newFolder, reopen, runToEnd, tinyModel, tinyWindows, traces } from '../testing/tiny.js';

const EMBEDDING = 'transformer.token_embedding.weight';
const OUTPUT = 'lm_head.weight';

beforeAll(async () => {
  await openEngine();
});

/** The tied layers of a `tied-transformer`. */
type TiedLM = LanguageModel & {
  readonly lm_head: Linear;
  readonly transformer: { readonly token_embedding: Embedding };
};

function optionsFor(folder: RunFolder): TrainOptions {
  const { train, validation } = tinyWindows();
  const model = tinyModel('tied');
  return { model, train, validation, evalEvery: 4, folder, batchSize: 8, schedule: 0.01, maxSteps: 8 };
}

describe('a tied weight', () => {
  it('is updated once per step, saved under both names, and resumed', async () => {
    const wholeFolder = await newFolder();
    const options = optionsFor(wholeFolder);
    const model = options.model as TiedLM;
    await runToEnd(options);
    expect(model.lm_head.weight).toBe(model.transformer.token_embedding.weight);

    const { tensors } = (await wholeFolder.loadState())!;
    const names = [...tensors.keys()];
    expect(names.filter((name) => name.startsWith('optimizer.') && name.includes('lm_head'))).toEqual([]);
    expect(tensors.get(`optimizer.${EMBEDDING}.step`)!.data[0]).toBe(8);
    expect(tensors.get(`model.${OUTPUT}`)).toEqual(tensors.get(`model.${EMBEDDING}`));
    const before = tinyModel('tied').stateDict().get(EMBEDDING);
    expect(tensors.get(`model.${EMBEDDING}`)).not.toEqual(before);

    const folder = await newFolder();
    const first = await runToEnd(optionsFor(folder), (event) => event.type === 'step' && event.step === 5);
    expect(first.done.reason).toBe('interrupted');
    const again = await reopen(folder);
    await runToEnd(optionsFor(again));
    expect(await traces(again)).toEqual(await traces(wholeFolder));
  });

  it('is shared again after loading a run folder', async () => {
    const folder = await RunFolder.create((await newFolder()).path + '-other', {
      config: { model: tinyModel('tied').config },
      tokenizer: {},
    });
    const options = optionsFor(folder);
    await runToEnd(options);
    const loaded = (await loadModel<TiedLM>(folder.path, { weights: 'last', tokenizer: false })).model;
    expect(loaded.lm_head.weight).toBe(loaded.transformer.token_embedding.weight);
    expect(loaded.parameterCount()).toBe(options.model.parameterCount());
    tf.tidy(() => {
      const ids = tf.tensor2d([[1, 2, 3]], [1, 3], 'int32');
      expect(loaded.forward(ids).dataSync()).toEqual(options.model.forward(ids).dataSync());
    });
    loaded.dispose();
  });
});
