import { arraySource, makeWindows } from '@lilformer/datasets';
import { openEngine } from '@lilformer/engine';
import { createModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { train } from '@lilformer/training';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  modelConfigOf,
  resolveSettings,
  type GivenSettings,
} from '../../../apps/lilformer/src/trainer/settings/settings.js';
import {
  trainingOptions,
  windowOptions,
} from '../../../apps/lilformer/src/trainer/settings/training-options.js';
import {
  agreementMarkdown,
  compareLosses,
  finished,
  withResult,
  type Agreement,
} from './agreement-report.js';
import {
  agreementSettings,
  evaluationSteps,
  maskOf,
  presetDigest,
  presetNames,
  totalSteps,
  writePeerTask,
  type Mask,
  type PeerTask,
} from './agreement-task.js';
import { peerScript } from './child.js';

const TINY: GivenSettings = {
  ...{ model: 'char-gpt', dModel: 8, nHeads: 2, nLayers: 1, contextLength: 4, dropout: 0.5, batchSize: 3 },
  ...{ windows: 'sliding', maxSteps: 7, evalEvery: 3, evalBatches: 2, gradientAccumulationSteps: 2, seed: 5 },
};

function tiny(changes: Record<string, unknown> = {}) {
  const { settings } = resolveSettings({ ...TINY, ...changes });
  const text = arraySource(Uint32Array.from({ length: 60 }, (_, i) => (i * i) % 11));
  return {
    config: modelConfigOf(settings, 11),
    options: trainingOptions(settings, makeWindows(windowOptions(settings), { train: text })),
  };
}

describe('the presets', () => {
  it('are all, or names and families', () => {
    expect(presetNames()).toContain('stories');
    expect(presetNames(['experts,shakespeare/wider'])).toEqual([
      'experts/trained-router',
      'shakespeare/wider',
    ]);
    expect(presetNames(['shakespeare'])).toHaveLength(4);
    expect(() => presetNames(['gpt-5'])).toThrow(
      '--presets: gpt-5 is unknown. Expected names or families of',
    );
  });

  it('make at most their own steps, and evaluate once where that changes nothing', () => {
    const texts = { data: 'a.txt', valid: 'b.txt', shakespeare: 'c.txt' };
    expect(agreementSettings('evolution/03-bigram', 1000, 7, texts)).toMatchObject({
      ...{ data: 'a.txt', valid: 'b.txt', seed: 7, maxSteps: 1000, evalEvery: 1000, evalAtStart: false },
      ...{ schedule: 'cosine', warmupSteps: 50, minLearningRate: 2e-4 },
    });
    expect(agreementSettings('stories', 1000, 7, texts)).toMatchObject({ data: 'stories', maxSteps: 600 });
    expect(agreementSettings('shakespeare/baseline', 1000, 7, texts)).toMatchObject({
      ...{ data: 'c.txt', maxSteps: 1000, maxEpochs: 20, evalEvery: 'epoch', earlyStoppingPatience: 1 },
    });
    expect(presetDigest('stories')).not.toBe(presetDigest('shakespeare/wider'));
  });
});

