// A run that is interrupted at any event and resumed equals an uninterrupted one bit for bit. For every engine, see
// resume-engines.test.ts.
import type { TokenSource } from '@lilformer/datasets';
import { openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from './options.js';
import {
  after,
  interrupted,
  logged,
  optionsOf,
  otherModel,
  RUNS,
  type Kind,
} from '../testing/interrupted.js';
import { newFolder, reopen, runToEnd, tinyModel, traces } from '../testing/tiny.js';
import { train } from './train.js';

describe('a run', () => {
  beforeAll(async () => {
    await openEngine();
  });

  describe.each(Object.keys(RUNS) as Kind[])('%s', (kind) => {
    it('is reproducible from its seed', async () => {
      const [a, b] = [await newFolder(), await newFolder()];
      const run = await runToEnd(optionsOf(kind, a));
      await runToEnd(optionsOf(kind, b));
      expect(await traces(b)).toEqual(await traces(a));
      // The run has what its name says.
      expect(run.done.reason).toBe(kind.includes('early stopping') ? 'earlyStopping' : 'maxSteps');
      if (kind.includes('plateau')) expect(run.steps.at(-1)!.learningRate).toBeLessThan(2);
      expect(run.evaluations.length).toBeGreaterThan(3);
    });

    it('equals an uninterrupted run when interrupted at any event', async () => {
      const wholeFolder = await newFolder();
      const whole = await runToEnd(optionsOf(kind, wholeFolder));
      const expected = await traces(wholeFolder);
      // Every event of the fastest model, every seventh of the others.
      const stride = kind.includes('dropout') ? 1 : 7;
      for (let event = 1 + ((whole.all.length - 2) % stride); event < whole.all.length; event += stride) {
        const { sessions, folder } = await interrupted(kind, [after(event)]);
        expect([event, logged(sessions)]).toEqual([event, logged([whole])]);
        expect([event, await traces(folder)]).toEqual([event, expected]);
        await folder.close();
      }
    });
  });
});

describe('a run of 20 steps, and one of 7 and 13', () => {
  beforeAll(async () => {
    await openEngine();
  });

  it('have the same losses', async () => {
    const kind = 'AdamW, cosine, accumulation, clipping';
    const whole = await runToEnd(optionsOf(kind, await newFolder()));
    const { sessions } = await interrupted(kind, [(event) => event.type === 'step' && event.step === 7]);
    expect(sessions.map(({ losses }) => losses.length)).toEqual([7, 13]);
    expect(sessions.flatMap(({ losses }) => losses)).toEqual(whole.losses);
    expect(sessions[1].all[0]).toMatchObject({ type: 'start', resumed: true, step: 7, warnings: [] });
  });
});

describe('interrupted during an evaluation', () => {
  beforeAll(async () => {
    await openEngine();
  });

  /** Calls `onRead` at every read of validation windows. */
  function listening(options: TrainOptions, onRead: () => void): TrainOptions {
    const { source } = options.validation!;
    const observed: TokenSource = {
      length: source.length,
      read: (offset, count) => (onRead(), source.read(offset, count)),
    };
    return { ...options, validation: { ...options.validation!, source: observed } };
  }

  it.each(Object.keys(RUNS) as Kind[])('%s: the evaluation is repeated', async (kind) => {
    const wholeFolder = await newFolder();
    const whole = await runToEnd(optionsOf(kind, wholeFolder));
    for (const read of [2, 30]) {
      let folder = await newFolder();
      const controller = new AbortController();
      let reads = 0;
      const options = listening(optionsOf(kind, folder, { signal: controller.signal }), () => {
        if (++reads === read) controller.abort();
      });
      const first = await runToEnd(options);
      expect(first.done.reason).toBe('interrupted');
      folder = await reopen(folder);
      const second = await runToEnd(optionsOf(kind, folder, { model: otherModel(kind) }));
      expect(logged([first, second])).toEqual(logged([whole]));
      expect(await traces(folder)).toEqual(await traces(wholeFolder));
    }
  });
});

describe('state and metrics', () => {
  const kind = 'AdamW, cosine, accumulation, clipping';
  beforeAll(async () => {
    await openEngine();
  });

  it('metrics after the saved state are replaced', async () => {
    const wholeFolder = await newFolder();
    await runToEnd(optionsOf(kind, wholeFolder));
    let folder = await newFolder();
    await runToEnd(optionsOf(kind, folder), (event) => event.type === 'step' && event.step === 5);
    // A killed process may have written these after its last save.
    folder.appendMetrics({ type: 'step', step: 6, loss: 99 });
    folder.appendMetrics({ type: 'evaluation', step: 6, validationLoss: 99 });
    folder = await reopen(folder);
    await runToEnd(optionsOf(kind, folder, { model: otherModel(kind) }));
    expect(await traces(folder)).toEqual(await traces(wholeFolder));
  });

  it('an evaluation that was logged but not saved is repeated, and not logged twice', async () => {
    const wholeFolder = await newFolder();
    await runToEnd(optionsOf(kind, wholeFolder));
    let folder = await newFolder();
    const controller = new AbortController();
    const options = optionsOf(kind, folder, { signal: controller.signal });
    for await (const event of train(options)) {
      // Stopped after step 6, before its evaluation, which a killed process may have logged.
      if (event.type === 'step' && event.step === 6) controller.abort();
    }
    expect((await folder.loadState())!.state.evaluationDue).toBe(true);
    const evaluation = (await wholeFolder.readMetrics()).find(
      ({ type, step }) => type === 'evaluation' && step === 6,
    )!;
    folder.appendMetrics(evaluation);
    folder = await reopen(folder);
    await runToEnd(optionsOf(kind, folder, { model: otherModel(kind) }));
    expect(await traces(folder)).toEqual(await traces(wholeFolder));
  });

  it('a folder without a state starts at step 0', async () => {
    const folder = await newFolder();
    folder.appendMetrics({ type: 'step', step: 2, loss: 99 });
    const run = await runToEnd(optionsOf(kind, await reopen(folder)));
    expect(run.all[0]).toMatchObject({ type: 'start', resumed: false, step: 0 });
    expect(run.losses.length).toBe(20);
  });

  it('a run can be extended', async () => {
    let folder = await newFolder();
    await runToEnd(optionsOf(kind, folder, { maxSteps: 4, schedule: 0.01 }));
    folder = await reopen(folder);
    const more = await runToEnd(optionsOf(kind, folder, { maxSteps: 9, schedule: 0.01 }));
    expect(more.steps.map(({ step }) => step)).toEqual([5, 6, 7, 8, 9]);
  });

  it('checkpoints are saved by steps and by time', async () => {
    const saves = async (every: Pick<TrainOptions, 'saveEvery' | 'saveEverySteps'>) => {
      const options = { ...every, validation: undefined, evalEvery: undefined };
      const { all } = await runToEnd(optionsOf(kind, await newFolder(), options));
      return all.filter(({ type }) => type === 'checkpoint').map(({ step }) => step);
    };
    expect(await saves({ saveEverySteps: 6, saveEvery: Infinity })).toEqual([0, 6, 12, 18, 20]);
    expect(await saves({ saveEvery: 0 })).toEqual(Array.from({ length: 21 }, (_, step) => step));
    expect(await saves({ saveEvery: Infinity })).toEqual([0, 20]);
  });

  it('without evaluation, the last weights are saved as the best', async () => {
    const folder = await newFolder();
    const options = optionsOf(kind, folder, { validation: undefined, evalEvery: undefined });
    await runToEnd(options);
    const best = (await folder.loadBest())!;
    expect(best.info).toEqual({ step: 20 });
    expect(best.tensors).toEqual(options.model.stateDict());
  });

  it('throws on options that do not fit the saved state', async () => {
    let folder = await newFolder();
    const schedule = { type: 'cosine', learningRate: 0.02 } as const;
    await runToEnd(optionsOf(kind, folder, { maxSteps: 2, schedule }));
    folder = await reopen(folder);
    const resume = (overrides: Partial<TrainOptions>) => runToEnd(optionsOf(kind, folder, overrides));
    await expect(resume({ optimizer: { type: 'sgd' } })).rejects.toThrow('trained with adamw. Expected sgd.');
    await expect(resume({ batchSize: 5 })).rejects.toThrow('the saved place in the data has batchSize 4');
    await expect(resume({ schedule: 0.1 })).rejects.toThrow('has a cosine schedule. Expected constant.');
    await expect(resume({ model: tinyModel('bigram') })).rejects.toThrow('state dict: does not fit BigramLM');
    await expect(resume({ seed: 'another' })).rejects.toThrow('the saved place in the data has seed');
    // The run can still be resumed.
    expect((await resume({})).done.step).toBe(20);
  });

  it.each([
    ['step', undefined, 'step in its state is missing. Expected an integer of at least 0.'],
    ['step', -1, 'step in its state is -1'],
    ['step', 1.5, 'step in its state is 1.5'],
    ['step', '2', 'step in its state is "2"'],
    ['tokens', null, 'tokens in its state is null'],
    ['elapsed', -1, 'elapsed in its state is -1'],
    ['batches', undefined, 'batches in its state is missing'],
    ['trainLoss', {}, 'trainLoss.sum in its state is missing'],
    ['earlyStopping', 3, 'earlyStopping.evaluationsWithoutImprovement in its state is missing'],
    ['dropout', { a: 0.5 }, 'dropout in its state is {"a":0.5}. Expected an object of counts.'],
    ['schedule', undefined, 'schedule in its state is missing'],
  ])('throws on a state whose %s is %j', async (field, value, message) => {
    let folder = await newFolder();
    await runToEnd(optionsOf(kind, folder, { maxSteps: 2, schedule: 0.01 }));
    const { tensors, state } = (await folder.loadState())!;
    await folder.saveState(tensors, { ...state, [field]: value });
    folder = await reopen(folder);
    const resumed = runToEnd(optionsOf(kind, folder, { maxSteps: 3, schedule: 0.01 }));
    await expect(resumed).rejects.toThrow(`${folder.path}: ${message}`);
  });

  it('warns of another engine', async () => {
    let folder = await newFolder();
    await runToEnd(optionsOf(kind, folder, { maxSteps: 2, schedule: 0.01 }));
    folder = await reopen(folder);
    const { name } = await openEngine();
    const other = name === 'cpu' ? 'wasm' : 'cpu';
    await openEngine({ engine: other });
    const [start] = (await runToEnd(optionsOf(kind, folder, { maxSteps: 3, schedule: 0.01 }))).all;
    expect(start).toMatchObject({
      warnings: [`engine was ${name} before and is ${other} now: losses will differ slightly`],
    });
    await openEngine({ engine: name });
  });

  it('warns of another precision', async () => {
    let folder = await newFolder();
    await runToEnd(optionsOf(kind, folder, { maxSteps: 2, schedule: 0.01 }));
    expect((await folder.loadState())!.state.precision).toBe('float32');
    folder = await reopen(folder);
    const backend = tf.backend() as { precision?: string };
    const before = backend.precision;
    try {
      backend.precision = 'bf16';
      const [start] = (await runToEnd(optionsOf(kind, folder, { maxSteps: 3, schedule: 0.01 }))).all;
      expect(start).toMatchObject({
        warnings: ['precision was float32 before and is bf16 now: losses will differ slightly'],
      });
      folder = await reopen(folder);
      const [again] = (await runToEnd(optionsOf(kind, folder, { maxSteps: 4, schedule: 0.01 }))).all;
      expect(again).toMatchObject({ warnings: [] });
    } finally {
      backend.precision = before;
    }
  });

  it('throws an error of saving once', async () => {
    const folder = await newFolder();
    const events = train(optionsOf(kind, folder));
    await events.next();
    await folder.close();
    await expect(events.next()).rejects.toThrow('open for reading only');
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });
});
