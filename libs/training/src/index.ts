export { train } from './train.js';
export type { CheckpointOptions, EvaluationOptions, TrainOptions } from './options.js';
export { evaluate } from './evaluate.js';
export type { Evaluation } from './evaluate.js';
export { NotFiniteError } from './not-finite.js';
export { createOptimizer } from './optimizer.js';
export type {
  AdamSettings,
  AdamWSettings,
  Decay,
  Optimizer,
  OptimizerSettings,
  SgdSettings,
} from './optimizer.js';
export { lossAndGradients } from './gradients.js';
export type { StepGradients } from './gradients.js';
export { createSchedule } from './schedules.js';
export type {
  ConstantSettings,
  CosineSettings,
  LinearSettings,
  Schedule,
  ScheduleSettings,
  ScheduleState,
} from './schedules.js';
export type { PlateauSettings, PlateauState } from './plateau.js';
export { BestSoFar } from './early-stopping.js';
export type { BestState } from './early-stopping.js';
export { formatDuration, formatLoss, formatRate, progressLine } from './format.js';
export type {
  CheckpointEvent,
  DoneEvent,
  DoneReason,
  EvaluationEvent,
  StartEvent,
  StepEvent,
  TrainingEvent,
} from './events.js';
