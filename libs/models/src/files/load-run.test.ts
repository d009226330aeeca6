// Models of run folders: the weights of the best evaluation, and those that training would resume with.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunFolder, type NamedArray } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { golden } from '@lilformer/testing';
import { CharTokenizer } from '@lilformer/tokenizers';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createModel, loadModel, type LanguageModel } from '../index.js';

const config = { type: 'bigram', vocabSize: 5, dModel: 4 };
const tokenizer = CharTokenizer.fromText('abcde');
let path: string;

beforeAll(async () => void (await openEngine()));
beforeEach(async () => void (path = await mkdtemp(join(tmpdir(), 'lilformer-run-'))));
afterEach(async () => rm(path, { recursive: true, force: true }));

const create = (name: string, contents: Record<string, unknown>): Promise<RunFolder> =>
  RunFolder.create(join(path, name), { config: contents, tokenizer: tokenizer.toJSON() });

describe('loadModel of a run folder', () => {
  it('loads the weights of the best evaluation, or the last ones', async () => {
    const folder = await create('run', { model: config });
    const [best, last] = [1, 2].map((seed) => createModel(config, new Random(seed)));
    const state = Array.from(last.stateDict(), ([name, array]): [string, NamedArray] => [
      `model.${name}`,
      array,
    ]);
    await folder.saveState(new Map([...state, ['optimizer.step', best.stateDict().get('unembed.bias')!]]), {
      step: 12,
    });
    const ids = tf.tensor2d([[0, 1, 2]], [1, 3], 'int32');
    const logits = (model: LanguageModel) => tf.tidy(() => model.forward(ids).dataSync());

    // Before the first evaluation there are only the last weights.
    const early = await loadModel<LanguageModel>(folder.path);
    expect(logits(early.model)).toEqual(logits(last));
    expect(early.recorded).toBeUndefined();

    await folder.saveBest(best.stateDict(), { step: 6, perplexity: 3.5 });
    await folder.close();
    const opened = await loadModel<LanguageModel>(folder.path);
    expect(opened.model.stateDict()).toEqual(best.stateDict());
    expect(opened.model.training).toBe(false);
    expect(opened.source).toEqual({ kind: 'run', path: folder.path });
    expect(opened.recorded).toEqual({ perplexity: 3.5, source: 'best evaluation of the run, at step 6' });
    expect(opened.tokenizer!.encode('cab')).toEqual(tokenizer.encode('cab'));
    const resumed = await loadModel<LanguageModel>(folder.path, { weights: 'last', tokenizer: false });
    expect(logits(resumed.model)).toEqual(logits(last));
    expect(resumed.tokenizer).toBeUndefined();
    // The file of the best weights in a run folder is the same model.
    const file = await loadModel<LanguageModel>(join(folder.path, 'model.safetensors'));
    expect(file.model.stateDict()).toEqual(best.stateDict());
    for (const model of [best, last, early.model, opened.model, resumed.model, file.model, ids])
      model.dispose();
  });

  it('loads the files of a run, of a Hugging Face folder and of torch.save in memory', async () => {
    const run = await create('memory', { model: config });
    const model = createModel(config, new Random(1));
    await run.saveBest(model.stateDict(), { step: 6, perplexity: 3.5 });
    await run.close();
    const filesOf = (folder: string, names = readdirSync(folder)) =>
      new Map(names.map((name) => [name, new Blob([readFileSync(join(folder, name))])]));
    const loaded = await loadModel<LanguageModel>(filesOf(run.path));
    expect(loaded.source).toEqual({ kind: 'run', path: 'files' });
    expect(loaded.recorded?.perplexity).toBe(3.5);
    expect(loaded.model.stateDict()).toEqual(model.stateDict());
    expect(loaded.tokenizer!.encode('cab')).toEqual(tokenizer.encode('cab'));

    const folder = golden('hf/gpt2');
    const [inFolder, inMemory, fromBin, ...bare] = [
      await loadModel<LanguageModel>(folder),
      await loadModel<LanguageModel>(filesOf(folder)),
      await loadModel<LanguageModel>(filesOf(folder, ['config.json', 'pytorch_model.bin'])),
      await loadModel<LanguageModel>(filesOf(run.path, ['model.safetensors', 'tokenizer.json'])),
    ];
    expect(inMemory.model.stateDict()).toEqual(inFolder.model.stateDict());
    expect(fromBin.model.stateDict()).toEqual(inFolder.model.stateDict());
    expect(bare[0].source).toEqual({ kind: 'state-dict', path: 'files/model.safetensors' });
    expect(bare[0].model.stateDict()).toEqual(model.stateDict());

    await expect(loadModel(new Map())).rejects.toThrow('source: no files');
    await expect(loadModel({} as never)).rejects.toThrow('source: no files');
    await expect(loadModel(filesOf(run.path, ['config.json', 'tokenizer.json']))).rejects.toThrow(
      'files: has no weights yet',
    );
    for (const { model } of [loaded, inFolder, inMemory, fromBin, ...bare]) model.dispose();
    model.dispose();
  });

  it('reports a folder without weights', async () => {
    const fresh = await create('fresh', { model: config });
    await fresh.close();
    await expect(loadModel(fresh.path)).rejects.toThrow(/has no weights yet/);
  });

  it('reports a folder whose config.json has no model', async () => {
    const other = await create('other', {});
    await other.close();
    await expect(loadModel(other.path)).rejects.toThrow(other.path);
  });
});
