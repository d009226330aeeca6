// From settings to what the training loop takes.
import type { Windows } from '@lilformer/datasets';
import type { OptimizerSettings, ScheduleSettings, TrainOptions } from '@lilformer/training';
import type { Settings } from './settings.js';

/** Everything `train` takes but the model, the folder and the signal. */
export function trainingOptions(
  settings: Settings,
  windows: { train: Windows; validation: Windows },
): Omit<TrainOptions, 'model'> {
  const { maxSteps, epochs, patience, clip, evalBatches } = settings;
  return {
    ...windows,
    batchSize: settings.batchSize,
    order: settings.windows === 'random' ? 'random' : 'shuffled',
    // Chunks leave out a partial batch, as a character model's loader does; sliding windows keep it.
    dropLast: settings.windows === 'chunks',
    accumulate: settings.accumulate,
    optimizer: optimizer(settings),
    schedule: schedule(settings),
    clipNorm: clip > 0 ? clip : undefined,
    evaluation: {
      every: settings.evalEvery,
      batches: evalBatches > 0 ? evalBatches : 'all',
      atStart: settings.evalAtStart === 'yes',
    },
    patience: patience > 0 ? patience : undefined,
    maxSteps: maxSteps > 0 ? maxSteps : undefined,
    maxEpochs: epochs > 0 ? epochs : undefined,
    seed: settings.seed,
    checkpoint: { everySeconds: settings.saveEvery },
    logEvery: settings.logEvery,
  };
}

function optimizer({ optimizer, weightDecay, momentum }: Settings): OptimizerSettings {
  return optimizer === 'sgd' ? { type: 'sgd', momentum, weightDecay } : { type: optimizer, weightDecay };
}

function schedule(settings: Settings): ScheduleSettings {
  const { lr: learningRate, minLr: minLearningRate, warmup: warmupSteps } = settings;
  switch (settings.schedule) {
    case 'constant':
      return { type: 'constant', learningRate };
    case 'linear':
      return { type: 'linear', learningRate, minLearningRate, warmupSteps };
    case 'cosine':
      return { type: 'cosine', learningRate, minLearningRate, warmupSteps };
    case 'plateau':
      return {
        type: 'plateau',
        learningRate,
        minLearningRate,
        factor: settings.plateauFactor,
        patience: settings.plateauPatience,
      };
  }
}
