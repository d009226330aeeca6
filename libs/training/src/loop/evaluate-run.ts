// One evaluation of a run, with its effects on schedule, early stopping and best weights.
import { batches, type Windows } from '@lilformer/datasets';
import { evaluate, type Evaluation } from '../evaluate.js';
import type { EvaluationEvent } from '../events.js';
import type { Run } from './run.js';

/**
 * Evaluates the run's model. Random batches depend on the seed and the step alone, so that an interrupted evaluation is
 * repeated with the same ones.
 *
 * @returns undefined when the run's signal interrupted it; the run is unchanged then
 * @throws NotFiniteError when the validation loss is not finite
 */
export async function evaluateRun(run: Run): Promise<EvaluationEvent | undefined> {
  const { model, train, validation, batchSize, evalBatches, seed, signal } = run.options;
  const over = (windows: Windows, split: string): Promise<Evaluation> =>
    evaluate(
      model,
      evalBatches === 'all'
        ? batches(windows, { batchSize, order: 'sequential' })
        : batches(windows, {
            batchSize,
            order: 'random',
            limit: evalBatches,
            seed: `${seed}/evaluation/${split}/${run.step}`,
          }),
      { signal },
    );

  let trainLoss: number | undefined;
  let validated: Evaluation;
  try {
    if (evalBatches !== 'all') trainLoss = (await over(train, 'train')).loss;
    else if (run.trainLoss.tokens > 0) trainLoss = run.trainLoss.sum / run.trainLoss.tokens;
    validated = await over(validation!, 'validation');
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }

  const { loss, perplexity } = validated;
  const learningRate = run.schedule.rate(Math.max(0, run.step - 1));
  run.checkFinite('validation loss', loss, learningRate);
  const best = run.earlyStopping.observe(run.step, loss);
  run.schedule.observe(loss);
  run.trainLoss = { sum: 0, tokens: 0 };
  run.evaluationDue = false;
  run.unsaved = true;
  if (best) await run.saveBest({ loss, perplexity });
  return {
    type: 'evaluation',
    ...run.position(),
    trainLoss,
    validationLoss: loss,
    perplexity,
    best,
    learningRate,
    elapsed: run.clock.elapsed,
  };
}
