// A run that is interrupted, wherever, and resumed gives bit for bit what it gives uninterrupted. On every engine:
// resume-engines.test.ts.
import type { TokenSource } from '@lilformer/datasets';
import { openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from './options.js';
import { after, interrupted, optionsOf, otherModel, RUNS, told, type Kind } from './testing/interrupted.js';
import { newFolder, reopen, runToEnd, tinyModel, traces } from './testing/tiny.js';
import { train } from './train.js';

describe('a run', () => {
  beforeAll(async () => {
    await openEngine();
  });

  describe.each(Object.keys(RUNS) as Kind[])('%s', (kind) => {
    it('is the same run again from the same seed', async () => {
      const [a, b] = [await newFolder(), await newFolder()];
      const run = await runToEnd(optionsOf(kind, a));
      await runToEnd(optionsOf(kind, b));
      expect(await traces(b)).toEqual(await traces(a));
      // It has everything in it that its name promises.
      expect(run.done.reason).toBe(kind.includes('early stopping') ? 'earlyStop' : 'steps');
      if (kind.includes('plateau')) expect(run.steps.at(-1)!.learningRate).toBeLessThan(2);
      expect(run.evaluations.length).toBeGreaterThan(3);
    });

    it('interrupted at any event', async () => {
      const wholeFolder = await newFolder();
      const whole = await runToEnd(optionsOf(kind, wholeFolder));
      const expected = await traces(wholeFolder);
      // Every place where it costs little, some elsewhere: the loop is the same, the arithmetic is not.
      const stride = kind.includes('dropout') ? 1 : 7;
      for (let place = 1 + ((whole.all.length - 2) % stride); place < whole.all.length; place += stride) {
        const { sessions, folder } = await interrupted(kind, [after(place)]);
        expect([place, told(sessions)]).toEqual([place, told([whole])]);
        expect([place, await traces(folder)]).toEqual([place, expected]);
        await folder.close();
      }
    });
  });
});

describe('20 steps at a stretch, and 7 with 13', () => {
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

describe('in the middle of an evaluation', () => {
  beforeAll(async () => {
    await openEngine();
  });

  /** Validation windows that call out at every read. */
  function listening(options: TrainOptions, onRead: () => void): TrainOptions {
    const { source } = options.validation!;
    const loud: TokenSource = {
      length: source.length,
      read: (offset, count) => (onRead(), source.read(offset, count)),
    };
    return { ...options, validation: { ...options.validation!, source: loud } };
  }

  it.each(Object.keys(RUNS) as Kind[])('%s: it is made anew', async (kind) => {
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
      expect(told([first, second])).toEqual(told([whole]));
      expect(await traces(folder)).toEqual(await traces(wholeFolder));
    }
  });
});

describe('state and metrics', () => {
  const kind = 'AdamW, cosine, accumulation, clipping';
  beforeAll(async () => {
    await openEngine();
  });

  it('a metrics line beyond the saved state is written again, not twice', async () => {
    const wholeFolder = await newFolder();
    await runToEnd(optionsOf(kind, wholeFolder));
    let folder = await newFolder();
    await runToEnd(optionsOf(kind, folder), (event) => event.type === 'step' && event.step === 5);
    // What a killed process may have written after its last save.
    folder.appendMetrics({ type: 'step', step: 6, loss: 99 });
    folder.appendMetrics({ type: 'evaluation', step: 6, validationLoss: 99 });
    folder = await reopen(folder);
    await runToEnd(optionsOf(kind, folder, { model: otherModel(kind) }));
    expect(await traces(folder)).toEqual(await traces(wholeFolder));
  });

  it('an evaluation that was written down but not saved is made again, and not written down twice', async () => {
    const wholeFolder = await newFolder();
    await runToEnd(optionsOf(kind, wholeFolder));
    let folder = await newFolder();
    const controller = new AbortController();
    const options = optionsOf(kind, folder, { signal: controller.signal });
    for await (const event of train(options)) {
      // Stopped after step 6, before its evaluation, which a killed process may have told of.
      if (event.type === 'step' && event.step === 6) controller.abort();
    }
    expect((await folder.loadState())!.state.evaluationDue).toBe(true);
    const told = (await wholeFolder.readMetrics()).find(
      ({ type, step }) => type === 'evaluation' && step === 6,
    )!;
    folder.appendMetrics(told);
    folder = await reopen(folder);
    await runToEnd(optionsOf(kind, folder, { model: otherModel(kind) }));
    expect(await traces(folder)).toEqual(await traces(wholeFolder));
  });

  it('a folder without a state begins at the beginning', async () => {
    const folder = await newFolder();
    folder.appendMetrics({ type: 'step', step: 2, loss: 99 });
    const run = await runToEnd(optionsOf(kind, await reopen(folder)));
    expect(run.all[0]).toMatchObject({ type: 'start', resumed: false, step: 0 });
    expect(run.losses.length).toBe(20);
  });

  it('a run can be made longer', async () => {
    let folder = await newFolder();
    await runToEnd(optionsOf(kind, folder, { maxSteps: 4, schedule: 0.01 }));
    folder = await reopen(folder);
    const more = await runToEnd(optionsOf(kind, folder, { maxSteps: 9, schedule: 0.01 }));
    expect(more.steps.map(({ step }) => step)).toEqual([5, 6, 7, 8, 9]);
  });

  it('checkpoints come by steps and by time', async () => {
    const saves = async (checkpoint: TrainOptions['checkpoint']) => {
      const options = { checkpoint, evaluation: undefined, validation: undefined };
      const { all } = await runToEnd(optionsOf(kind, await newFolder(), options));
      return all.filter(({ type }) => type === 'checkpoint').map(({ step }) => step);
    };
    expect(await saves({ everySteps: 6, everySeconds: Infinity })).toEqual([0, 6, 12, 18, 20]);
    expect(await saves({ everySeconds: 0 })).toEqual(Array.from({ length: 21 }, (_, step) => step));
    expect(await saves({ everySeconds: Infinity })).toEqual([0, 20]);
  });

  it('without any evaluation, the last weights stand for the best', async () => {
    const folder = await newFolder();
    const options = optionsOf(kind, folder, { evaluation: undefined, validation: undefined });
    await runToEnd(options);
    const best = (await folder.loadBest())!;
    expect(best.info).toEqual({ step: 20 });
    expect(best.tensors).toEqual(options.model.stateDict());
  });

  it('what does not fit the saved state is refused, with advice', async () => {
    let folder = await newFolder();
    const schedule = { type: 'cosine', learningRate: 0.02 } as const;
    await runToEnd(optionsOf(kind, folder, { maxSteps: 2, schedule }));
    folder = await reopen(folder);
    const resume = (overrides: Partial<TrainOptions>) => runToEnd(optionsOf(kind, folder, overrides));
    await expect(resume({ optimizer: { type: 'sgd' } })).rejects.toThrow(
      'was trained with adamw, and sgd is',
    );
    await expect(resume({ batchSize: 5 })).rejects.toThrow('the saved place in the data has batchSize 4');
    await expect(resume({ schedule: 0.1 })).rejects.toThrow('has a cosine schedule and this one a constant');
    await expect(resume({ model: tinyModel('bigram') })).rejects.toThrow(
      'the state dict does not fit BigramLM',
    );
    await expect(resume({ seed: 'another' })).rejects.toThrow('the saved place in the data has seed');
    // After all that, it still goes on.
    expect((await resume({})).done.step).toBe(20);
  });

  it('another engine is warned of', async () => {
    let folder = await newFolder();
    await runToEnd(optionsOf(kind, folder, { maxSteps: 2, schedule: 0.01 }));
    folder = await reopen(folder);
    const { name } = await openEngine();
    const other = name === 'cpu' ? 'wasm' : 'cpu';
    await openEngine({ engine: other });
    const [start] = (await runToEnd(optionsOf(kind, folder, { maxSteps: 3, schedule: 0.01 }))).all;
    expect(start).toMatchObject({
      warnings: [`trained with engine ${name} before, ${other} now: the last digits will differ`],
    });
    await openEngine({ engine: name });
  });

  it('another precision is warned of', async () => {
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
        warnings: ['trained with products in float32 before, bf16 now: the losses will differ a little'],
      });
      folder = await reopen(folder);
      const [again] = (await runToEnd(optionsOf(kind, folder, { maxSteps: 4, schedule: 0.01 }))).all;
      expect(again).toMatchObject({ warnings: [] });
    } finally {
      backend.precision = before;
    }
  });

  it('an error while saving reaches the consumer, once', async () => {
    const folder = await newFolder();
    const events = train(optionsOf(kind, folder));
    await events.next();
    await folder.close();
    await expect(events.next()).rejects.toThrow('open for reading only');
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });
});
