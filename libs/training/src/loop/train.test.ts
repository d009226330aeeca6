import { arraySource, batches, slidingWindows } from '@lilformer/datasets';
import { openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate.js';
import { NotFiniteError } from './not-finite.js';
import type { TrainOptions } from './options.js';
import { newFolder, reopen, runToEnd, tinyModel, tinyTokens, tinyWindows } from '../testing/tiny.js';
import { train } from './train.js';

beforeAll(async () => {
  await openEngine();
});

/** Options of a short run, with a good learning rate for the bigram. */
function tiny(options: Partial<TrainOptions> = {}): TrainOptions {
  const { train, validation } = tinyWindows();
  return { model: tinyModel(), train, validation, batchSize: 8, schedule: 0.02, maxSteps: 12, ...options };
}

describe('learning', () => {
  it('overfits one batch', async () => {
    // One window of six different tokens: each determines the next one.
    const one = slidingWindows(arraySource([3, 1, 4, 9, 5, 2, 6]), 6);
    for (const kind of ['bigram', 'attention', 'moe'] as const) {
      const model = tinyModel(kind);
      const options = { model, train: one, batchSize: 1, schedule: 0.03, maxSteps: 150 };
      const { losses } = await runToEnd(options);
      expect(losses[0]).toBeGreaterThan(1);
      expect([kind, losses.at(-1)! < 0.02]).toEqual([kind, true]);
      model.dispose();
    }
  });

  it('reaches the entropy of a random pattern on the validation split', async () => {
    const source = arraySource(tinyTokens(4000));
    const validation = slidingWindows(arraySource(tinyTokens(400, 6)), 6);
    const run = await runToEnd(
      tiny({ train: slidingWindows(source, 6), validation, batchSize: 32, schedule: 0.05, maxSteps: 200 }),
    );
    // The next token is the successor with probability 0.8 + 0.2/13, and each other token with probability 0.2/13.
    const other = 0.2 / 13;
    const entropy = -(0.8 + other) * Math.log(0.8 + other) - 12 * other * Math.log(other);
    const [{ validationLoss, perplexity }] = run.evaluations;
    expect(validationLoss).toBeGreaterThan(entropy - 0.15);
    expect(validationLoss).toBeLessThan(entropy + 0.25);
    expect(perplexity).toBe(Math.exp(validationLoss));
  });
});

describe('memory', () => {
  it('does not leak tensors in a thousand steps', async () => {
    const options = tiny({
      maxSteps: 1000,
      gradientAccumulationSteps: 2,
      maxGradNorm: 1,
      evalEvery: 100,
      evalBatches: 2,
    });
    const before = tf.memory().numTensors;
    let seen = 0;
    for await (const event of train(options)) {
      if (event.type === 'step') {
        expect(tf.memory().numTensors).toBe(before);
        seen++;
      }
    }
    expect(seen).toBe(1000);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a run ends', () => {
  it('after maxSteps or maxEpochs, whichever comes first', async () => {
    const batchesPerEpoch = Math.ceil(tinyWindows().train.count / 8);
    const bySteps = await runToEnd(tiny({ maxSteps: 5, maxEpochs: 3 }));
    expect(bySteps.done).toMatchObject({ reason: 'maxSteps', step: 5, totalSteps: 5, epoch: 1 });
    const byEpochs = await runToEnd(tiny({ maxSteps: 1000, maxEpochs: 3 }));
    expect(byEpochs.done).toMatchObject({ reason: 'maxEpochs', step: 3 * batchesPerEpoch, epoch: 3 });
    expect(byEpochs.done.totalSteps).toBe(3 * batchesPerEpoch);
    expect(byEpochs.steps.map(({ epoch }) => epoch)).toEqual(
      [1, 2, 3].flatMap((epoch) => new Array<number>(batchesPerEpoch).fill(epoch)),
    );
    expect(byEpochs.evaluations.map(({ step, epoch }) => [step, epoch])).toEqual(
      [1, 2, 3].map((epoch) => [epoch * batchesPerEpoch, epoch]),
    );
  });

  it('after epochs with every window once, the last step of an epoch taking the remaining batches', async () => {
    const { train: windows } = tinyWindows();
    const run = await runToEnd(tiny({ maxSteps: undefined, maxEpochs: 2, gradientAccumulationSteps: 4 }));
    const tokens = windows.count * windows.length;
    expect(run.done.tokens).toBe(2 * tokens);
    const last = run.steps.filter(({ epoch }) => epoch === 1).at(-1)!;
    expect(last.tokens).toBe(tokens);
    expect(last.step).toBe(Math.ceil(Math.ceil(windows.count / 8) / 4));
  });

  it('by early stopping, with the best weights restored', async () => {
    // A large learning rate on a short text: the validation loss soon rises.
    const options = tiny({
      schedule: 0.3,
      maxSteps: 1000,
      evalEvery: 2,
      earlyStoppingPatience: 3,
      restoreBest: true,
    });
    const run = await runToEnd(options);
    expect(run.done.reason).toBe('earlyStopping');
    expect(run.evaluations.slice(-3).map(({ best }) => best)).toEqual([false, false, false]);
    const best = run.evaluations.at(-4)!;
    expect(best.best).toBe(true);
    expect(run.done.best).toEqual({ step: best.step, loss: best.validationLoss });
    const sequential = batches(options.validation!, { batchSize: 8, order: 'sequential' });
    expect((await evaluate(options.model, sequential)).loss).toBe(best.validationLoss);
    await expect(evaluate(options.model, sequential, { sinal: 1 } as never)).rejects.toThrow(
      'Did you mean signal?',
    );
  });

  it('when the consumer leaves the loop, with the state saved', async () => {
    const folder = await newFolder();
    for await (const event of train(tiny({ folder }))) {
      if (event.type === 'step' && event.step === 4) break;
    }
    expect((await folder.loadState())!.state.step).toBe(4);
    await folder.close();
  });

  it('when the signal is aborted by a timer between steps', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const run = await runToEnd(tiny({ maxSteps: 1_000_000, signal: controller.signal }));
    expect(run.done.reason).toBe('interrupted');
    expect(run.done.step).toBeGreaterThan(0);
  });
});

describe('evaluation', () => {
  it('of everything: the mean over all validation tokens, beside the mean of the steps', async () => {
    const options = tiny({ maxSteps: 4, evalEvery: 4, batchSize: 7 });
    const run = await runToEnd(options);
    const [event] = run.evaluations;
    expect(event.trainLoss).toBeCloseTo(run.losses.reduce((sum, loss) => sum + loss, 0) / 4, 12);
    // In one batch of all windows, the mean is the model's own.
    const [all] = batches(options.validation!, { batchSize: options.validation!.count, order: 'sequential' });
    const loss = tf.tidy(() => {
      const shape: [number, number] = [all.batch, all.length];
      const ids = tf.tensor2d(all.inputs, shape, 'int32');
      return options.model.loss(ids, tf.tensor2d(all.targets, shape, 'int32')).dataSync()[0];
    });
    expect(event.validationLoss).toBeCloseTo(loss, 5);
  });

  it('takes random batches of both splits, also before the first step and at the end', async () => {
    const run = await runToEnd(
      tiny({ order: 'random', maxSteps: 7, evalEvery: 3, evalBatches: 2, evalAtStart: true }),
    );
    expect(run.evaluations.map(({ step }) => step)).toEqual([0, 3, 6, 7]);
    for (const { trainLoss, validationLoss } of run.evaluations) {
      expect(trainLoss).not.toBe(validationLoss);
      expect(trainLoss).toBeGreaterThan(0);
    }
    // Untrained, the loss is that of a uniform distribution, up to the noise of the initial weights.
    expect(run.evaluations[0].trainLoss).toBeGreaterThan(Math.log(13) - 0.3);
  });

  it('reduces the learning rate on a plateau, counted in epochs', async () => {
    const schedule = { type: 'plateau', learningRate: 0.3, factor: 0.5, patience: 0 } as const;
    const run = await runToEnd(tiny({ maxSteps: undefined, maxEpochs: 12, schedule }));
    const rates = run.evaluations.map(({ learningRate }) => learningRate);
    for (let i = 1; i < rates.length; i++) {
      // PyTorch's rule.
      const best = Math.min(...run.evaluations.slice(0, i - 1).map(({ validationLoss }) => validationLoss));
      const stalled = i > 1 && !(run.evaluations[i - 1].validationLoss < best * (1 - 1e-4));
      expect([i, rates[i]]).toEqual([i, stalled ? rates[i - 1] / 2 : rates[i - 1]]);
    }
    expect(rates.at(-1)).toBeLessThan(0.3);
  });

  it('runs in evaluation mode, steps in training mode', async () => {
    const model = tinyModel('dropout');
    const run = await runToEnd(tiny({ model, maxSteps: 3 }));
    const sequential = batches(tinyWindows().validation, { batchSize: 8, order: 'sequential' });
    expect((await evaluate(model, sequential)).loss).toBe(run.evaluations[0].validationLoss);
    expect(model.training).toBe(false);
  });
});

describe('a run with a loss that is not finite', () => {
  it('throws an error with step and advice, and keeps the last finite state on disk', async () => {
    const folder = await newFolder();
    // The first update makes the weights overflow.
    const options = tiny({
      folder,
      schedule: 1e30,
      optimizer: { type: 'sgd' },
      saveEverySteps: 1,
      evalEvery: 100,
      evalAtStart: true,
    });
    const before = tf.memory().numTensors;
    const error = await runToEnd(options).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(NotFiniteError);
    const { step, message } = error as NotFiniteError;
    const saved = await folder.loadState();
    expect(saved!.state.step).toBe(step);
    expect(message).toMatch(
      /^(loss|gradient norm): (NaN|Infinity|-Infinity) at step \d+, with learning rate 1e\+30\./,
    );
    expect(message).toContain(
      'Try a learning rate of 3e+29 or less, more warmup steps, or a max gradient norm',
    );
    expect(message).toContain(
      `${folder.path} has the state of step ${step}, the best weights (step 0) in its model.safetensors.`,
    );
    for (const [name, { data }] of saved!.tensors) {
      if (name.startsWith('model.')) expect([...(data as Float32Array)].every(Number.isFinite)).toBe(true);
    }
    expect(tf.memory().numTensors).toBe(before);
    await folder.close();
  });
});

describe('learning rate and gradient norm', () => {
  it('follow the schedule; the norm is reported before clipping', async () => {
    const schedule = { type: 'cosine', learningRate: 0.02, warmupSteps: 3 } as const;
    const run = await runToEnd(
      tiny({ schedule, maxSteps: 10, maxGradNorm: 1e-3, optimizer: { type: 'sgd' } }),
    );
    const rates = run.steps.map(({ learningRate }) => learningRate);
    expect(rates.slice(0, 4)).toEqual([0.005, 0.01, 0.015, 0.02].map((rate) => expect.closeTo(rate, 12)));
    expect(rates.at(-1)).toBeGreaterThan(0.002);
    expect(rates.at(-1)).toBeLessThan(0.004);
    expect(Math.min(...run.steps.map(({ gradNorm }) => gradNorm))).toBeGreaterThan(0.05);
  });

  it('an SGD step has the length of the learning rate times the clipped norm', async () => {
    const model = tinyModel();
    const before = new Map(
      [...model.stateDict()].map(([name, { data }]) => [name, (data as Float32Array).slice()]),
    );
    const options = { schedule: 0.5, maxSteps: 1, maxGradNorm: 0.01, validation: undefined };
    await runToEnd(tiny({ model, optimizer: { type: 'sgd' }, ...options }));
    let squares = 0;
    for (const [name, { data }] of model.stateDict()) {
      (data as Float32Array).forEach((value, i) => (squares += (value - before.get(name)![i]) ** 2));
    }
    expect(Math.sqrt(squares)).toBeCloseTo(0.5 * 0.01, 5);
  });
});

it('makes no step in a folder whose run has ended', async () => {
  let folder = await newFolder();
  const first = await runToEnd(tiny({ folder }));
  folder = await reopen(folder);
  const again = await runToEnd(tiny({ folder, model: tinyModel('bigram', 99) }));
  expect(again.all.map(({ type }) => type)).toEqual(['start', 'done']);
  expect(again.done).toMatchObject({ reason: 'maxSteps', step: 12, best: first.done.best });
  await folder.close();
});

it('throws on windows longer than the context length', async () => {
  const train = slidingWindows(arraySource(tinyTokens(40)), 7);
  await expect(runToEnd(tiny({ model: tinyModel('attention'), train }))).rejects.toThrow(
    'train: windows of 7 tokens. Expected at most 6, the context length of the model.',
  );
});

it.each([
  [{ batchSize: 0 }, 'batchSize 0: expected a whole number of at least 1'],
  [{ gradientAccumulationSteps: 0 }, 'gradientAccumulationSteps: 0. Expected an integer of at least 1'],
  [{ maxGradNorm: -1 }, 'maxGradNorm: -1. Expected a number of at least 0'],
  [{ maxSteps: 1.5 }, 'maxSteps: 1.5. Expected an integer of at least 0'],
  [
    { order: 'random', maxEpochs: 2 },
    'maxEpochs: 2 in random order, which has no epochs. Expected maxSteps.',
  ],
  [{ order: 'random', evalEvery: 'epoch' }, "evalEvery: 'epoch' in random order, which has no epochs"],
  [{ evalEvery: 0 }, 'evalEvery: 0. Expected an integer of at least 1'],
  [{ evalEvery: 1, evalBatches: 0 }, 'evalBatches: 0. Expected an integer of at least 1'],
  [
    { evalEvery: 1, validation: undefined },
    'evalEvery: 1 without validation windows. Expected the option validation.',
  ],
  [
    { earlyStoppingPatience: 1, validation: undefined },
    'earlyStoppingPatience: 1 without validation windows',
  ],
  [{ earlyStoppingPatience: 0 }, 'earlyStoppingPatience: 0. Expected an integer of at least 1'],
  [{ maxStep: 3 } as Partial<TrainOptions>, 'maxStep: unknown option. Expected one of model, train,'],
  [{ batchsize: 3 } as Partial<TrainOptions>, 'Did you mean batchSize?'],
  [
    { schedule: undefined },
    "schedule: missing. Expected a learning rate, such as 0.001, or { type: 'cosine'",
  ],
  [
    { schedule: { type: 'constant', learningRate: 1, warmupSteps: 2 } as never },
    'warmupSteps: unknown option. Expected one of type, learningRate.',
  ],
  [{ optimizer: { type: 'adamw', beta: [0.9, 0.9] } as never }, 'Did you mean betas?'],
  [{ saveEverySteps: 0 }, 'saveEverySteps: 0. Expected an integer of at least 1'],
  [{ schedule: { type: 'cosine', learningRate: 1 }, maxSteps: undefined }, 'totalSteps: missing.'],
] as [Partial<TrainOptions>, string][])('throws on %j', async (options, message) => {
  await expect(runToEnd(tiny(options))).rejects.toThrow(message);
});
