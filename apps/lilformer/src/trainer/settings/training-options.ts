// Options of the libraries from the settings of a run.
import type { createTokenizer, makeWindows, openCorpus, Windows } from '@lilformer/datasets';
import type { OptimizerOptions, ScheduleOptions, TrainOptions } from '@lilformer/training';
import type { Settings } from './settings.js';

/** Options of `openCorpus`, without the folder of relative paths. */
export function corpusOptions(settings: Settings): Parameters<typeof openCorpus>[0] {
  const { data, valid, split, separator, field, maxChars, storyBytes, seed } = settings;
  return { data, valid, split, separator, field, maxChars, storyBytes, seed };
}

/** Options of `createTokenizer`, without the folder of relative paths. */
export function tokenizerOptions({
  tokenizer,
  vocabSize = 0,
  unkToken,
}: Settings): Parameters<typeof createTokenizer>[0] {
  return { tokenizer, vocabSize, unkToken };
}

/** Options of `makeWindows`. */
export function windowOptions(settings: Settings): Parameters<typeof makeWindows>[0] {
  const { contextLength, windows, split, splitBy, evalBatches } = settings;
  return { contextLength, windows, split, splitBy, evalBatches };
}

/** All options of `train` but the model, the folder and the signal. */
export function trainingOptions(
  settings: Settings,
  windows: { train: Windows; validation: Windows },
): Omit<TrainOptions, 'model'> {
  const { batchSize, gradientAccumulationSteps, maxGradNorm, seed } = settings;
  const { evalEvery, evalAtStart, saveEvery, logEvery } = settings;
  return {
    ...windows,
    ...{ batchSize, gradientAccumulationSteps, maxGradNorm, seed },
    ...{ evalEvery, evalAtStart, saveEvery, logEvery },
    order: settings.windows === 'random' ? 'random' : 'shuffled',
    // As the loaders of character models do; sliding windows keep the last, incomplete batch.
    dropLast: settings.windows === 'chunks',
    evalBatches: settings.evalBatches || 'all',
    earlyStoppingPatience: settings.earlyStoppingPatience || undefined,
    maxSteps: settings.maxSteps || undefined,
    maxEpochs: settings.maxEpochs || undefined,
    optimizer: optimizer(settings),
    schedule: schedule(settings, windows.train.count),
  };
}

function optimizer({ optimizer: type, weightDecay, momentum }: Settings): OptimizerOptions {
  return type === 'sgd' ? { type, momentum, weightDecay } : { type, weightDecay };
}

function schedule(settings: Settings, windows: number): ScheduleOptions {
  const { schedule: type, learningRate, plateauFactor: factor, plateauPatience: patience } = settings;
  const minLearningRate = settings.minLearningRate ?? (type === 'plateau' ? 0 : learningRate / 10);
  if (type === 'constant') return { type, learningRate };
  if (type === 'plateau') return { type, learningRate, minLearningRate, factor, patience };
  const { maxSteps, maxEpochs, batchSize, gradientAccumulationSteps } = settings;
  const epochSteps = Math.ceil(windows / (batchSize * gradientAccumulationSteps));
  const steps = Math.min(maxSteps || Infinity, maxEpochs * epochSteps || Infinity);
  const warmupSteps = settings.warmupSteps ?? Math.min(50, Math.floor(steps / 10));
  return { type, learningRate, minLearningRate, warmupSteps };
}
