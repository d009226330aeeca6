// With LILFORMER_PYTHON, a Python with torch: tiny models trained by both, with every schedule, optimizer and kind of windows.
import { arraySource, makeWindows } from '@lilformer/datasets';
import { openEngine } from '@lilformer/engine';
import { createModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { train } from '@lilformer/training';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelConfigOf, resolveSettings } from '../../../apps/lilformer/src/trainer/settings/settings.js';
import {
  trainingOptions,
  windowOptions,
} from '../../../apps/lilformer/src/trainer/settings/training-options.js';
import { trainPeer } from './agreement-peer.js';
import { writePeerTask } from './agreement-task.js';

const python = process.env.LILFORMER_PYTHON;

/** More than enough for rounding in float32 over these steps. */
const TOLERANCE = 1e-4;

const SIZES = { dModel: 16, nHeads: 2, nLayers: 2 };
const SHARED = { contextLength: 9, batchSize: 4, maxSteps: 25, evalEvery: 5, evalBatches: 3, seed: 3 };
const CASES: Record<string, Record<string, unknown>> = {
  'bigram, linear schedule': { model: 'bigram', dModel: 16, schedule: 'linear', warmupSteps: 4 },
  'attention with positions, cosine schedule': { model: 'positional-attention', dModel: 16, warmupSteps: 4 },
  'stacked transformer, SGD': {
    ...{ model: 'stacked-transformer', dModel: 16, nLayers: 2, optimizer: 'sgd', learningRate: 0.05 },
    ...{ weightDecay: 0.1, maxGradNorm: 0.3 },
  },
  'trained experts, accumulation over epochs of sliding windows': {
    ...{ model: 'moe-transformer', ...SIZES, dFf: 24, nExperts: 2, router: 'trained', windows: 'sliding' },
    ...{
      data: 'text.txt',
      splitBy: 'windows',
      gradientAccumulationSteps: 3,
      evalEvery: 'epoch',
      maxSteps: 0,
      maxEpochs: 2,
    },
  },
  'fixed experts, linear schedule': { model: 'moe-transformer', ...SIZES, nExperts: 3, schedule: 'linear' },
  'tiny transformer, plateau and early stopping': {
    ...{ model: 'tiny-transformer', ...SIZES, schedule: 'plateau', plateauPatience: 0, learningRate: 0.03 },
    ...{ evalEvery: 2, evalBatches: 0, evalAtStart: true, earlyStoppingPatience: 4, maxSteps: 60 },
  },
  'tiny transformer without positions': { model: 'tiny-transformer', ...SIZES, positions: 'none' },
  'character GPT, dropout': {
    ...{ model: 'char-gpt', ...SIZES, dropout: 0.3, attentionScale: 'width', evalAtStart: true },
    ...{ gradientAccumulationSteps: 2, optimizer: 'adam', weightDecay: 0.02 },
  },
  'tied transformer, chunks': { model: 'tied-transformer', ...SIZES, windows: 'chunks', evalEvery: 'epoch' },
  nanoGPT: { model: 'nano-gpt', ...SIZES, dropout: 0 },
  'two recurrent layers, chunks': {
    ...{ model: 'multi-layer-rnn', embedSize: 6, hiddenSize: 8, nLayers: 2, windows: 'chunks' },
    ...{ optimizer: 'adam', weightDecay: 0, maxGradNorm: 0, schedule: 'constant' },
  },
  'gated recurrent layer': { model: 'gru', embedSize: 6, hiddenSize: 8, schedule: 'constant' },
};

describe.skipIf(!python)('PyTorch trains the same', () => {
  it.each(Object.entries(CASES))('%s', async (_, given) => {
    await openEngine({ precision: 'float32' });
    const { settings } = resolveSettings({ ...SHARED, ...given });
    const random = new Random('text');
    const ids = Uint32Array.from({ length: 400 }, (_, i) => (i % 7) + random.integer(5));
    const options = trainingOptions(
      settings,
      makeWindows(windowOptions(settings), { train: arraySource(ids) }),
    );
    const config = modelConfigOf(settings, 11);
    const model = createModel(config, new Random(1));
    const folder = await mkdtemp(join(tmpdir(), 'lilformer-agreement-test-'));
    try {
      await writePeerTask(folder, { model, config, options }, { threads: 1, float64: false });
      const { signal } = new AbortController();
      const theirs = await trainPeer(python!, folder, { threads: 1, signal, onStep() {} });
      const losses: number[] = [];
      let validation = NaN;
      for await (const event of train({ model, ...options })) {
        if (event.type === 'step') losses.push(event.loss);
        if (event.type === 'evaluation') validation = event.validationLoss;
      }
      expect(theirs.losses).toHaveLength(losses.length);
      losses.forEach((loss, i) => expect(Math.abs(theirs.losses[i] / loss - 1)).toBeLessThan(TOLERANCE));
      expect(Math.abs(theirs.validation / validation - 1)).toBeLessThan(TOLERANCE);
      expect(theirs.parameters).toBe(model.parameterCount());
      if (given.earlyStoppingPatience !== undefined) expect(losses.length).toBeLessThan(settings.maxSteps);
    } finally {
      model.dispose();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