describe('the task of PyTorch', () => {
  let folder: string;
  beforeAll(async () => {
    await openEngine();
    folder = await mkdtemp(join(tmpdir(), 'lilformer-agreement-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const numbers = async (file: string): Promise<number[]> => {
    const bytes = await readFile(join(folder, file));
    return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i));
  };

  it('has the evaluations that train makes', async () => {
    for (const changes of [
      {},
      { evalAtStart: true },
      { evalEvery: 'epoch' },
      { windows: 'chunks', maxSteps: 0, maxEpochs: 3, evalEvery: 'epoch' },
    ]) {
      const { config, options } = tiny(changes);
      const model = createModel(config, new Random(1));
      const evaluated: number[] = [];
      let steps = 0;
      for await (const event of train({ model, ...options })) {
        if (event.type === 'evaluation') evaluated.push(event.step);
        steps = event.step;
      }
      expect(evaluationSteps(options)).toEqual(evaluated);
      expect(totalSteps(options)).toBe(steps);
      model.dispose();
    }
  });

  it('has the windows of every batch, and leaves the model as it is', async () => {
    const { config, options } = tiny();
    const model = createModel(config, new Random(1));
    await writePeerTask(folder, { model, config, options }, { threads: 1, float64: false });
    // Seven steps of two batches of three windows, less than an epoch: each window once.
    const starts = await numbers('train.starts');
    expect(await numbers('train.sizes')).toEqual(Array.from({ length: 14 }, () => 3));
    expect(new Set(starts).size).toBe(42);
    expect(Math.max(...starts)).toBeLessThan(options.train.count);
    expect(await numbers('evaluation-7.sizes')).toEqual([3, 3]);
    expect(await numbers('train.tokens')).toEqual([
      ...options.train.source.read(0, options.train.source.length),
    ]);
    const task = JSON.parse(await readFile(join(folder, 'task.json'), 'utf8')) as PeerTask;
    expect(task).toMatchObject({ totalSteps: 7, length: 4, model: { type: 'char-gpt', dropout: 0.5 } });
    expect(task.options.schedule).toMatchObject({ type: 'cosine', learningRate: 1e-3 });
    expect(Object.keys(task.dropout)).toEqual([
      'blocks.0.sa.weights_dropout',
      'blocks.0.sa.dropout',
      'blocks.0.ffwd.dropout',
    ]);
    for (const [, module] of model.namedModules())
      expect((module as { counter?: number }).counter ?? 0).toBe(0);
    model.dispose();
  });

  it("has masks of which PyTorch's side makes the same bits", async () => {
    const file = peerScript('dropout-masks.json'); // printed by dropout_masks.py
    const masks = (JSON.parse(await readFile(file, 'utf8')) as Mask[]).filter(({ parts }) => parts === 1);
    expect(masks.length).toBeGreaterThan(2);
    for (const mask of masks) expect(maskOf(mask, mask.rows, mask.columns)).toEqual(mask);
  });
});

const result = (preset: string, seed: number, ours: number, more: Partial<Agreement> = {}): Agreement => ({
  ...{ preset, seed, steps: 1000, digest: 'd', parameters: 1234, start: 1e-7, parted: null, threads: 2 },
  ours: { loss: ours, steps: 1000, seconds: 1 },
  pytorch: { loss: 2, steps: 1000, seconds: 1 },
  ...{
    validation: '5 windows',
    engine: 'native',
    torch: '2.15',
    node: '20',
    processor: 'P',
    date: '2026-01-01',
  },
  ...more,
});

describe('the results', () => {
  it('of a preset, seed and number of steps are replaced, and repeated only when the settings change', () => {
    const first = [result('a', 1, 2), result('a', 2, 2), result('a', 1, 2, { steps: 300 })];
    const results = withResult(first, result('a', 1, 3));
    expect(results).toHaveLength(3);
    const task = { preset: 'a', seed: 1, steps: 1000, digest: 'd' };
    expect(finished(results, task)?.ours.loss).toBe(3);
    expect(finished(results, { ...task, digest: 'e' })).toBeUndefined();
    expect(finished(results, { ...task, seed: 3 })).toBeUndefined();
    expect(finished(results, { ...task, steps: 500 })).toBeUndefined();
  });

  it('compare the training losses of each step', () => {
    expect(compareLosses([1, 2, 3], [1, 2, 3])).toEqual({ start: 0, parted: null });
    const { start, parted } = compareLosses([1, 2, 3.1, 9], [1, 2.002, 3, 4]);
    expect(parted).toBe(3);
    expect(start).toBeCloseTo(1.25, 10);
    const late = Array.from({ length: 30 }, (_, i) => (i < 25 ? 1 : 2));
    expect(
      compareLosses(
        late,
        late.map(() => 1),
      ),
    ).toEqual({ start: 0, parted: 26 });
  });

  it('are a table of the median seed, with what is above 1 % and what is missing', () => {
    const results = [
      ...[result('a', 1, 2.001), result('a', 2, 1.9), result('a', 3, 1.99, { parted: 400 })],
      ...[result('b', 1, 2.5), result('b', 2, 2)],
      result('c', 1, 2, { digest: 'other settings' }),
      result('a', 1, 2, { steps: 2000 }),
    ];
    const text = agreementMarkdown(
      { results },
      new Map(['a', 'b', 'c'].map((name): [string, string] => [name, 'd'])),
    );
    const row = text.split('\n').find((line) => line.startsWith('| a '))!;
    expect(
      row
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    ).toEqual(['a', '1,234', '1,000', '3', '1.9900', '2.0000', '−0.50 %', '5.0 %', '–', '1e-7', '400']);
    expect(text).toContain('Above 1 % (median): b.');
    expect(text).toContain('Fewer than 3 seeds: b.');
    expect(text).toContain('Not measured: c.');
  });
});
