export { tf } from './tf.js';
export { openEngine, type Engine, type EngineOptions } from './open-engine.js';
export { engineNames, type EngineName } from './candidates.js';
export type { Precision } from './wishes.js';
export { alias, inScope, isRecording, record, tidy, withoutRecording } from './tape.js';
export {
  isLastUseOf,
  valueAndGradients,
  type GradientOptions,
  type ValueAndGradients,
} from './value-and-gradients.js';
