export { train } from './loop/train.js';
export { checkMemory } from './loop/memory.js';
export type { TrainOptions } from './loop/options.js';
export { evaluate, type Evaluation } from './evaluate.js';
export { NotFiniteError } from './loop/not-finite.js';
export { createOptimizer, type Optimizer, type OptimizerOptions } from './optimization/optimizer.js';
export { lossAndGradients } from './optimization/gradients.js';
export { createSchedule, type Schedule, type ScheduleOptions } from './optimization/schedules.js';
export { formatDuration, formatLoss, formatRate, progressLine } from './format.js';
export type {
  CheckpointEvent,
  DoneEvent,
  EvaluationEvent,
  StartEvent,
  StepEvent,
  TrainingEvent,
} from './events.js';
