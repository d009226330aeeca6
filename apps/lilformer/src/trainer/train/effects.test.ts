// Settings change what a run does: its losses, learning rates, evaluations or samples.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunFolder } from '@lilformer/checkpoints';
import { resolveSettings, type GivenSettings } from '../settings/settings.js';
import { temporaryFolder } from '../testing/run-program.js';
import { trainCommand } from './train-command.js';

const TINY: GivenSettings = {
  model: 'char-gpt',
  ...{ nLayers: 1, nHeads: 2, dModel: 8, contextLength: 8, dropout: 0.2 },
  ...{ tokenizer: 'char', storyBytes: 20_000, maxSteps: 12, batchSize: 4, learningRate: 0.01 },
  ...{ evalEvery: 4, evalBatches: 2, logEvery: 1, sampleTokens: 8 },
};

const silent = { print() {}, note() {}, json() {}, write() {}, progress() {} } as unknown as Parameters<
  typeof trainCommand
>[1];
const timeless = ({ elapsed: _, eta: __, tokensPerSecond: ___, ...event }: Record<string, unknown>) => event;

describe('a run', () => {
  const folder = temporaryFolder();
  let runs = 0;

  /** Everything that a run logs and samples, without times. */
  async function traces(given: GivenSettings): Promise<unknown> {
    const resolved = resolveSettings(given, TINY);
    const run = join(folder(), `run-${runs++}`);
    const command = {
      kind: 'start',
      preset: 'stories',
      run,
      given: [],
      imports: undefined,
      ...resolved,
    } as const;
    await trainCommand(command, silent, new AbortController().signal);
    const opened = await RunFolder.open(run);
    const metrics = (await opened.readMetrics()).map(timeless);
    await opened.close();
    return { metrics, samples: await readFile(join(run, 'samples.txt'), 'utf8') };
  }

  it('is the same with the same settings', async () => {
    expect(await traces({})).toEqual(await traces({}));
  });

  it.each<[change: GivenSettings, context?: GivenSettings]>([
    [{ storyBytes: 30_000 }],
    [{ split: 0.5 }],
    [{ tokenizer: 'bpe', vocabSize: 300 }],
    [{ vocabSize: 320 }, { tokenizer: 'bpe', vocabSize: 300 }],
    [{ contextLength: 7 }],
    [{ windows: 'chunks' }],
    [{ batchSize: 5 }],
    [{ gradientAccumulationSteps: 2 }],
    [{ maxSteps: 13 }],
    [{ maxEpochs: 1 }, { windows: 'chunks', maxSteps: 0, maxEpochs: 2, batchSize: 1000, evalEvery: 1 }],
    [{ optimizer: 'adam' }],
    [{ momentum: 0.5 }, { optimizer: 'sgd' }],
    [{ learningRate: 0.02 }],
    [{ schedule: 'linear' }],
    [{ warmupSteps: 5 }],
    [{ minLearningRate: 0.005 }],
    [{ plateauFactor: 0.2 }, { schedule: 'plateau', learningRate: 3, evalEvery: 1, plateauPatience: 0 }],
    [{ plateauPatience: 0 }, { schedule: 'plateau', learningRate: 3, evalEvery: 1 }],
    [{ weightDecay: 0.5 }],
    [{ maxGradNorm: 0.01 }, { optimizer: 'sgd' }],
    [{ evalEvery: 3 }],
    [{ evalBatches: 3 }],
    [{ evalAtStart: true }],
    [{ earlyStoppingPatience: 1 }, { learningRate: 3, evalEvery: 1 }],
    [{ seed: 7 }],
    [{ logEvery: 2 }],
    [{ sampleTokens: 9 }],
    [{ prompt: 'The' }],
    [{ randomStart: true }],
    [{ temperature: 0 }],
    [{ dropout: 0 }],
    [{ nHeads: 1 }],
    [{ attentionScale: 'width' }],
    [{ model: 'gru' }],
  ])('differs with %j', async (change, context = {}) => {
    expect(await traces({ ...context, ...change })).not.toEqual(await traces(context));
  });
});
