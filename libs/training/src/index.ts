export { train } from './train.js';
export type { TrainOptions } from './options.js';
export { evaluate, type Evaluation } from './evaluate.js';
export { NotFiniteError } from './not-finite.js';
export { createOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.js';
export { lossAndGradients } from './gradients.js';
export { createSchedule, type Schedule, type ScheduleOptions } from './schedules.js';
export { formatDuration, formatLoss, formatRate, progressLine } from './format.js';
export type {
  CheckpointEvent,
  DoneEvent,
  EvaluationEvent,
  StartEvent,
  StepEvent,
  TrainingEvent,
} from './events.js';
