export { tf } from './tf.js';
export { openEngine, type Engine, type EngineOptions } from './open-engine.js';
export type { EngineName } from './candidates.js';
export { alias, inScope, isRecording, record, withoutRecording } from './tape.js';
export {
  isLastUseOf,
  valueAndGradients,
  type GradientOptions,
  type ValueAndGradients,
} from './value-and-gradients.js';
