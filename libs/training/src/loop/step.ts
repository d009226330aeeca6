// One step of a run: its batches, their gradients, the update.
import type { Batch } from '@lilformer/datasets';
import { tf } from '@lilformer/engine';
import { clipByGlobalNorm } from '@lilformer/ops';
import type { StepEvent } from '../events.js';
import { lossAndGradients } from '../optimization/gradients.js';
import type { Run } from './run.js';

/**
 * Makes one update.
 * @throws NotFiniteError when loss or gradient norm is not finite; the weights are unchanged then
 */
export function takeStep(run: Run): StepEvent {
  const started = performance.now();
  const { model, maxGradNorm } = run.options;
  const learningRate = run.schedule.rate(run.step);
  const batches = nextBatches(run);
  const tokens = batches.reduce((sum, batch) => sum + batch.targets.length, 0);

  model.train();
  const { loss, gradients } = lossAndGradients(model, run.parameters, batches);
  let gradNorm: number;
  try {
    run.checkFinite('loss', loss, learningRate);
    const clip = clipByGlobalNorm([...gradients.values()], maxGradNorm);
    gradNorm = clip.norm;
    run.checkFinite('gradient norm', gradNorm, learningRate);
    run.optimizer.step(gradients, { learningRate, gradientScale: clip.scale });
  } finally {
    tf.dispose([...gradients.values()]);
  }

  run.step++;
  run.tokens += tokens;
  run.trainLoss = { sum: run.trainLoss.sum + loss * tokens, tokens: run.trainLoss.tokens + tokens };
  run.unsaved = true;
  const { clock, totalSteps } = run;
  clock.step(tokens, (performance.now() - started) / 1000);
  return {
    type: 'step',
    ...run.position(),
    loss,
    learningRate,
    gradNorm,
    tokens: run.tokens,
    tokensPerSecond: clock.tokensPerSecond,
    elapsed: clock.elapsed,
    eta: totalSteps === undefined ? undefined : clock.eta(Math.max(0, totalSteps - run.step)),
  };
}

/** The batches of the next step, all of the same epoch. */
function nextBatches({ batches, options }: Run): Batch[] {
  const { epoch } = batches;
  const taken: Batch[] = [];
  while (taken.length < options.gradientAccumulationSteps && batches.epoch === epoch) {
    const next = batches.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}
