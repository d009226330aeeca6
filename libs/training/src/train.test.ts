import { arraySource, batches, slidingWindows } from '@lilformer/datasets';
import { openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.js';
import { NotFiniteError } from './not-finite.js';
import type { TrainOptions } from './options.js';
import { newFolder, reopen, runToEnd, tinyModel, tinyTokens, tinyWindows } from './testing/tiny.js';
import { train } from './train.js';

beforeAll(async () => {
  await openEngine();
});

/** Options of a short run; the bigram has its best rate about here. */
function tiny(options: Partial<TrainOptions> = {}): TrainOptions {
  const { train, validation } = tinyWindows();
  return { model: tinyModel(), train, validation, batchSize: 8, schedule: 0.02, maxSteps: 12, ...options };
}

describe('learning', () => {
  it('one batch by heart', async () => {
    // One window of six different tokens: each says which one follows.
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

  it('what can be learned of a pattern, in training and validation', async () => {
    const source = arraySource(tinyTokens(4000));
    const validation = slidingWindows(arraySource(tinyTokens(400, 6)), 6);
    const run = await runToEnd(
      tiny({ train: slidingWindows(source, 6), validation, batchSize: 32, schedule: 0.05, maxSteps: 200 }),
    );
    // 0.8 + 0.2/13 go one up, 0.2/13 to each other token: the entropy of that is what can be reached.
    const other = 0.2 / 13;
    const entropy = -(0.8 + other) * Math.log(0.8 + other) - 12 * other * Math.log(other);
    const [{ validationLoss, perplexity }] = run.evaluations;
    expect(validationLoss).toBeGreaterThan(entropy - 0.15);
    expect(validationLoss).toBeLessThan(entropy + 0.25);
    expect(perplexity).toBe(Math.exp(validationLoss));
  });
});

describe('memory', () => {
  it('a thousand steps leave as many tensors as there were', async () => {
    const options = tiny({
      maxSteps: 1000,
      accumulate: 2,
      clipNorm: 1,
      evaluation: { every: 100, batches: 2 },
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

describe('the end', () => {
  it('after steps, or epochs, whichever comes first', async () => {
    const batchesPerEpoch = Math.ceil(tinyWindows().train.count / 8);
    const bySteps = await runToEnd(tiny({ maxSteps: 5, maxEpochs: 3 }));
    expect(bySteps.done).toMatchObject({ reason: 'steps', step: 5, totalSteps: 5, epoch: 1 });
    const byEpochs = await runToEnd(tiny({ maxSteps: 1000, maxEpochs: 3 }));
    expect(byEpochs.done).toMatchObject({ reason: 'epochs', step: 3 * batchesPerEpoch, epoch: 3 });
    expect(byEpochs.done.totalSteps).toBe(3 * batchesPerEpoch);
    expect(byEpochs.steps.map(({ epoch }) => epoch)).toEqual(
      [1, 2, 3].flatMap((epoch) => new Array<number>(batchesPerEpoch).fill(epoch)),
    );
    expect(byEpochs.evaluations.map(({ step, epoch }) => [step, epoch])).toEqual(
      [1, 2, 3].map((epoch) => [epoch * batchesPerEpoch, epoch]),
    );
  });

  it('an epoch sees every window once, and its last step takes what is left', async () => {
    const { train: windows } = tinyWindows();
    const run = await runToEnd(tiny({ maxSteps: undefined, maxEpochs: 2, accumulate: 4 }));
    const tokens = windows.count * windows.length;
    expect(run.done.tokens).toBe(2 * tokens);
    const last = run.steps.filter(({ epoch }) => epoch === 1).at(-1)!;
    expect(last.tokens).toBe(tokens);
    expect(last.step).toBe(Math.ceil(Math.ceil(windows.count / 8) / 4));
  });

  it('after patience, with the best weights given back', async () => {
    // A large rate on little text: the validation loss soon rises.
    const options = tiny({
      schedule: 0.3,
      maxSteps: 1000,
      evaluation: { every: 2 },
      patience: 3,
      restoreBest: true,
    });
    const run = await runToEnd(options);
    expect(run.done.reason).toBe('earlyStop');
    expect(run.evaluations.slice(-3).map(({ best }) => best)).toEqual([false, false, false]);
    const best = run.evaluations.at(-4)!;
    expect(best.best).toBe(true);
    expect(run.done.best).toEqual({ step: best.step, loss: best.validationLoss });
    const sequential = batches(options.validation!, { batchSize: 8, order: 'sequential' });
    expect((await evaluate(options.model, sequential)).loss).toBe(best.validationLoss);
  });

  it('when its consumer leaves, with the state saved', async () => {
    const folder = await newFolder();
    for await (const event of train(tiny({ folder }))) {
      if (event.type === 'step' && event.step === 4) break;
    }
    expect((await folder.loadState())!.state.step).toBe(4);
    await folder.close();
  });

  it('hears timers and signals between steps', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const run = await runToEnd(tiny({ maxSteps: 1_000_000, signal: controller.signal }));
    expect(run.done.reason).toBe('interrupted');
    expect(run.done.step).toBeGreaterThan(0);
  });
});

describe('evaluation', () => {
  it('of everything: the mean over all validation tokens, beside the mean of the steps', async () => {
    const options = tiny({ maxSteps: 4, evaluation: { every: 4 }, batchSize: 7 });
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

  it('of k random batches of both splits, before the first step and at the end as well', async () => {
    const run = await runToEnd(
      tiny({ order: 'random', maxSteps: 7, evaluation: { every: 3, batches: 2, atStart: true } }),
    );
    expect(run.evaluations.map(({ step }) => step)).toEqual([0, 3, 6, 7]);
    for (const { trainLoss, validationLoss } of run.evaluations) {
      expect(trainLoss).not.toBe(validationLoss);
      expect(trainLoss).toBeGreaterThan(0);
    }
    // Untrained, both are what guessing gives, up to the noise of the initial weights.
    expect(run.evaluations[0].trainLoss).toBeGreaterThan(Math.log(13) - 0.3);
  });

  it('lowers a plateau rate, counted in epochs', async () => {
    const schedule = { type: 'plateau', learningRate: 0.3, factor: 0.5, patience: 0 } as const;
    const run = await runToEnd(tiny({ maxSteps: undefined, maxEpochs: 12, schedule }));
    const rates = run.evaluations.map(({ learningRate }) => learningRate);
    for (let i = 1; i < rates.length; i++) {
      // What PyTorch's rule says of the losses the run told of.
      const best = Math.min(...run.evaluations.slice(0, i - 1).map(({ validationLoss }) => validationLoss));
      const stalled = i > 1 && !(run.evaluations[i - 1].validationLoss < best * (1 - 1e-4));
      expect([i, rates[i]]).toEqual([i, stalled ? rates[i - 1] / 2 : rates[i - 1]]);
    }
    expect(rates.at(-1)).toBeLessThan(0.3);
  });

  it('is in evaluation mode, and steps are in training mode', async () => {
    const model = tinyModel('dropout');
    const run = await runToEnd(tiny({ model, maxSteps: 3 }));
    const sequential = batches(tinyWindows().validation, { batchSize: 8, order: 'sequential' });
    expect((await evaluate(model, sequential)).loss).toBe(run.evaluations[0].validationLoss);
    expect(model.training).toBe(false);
  });
});

describe('a run that breaks down', () => {
  it('says where and what to try, and leaves the last good state on disk', async () => {
    const folder = await newFolder();
    // 100 000 times the good rate: the first update already throws the weights far off.
    const options = tiny({
      folder,
      schedule: 1e30,
      optimizer: { type: 'sgd' },
      checkpoint: { everySteps: 1 },
      evaluation: { every: 100, atStart: true },
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
      /^(loss|gradient norm) is (NaN|Infinity|-Infinity) at step \d+, with learning rate 1e\+30\./,
    );
    expect(message).toContain('Try a learning rate of 3e+29 or less, more warm-up steps, or clipping');
    expect(message).toContain(
      `The state of step ${step} is in ${folder.path}, the best weights so far, of step 0, in its model.safetensors.`,
    );
    for (const [name, { data }] of saved!.tensors) {
      if (name.startsWith('model.')) expect([...(data as Float32Array)].every(Number.isFinite)).toBe(true);
    }
    expect(tf.memory().numTensors).toBe(before);
    await folder.close();
  });
});

describe('the rate and the norm', () => {
  it('follow schedule and clipping', async () => {
    const schedule = { type: 'cosine', learningRate: 0.02, warmupSteps: 3 } as const;
    const run = await runToEnd(tiny({ schedule, maxSteps: 10, clipNorm: 1e-3, optimizer: { type: 'sgd' } }));
    const rates = run.steps.map(({ learningRate }) => learningRate);
    expect(rates.slice(0, 4)).toEqual([0.005, 0.01, 0.015, 0.02].map((rate) => expect.closeTo(rate, 12)));
    expect(rates.at(-1)).toBeGreaterThan(0.002);
    expect(rates.at(-1)).toBeLessThan(0.004);
    // What is told is the norm before clipping.
    expect(Math.min(...run.steps.map(({ gradNorm }) => gradNorm))).toBeGreaterThan(0.05);
  });

  it('an SGD step moves the weights by no more than rate times the norm it is clipped to', async () => {
    const model = tinyModel();
    const before = new Map(
      [...model.stateDict()].map(([name, { data }]) => [name, (data as Float32Array).slice()]),
    );
    const options = { schedule: 0.5, maxSteps: 1, clipNorm: 0.01, validation: undefined };
    await runToEnd(tiny({ model, optimizer: { type: 'sgd' }, ...options }));
    let squares = 0;
    for (const [name, { data }] of model.stateDict()) {
      (data as Float32Array).forEach((value, i) => (squares += (value - before.get(name)![i]) ** 2));
    }
    expect(Math.sqrt(squares)).toBeCloseTo(0.5 * 0.01, 5);
  });
});

it('passes over a folder that is finished already', async () => {
  let folder = await newFolder();
  const first = await runToEnd(tiny({ folder }));
  folder = await reopen(folder);
  const again = await runToEnd(tiny({ folder, model: tinyModel('bigram', 99) }));
  expect(again.all.map(({ type }) => type)).toEqual(['start', 'done']);
  expect(again.done).toMatchObject({ reason: 'steps', step: 12, best: first.done.best });
  await folder.close();
});

it('refuses windows that are longer than the context, before anything else', async () => {
  const train = slidingWindows(arraySource(tinyTokens(40)), 7);
  await expect(runToEnd(tiny({ model: tinyModel('attention'), train }))).rejects.toThrow(
    "train: windows of 7 tokens, expected at most 6, the model's context",
  );
});

it.each([
  [{ batchSize: 0 }, 'batchSize 0: expected a whole number of at least 1'],
  [{ accumulate: 0 }, 'accumulate 0: expected a whole number of at least 1'],
  [{ clipNorm: -1 }, 'clipNorm -1: expected a number above 0'],
  [{ maxSteps: 1.5 }, 'maxSteps 1.5: expected a whole number of at least 0'],
  [{ order: 'random', maxEpochs: 2 }, 'maxEpochs 2: random order has no epochs; give maxSteps instead'],
  [
    { order: 'random', evaluation: { every: 'epoch' } },
    "evaluation.every 'epoch': random order has no epochs",
  ],
  [{ evaluation: { every: 0 } }, 'evaluation.every 0: expected a whole number of at least 1'],
  [{ evaluation: { every: 1, batches: 0 } }, 'evaluation.batches 0: expected a whole number of at least 1'],
  [{ evaluation: { every: 1 }, validation: undefined }, 'evaluation: expected validation windows with it'],
  [{ patience: 1, validation: undefined }, 'patience 1: expected validation windows with it'],
  [{ patience: 0 }, 'patience 0: expected a whole number of at least 1'],
  [{ checkpoint: { everySteps: 0 } }, 'checkpoint.everySteps 0: expected a whole number of at least 1'],
  [{ schedule: { type: 'cosine', learningRate: 1 }, maxSteps: undefined }, 'totalSteps is missing'],
] as [Partial<TrainOptions>, string][])('refuses %j', async (options, message) => {
  await expect(runToEnd(tiny(options))).rejects.toThrow(message);
});
