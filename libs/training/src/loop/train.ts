// The training loop. The state of a run is in run.ts, one step in step.ts, one evaluation in evaluate-run.ts.
import { yieldToEventLoop } from '@lilformer/engine';
import { evaluateRun } from './evaluate-run.js';
import type { DoneEvent, TrainingEvent } from '../events.js';
import { checkMemory } from './memory.js';
import { checkOptions, type TrainOptions } from './options.js';
import { Run } from './run.js';
import { takeStep } from './step.js';

/**
 * Trains a model and yields an event for every step, evaluation and checkpoint.
 *
 * With a folder that holds a state the run resumes from it; losses and weights are bit for bit those of an uninterrupted
 * run on the same engine, with any number of threads. Leaving the `for await` loop early saves the state, as aborting
 * the signal does. Afterwards the model is in evaluation mode, and no tensors are left behind.
 *
 * @throws TypeError naming an unknown or missing option; RangeError naming one that is out of range, or a batch that does not fit into memory
 * @throws NotFiniteError when the loss or the gradients are not finite; the folder keeps the last finite state
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainingEvent, void, undefined> {
  const checked = checkOptions(options);
  checkMemory(checked.model, checked);
  const run = new Run(checked);
  const { model, folder, validation, signal, evalEvery, saveEvery, saveEverySteps, logEvery } = run.options;
  let over = false;
  try {
    const resumed = await run.restore();
    let alreadyLogged = resumed && (await evaluationIsLogged(run));
    const parameters = model.parameterCount();
    yield { type: 'start', ...run.position(), resumed, parameters, warnings: run.warnings };
    if (!resumed) yield* checkpoint(run);

    let reason: DoneEvent['reason'] | undefined;
    for (;;) {
      if (run.evaluationDue) {
        const event = await evaluateRun(run);
        if (event === undefined) {
          reason = 'interrupted';
          break;
        }
        if (!alreadyLogged) folder?.appendMetrics({ ...event });
        alreadyLogged = false;
        yield event;
        yield* checkpoint(run);
      }
      reason = run.endReason() ?? (signal?.aborted ? 'interrupted' : undefined);
      if (reason !== undefined) break;
      await yieldToEventLoop();

      const event = takeStep(run);
      if (event.step % logEvery === 0) folder?.appendMetrics({ ...event });
      run.evaluationDue = validation !== undefined && (run.atEvaluation(evalEvery) || !!run.endReason());
      yield event;
      if (run.step % saveEverySteps === 0 || run.secondsUnsaved >= saveEvery) yield* checkpoint(run);
    }
    yield* checkpoint(run);
    if (run.options.restoreBest && reason !== 'interrupted') await run.loadBest();
    over = true;
    const { tokens, clock, earlyStopping } = run;
    const { best } = earlyStopping;
    yield { type: 'done', reason, ...run.position(), tokens, best, elapsed: clock.elapsed };
  } catch (error) {
    over = true;
    throw error;
  } finally {
    model.eval();
    // The consumer left the loop at a `yield`, where the state is consistent.
    if (!over && run.unsaved) await run.save();
  }
}

/** Saves the run if it has a folder and has changed. */
async function* checkpoint(run: Run): AsyncGenerator<TrainingEvent, void, undefined> {
  const { folder } = run.options;
  if (!folder || !run.unsaved) return;
  await run.save();
  yield { type: 'checkpoint', ...run.position(), path: folder.path, elapsed: run.clock.elapsed };
}

/** A kill between logging an evaluation and the save after it leaves a state for which that evaluation is still due. */
async function evaluationIsLogged(run: Run): Promise<boolean> {
  if (!run.evaluationDue) return false;
  const last = (await run.options.folder!.readMetrics()).at(-1);
  return last?.type === 'evaluation' && last.step === run.step;
}
