// The training loop: the order in which things happen. What a run is made of is in options.ts, its
// state in run.ts, one step in step.ts, one evaluation in evaluate-run.ts. Leaves out printing,
// plotting and stopping: consumers of the events do that.
import { breathe } from './breathe.js';
import { evaluateRun } from './evaluate-run.js';
import type { DoneReason, TrainingEvent } from './events.js';
import { checkOptions, type TrainOptions } from './options.js';
import { Run } from './run.js';
import { takeStep } from './step.js';

/**
 * Trains a model, telling of every step, evaluation and checkpoint as it goes.
 *
 * With a folder that holds a state already, the run goes on from there, and its losses and weights are
 * bit for bit those of a run that was never interrupted (on the same engine with the same number of
 * threads). Leaving the `for await` loop early ends the run as its signal does, with its state saved.
 * Afterwards the model is in evaluation mode, and no tensor has been left behind.
 *
 * @throws RangeError naming an option that is out of range
 * @throws NotFiniteError when the loss or the gradients are no longer finite; the folder's state is
 *   the last good one
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainingEvent, void, undefined> {
  const settings = checkOptions(options);
  const { model, folder, evaluation, signal, checkpoint, logEvery } = settings;
  const run = new Run(settings);
  let over = false;
  try {
    const resumed = await run.restore();
    let alreadyTold = resumed && (await lastEvaluationWasTold(run));
    const parameters = model.parameterCount();
    yield { type: 'start', ...run.at(), resumed, parameters, warnings: run.warnings };
    if (!resumed) yield* saved(run);

    let reason: DoneReason | undefined;
    for (;;) {
      if (run.evaluationDue) {
        const event = await evaluateRun(run);
        if (event === undefined) {
          reason = 'interrupted';
          break;
        }
        if (!alreadyTold) folder?.appendMetrics({ ...event });
        alreadyTold = false;
        yield event;
        yield* saved(run);
      }
      reason = run.ending() ?? (signal?.aborted ? 'interrupted' : undefined);
      if (reason !== undefined) break;
      await breathe();

      const event = takeStep(run);
      if (event.step % logEvery === 0) folder?.appendMetrics({ ...event });
      run.evaluationDue = evaluation !== undefined && (run.atEvaluation(evaluation.every) || !!run.ending());
      yield event;
      if (run.step % checkpoint.everySteps === 0 || run.secondsUnsaved >= checkpoint.everySeconds) {
        yield* saved(run);
      }
    }
    yield* saved(run);
    if (settings.restoreBest && reason !== 'interrupted') await run.loadBest();
    over = true;
    const { tokens, clock, best } = run;
    yield { type: 'done', reason, ...run.at(), tokens, best: best.best, elapsed: clock.elapsed };
  } catch (error) {
    over = true;
    throw error;
  } finally {
    model.eval();
    // Not over, and yet here: the consumer left at a `yield`, where the state is whole.
    if (!over && run.unsaved) await run.save();
  }
}

/** Saves the run, if there is a place and something new to save, and tells of it. */
async function* saved(run: Run): AsyncGenerator<TrainingEvent, void, undefined> {
  const { folder } = run.settings;
  if (!folder || !run.unsaved) return;
  await run.save();
  yield { type: 'checkpoint', ...run.at(), path: folder.path, elapsed: run.clock.elapsed };
}

/**
 * A kill between the line of an evaluation and the save after it leaves a state for which that
 * evaluation is still due, and would have it in the metrics twice.
 */
async function lastEvaluationWasTold(run: Run): Promise<boolean> {
  if (!run.evaluationDue) return false;
  const last = (await run.settings.folder!.readMetrics()).at(-1);
  return last?.type === 'evaluation' && last.step === run.step;
}
