// One evaluation of a run, and what follows from it: the schedule, the patience and the best weights.
import { batches, type Windows } from '@lilformer/datasets';
import { evaluate, type Evaluation } from './evaluate.js';
import type { EvaluationEvent } from './events.js';
import type { Run } from './run.js';

/**
 * Evaluates the run's model and lets schedule and patience know.
 *
 * Random batches depend on the seed and the step alone, so that an evaluation that was cut short is
 * made again with the same ones.
 *
 * @returns undefined when the run's signal cut it short; nothing has changed then
 * @throws NotFiniteError when the validation loss is not finite
 */
export async function evaluateRun(run: Run): Promise<EvaluationEvent | undefined> {
  const { model, train, validation, batchSize, evaluation, seed, signal } = run.settings;
  const count = evaluation?.batches ?? 'all';
  const over = (windows: Windows, split: string): Promise<Evaluation> =>
    evaluate(
      model,
      count === 'all'
        ? batches(windows, { batchSize, order: 'sequential' })
        : batches(windows, {
            batchSize,
            order: 'random',
            limit: count,
            seed: `${seed}/evaluation/${split}/${run.step}`,
          }),
      { signal },
    );

  let trainLoss: number | undefined;
  let validated: Evaluation;
  try {
    if (count !== 'all') trainLoss = (await over(train, 'train')).loss;
    else if (run.trainLoss.tokens > 0) trainLoss = run.trainLoss.sum / run.trainLoss.tokens;
    validated = await over(validation!, 'validation');
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }

  const { loss, perplexity } = validated;
  const learningRate = run.schedule.rate(Math.max(0, run.step - 1));
  run.checkFinite('validation loss', loss, learningRate);
  const best = run.best.observe(run.step, loss);
  run.schedule.observe(loss);
  run.trainLoss = { sum: 0, tokens: 0 };
  run.evaluationDue = false;
  run.unsaved = true;
  if (best) await run.saveBest({ loss, perplexity });
  return {
    type: 'evaluation',
    ...run.at(),
    trainLoss,
    validationLoss: loss,
    perplexity,
    best,
    learningRate,
    elapsed: run.clock.elapsed,
  };
}
