// Checkpoints of a notebook, our own runs and files, and sources that cannot be loaded.
import { RunFolder, writeSafetensors } from '@lilformer/checkpoints';
import { arraySource, slidingWindows } from '@lilformer/datasets';
import { openEngine, tf } from '@lilformer/engine';
import { createModel, loadModel, type LanguageModel, type ModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { generateText } from '@lilformer/sampling';
import { golden, goldenJson } from '@lilformer/testing';
import { CharTokenizer, trainBpe } from '@lilformer/tokenizers';
import { train } from '@lilformer/training';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compareModels,
  comparisonNotes,
  comparisonTable,
  type ComparedModel,
  type Comparison,
} from './compare-models.js';
import { promptSeed } from './prompt-seed.js';
import { goldenTensors, idRows } from '../testing/golden-model.js';

const TEXT = 'the cat sat on the mat and the rat sat on the cat. '.repeat(4);
const tokenizer = CharTokenizer.fromText(TEXT);
let folder: string;

beforeAll(async () => {
  await openEngine();
  folder = await mkdtemp(join(tmpdir(), 'lilformer-compare-'));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

const STAGES = [
  '03_bigram',
  '04_attention',
  '05_positional',
  '06_ffn',
  '07_transformer_block',
  '08_stacked',
  '09_multihead',
  '10_moe',
];

describe('the eight checkpoints of a notebook', () => {
  it('are listed with their parameters and recorded perplexities', async () => {
    const before = tf.memory().numTensors;
    const names = [...STAGES, 'none'];
    const { rows, sideBySide } = await compareModels(
      names.map((name) => ({ name, source: golden(`evolution/${name}/checkpoint.pt`) })),
    );
    expect(tf.memory().numTensors).toBe(before);
    expect(sideBySide).toEqual([]);
    expect(rows.map(({ name }) => name)).toEqual(names);
    (rows.slice(0, -1) as ComparedModel[]).forEach((row, i) => {
      const { parameters } = goldenJson<{ parameters: number }>(`evolution/${STAGES[i]}/config.json`);
      expect(row).toMatchObject({ state: 'compared', parameters, measured: undefined });
      // The generator's made-up values end so.
      expect(row.recorded).toEqual({
        perplexity: expect.closeTo(Math.exp(3.625), 10) as number,
        source: 'history.val_perplexity[-1]',
      });
      expect(row.forwardSpeed).toBeGreaterThan(0);
    });
    expect(rows.at(-1)).toMatchObject({ state: 'missing' });
    const table = comparisonTable(rows);
    expect(table.rows.at(-1)).toEqual(['none (missing)', '-', '-', '-', '-', '-']);
    expect(table.rows.every((row) => row.length === table.headings.length)).toBe(true);
    expect(comparisonNotes(rows)[0]).toBe(`recorded: history.val_perplexity[-1] (${STAGES.join('; ')})`);
  });

  it('generate the reference sequences greedily', async () => {
    for (const stage of ['07_transformer_block', '10_moe']) {
      const file = await goldenTensors(`evolution/${stage}`, 'generation.safetensors');
      const [ids] = idRows({ ...file.get('greedy_ids')!, shape: [1, file.get('greedy_ids')!.shape[0]] });
      const prompt = file.get('prompt')!.shape[0];
      const { model } = await loadModel<LanguageModel>(golden(`evolution/${stage}/checkpoint.pt`));
      const letters = CharTokenizer.fromText(
        Array.from({ length: model.vocabSize }, (_, i) => String.fromCharCode(0x100 + i)).join(''),
      );
      const options = { maxNewTokens: ids.length - prompt, temperature: 0, eosTokenId: [] };
      const { ids: written } = await generateText(model, letters, ids.slice(0, prompt), options);
      expect(written).toEqual(ids.slice(prompt));
      model.dispose();
    }
  });

  it('load from safetensors, with sizes from shapes and options', async () => {
    const path = golden('evolution/09_multihead/weights.safetensors');
    const { arguments: given } = goldenJson<{ arguments: Record<string, number> }>(
      'evolution/09_multihead/config.json',
    );
    const { model, recorded } = await loadModel(path, { config: { nHeads: given.n_heads } });
    expect(recorded).toBeUndefined();
    expect(model.config).toMatchObject({ type: 'multi-head-transformer', nHeads: given.n_heads });
    model.dispose();
  });
});

const CONFIG: ModelConfig = {
  type: 'transformer',
  vocabSize: tokenizer.vocabSize,
  dModel: 8,
  dFf: 16,
  contextLength: 12,
};

describe('our own models', () => {
  let run: string;
  let best: number;

  beforeAll(async () => {
    run = join(folder, 'run');
    const ids = tokenizer.encode(TEXT);
    const model = createModel(CONFIG, new Random(1));
    const opened = await RunFolder.create(run, { config: { model: CONFIG }, tokenizer: tokenizer.toJSON() });
    const windows = slidingWindows(arraySource(ids), 12);
    for await (const event of train({
      model,
      train: windows,
      validation: windows,
      batchSize: 16,
      schedule: 0.01,
      maxSteps: 10,
      folder: opened,
      evalEvery: 10,
      evalBatches: 2,
    })) {
      if (event.type === 'evaluation') best = event.perplexity;
    }
    await opened.close();
    await writeSafetensors(join(folder, 'bare.safetensors'), model.stateDict());
    await writeFile(join(folder, 'damaged.pt'), 'no checkpoint');
    model.dispose();
  });

  it('are equal from a run folder, its weights and a bare file; missing and damaged ones are listed', async () => {
    const before = tf.memory().numTensors;
    const candidates = [
      { name: 'run', source: run },
      { name: 'weights', source: join(run, 'model.safetensors') },
      { name: 'bare', source: join(folder, 'bare.safetensors'), tokenizer },
      { name: 'gone', source: join(folder, 'nowhere') },
      { name: 'damaged', source: join(folder, 'damaged.pt') },
    ];
    const progress: string[] = [];
    const comparison: Comparison = await compareModels(candidates, {
      measure: ({ tokenizer: own, model }) => ({
        protocol: 'each-token-once',
        source: arraySource(own!.encode(TEXT)),
        stride: model.contextLength,
      }),
      prompts: [
        { name: 'short', prompts: ['the '] },
        { name: 'long', prompts: ['the cat sat on the mat and the rat sat ', 'on'] },
      ],
      maxNewTokens: 20,
      seed: 42,
      onProgress: (name) => progress.push(name),
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(new Set(progress)).toEqual(new Set(['run', 'weights', 'bare']));
    const { rows, sideBySide } = comparison;
    expect(rows.map(({ state }) => state)).toEqual([
      'compared',
      'compared',
      'compared',
      'missing',
      'unreadable',
    ]);
    const [first, second, third] = rows as ComparedModel[];
    const damaged = rows[4];
    expect(first.recorded).toEqual({ perplexity: best, source: 'best evaluation of the run, at step 10' });
    expect(second.recorded).toEqual(first.recorded);
    expect(third.recorded).toBeUndefined();
    expect(second.measured!.loss).toBe(first.measured!.loss);
    expect(third.measured!.loss).toBe(first.measured!.loss);
    expect(first.generationSpeed).toBeGreaterThan(0);
    expect(damaged).toMatchObject({ reason: expect.stringContaining('damaged.pt') as string });

    expect(sideBySide.map(({ group, prompt }) => [group, prompt.slice(0, 4)])).toEqual([
      ['short', 'the '],
      ['long', 'the '],
      ['long', 'on'],
    ]);
    for (const { prompt, seed, continuations } of sideBySide) {
      expect(seed).toBe(promptSeed(42, prompt));
      expect(continuations.map(({ name }) => name)).toEqual(['run', 'weights', 'bare']);
      expect(new Set(continuations.map(({ text }) => text)).size).toBe(1);
      expect(continuations[0]).toMatchObject({ tokens: 20, finishReason: 'length' });
    }
    // The same texts as in another process.
    const again = await compareModels(candidates.slice(0, 1), {
      prompts: [{ name: 'short', prompts: ['the '] }],
      maxNewTokens: 20,
      seed: 42,
    });
    expect(again.sideBySide[0].continuations).toEqual(sideBySide[0].continuations.slice(0, 1));
  });

  it('stop at the end-of-text token', async () => {
    const own = await trainBpe('the cat sat on the mat', {
      vocabSize: 20,
      specialTokens: ['<|endoftext|>'],
    });
    const bigram = createModel({ type: 'bigram', vocabSize: own.vocabSize, dModel: 4 }, new Random(1));
    const state = bigram.stateDict();
    bigram.dispose();
    const bias = state.get('unembed.bias')!;
    state.set('unembed.bias', {
      ...bias,
      data: new Float32Array(own.vocabSize).fill(99, own.eosTokenId, own.eosTokenId! + 1),
    });
    const path = join(folder, 'ending.safetensors');
    await writeSafetensors(path, state);
    const prompts = [{ name: 'one', prompts: ['the'] }];
    const { sideBySide } = await compareModels([{ name: 'ending', source: path, tokenizer: own }], {
      prompts,
    });
    expect(sideBySide[0].seed).toBeUndefined();
    expect(sideBySide[0].continuations).toEqual([
      { name: 'ending', text: '', tokens: 1, finishReason: 'stop' },
    ]);
  });

  it('reject the tokenizer of another model', async () => {
    const many = CharTokenizer.fromText(
      Array.from({ length: 99 }, (_, i) => String.fromCharCode(0x100 + i)).join(''),
    );
    const path = join(folder, 'bare.safetensors');
    await expect(loadModel(path, { tokenizer: many })).rejects.toThrow(
      'Expected the tokenizer that the model was trained with',
    );
  });
});
