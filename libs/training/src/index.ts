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
