export { differentiable } from './autograd/differentiable.js';
export { isRecording, tidy, withoutRecording } from './autograd/tape.js';
export { valueAndGradients } from './autograd/value-and-gradients.js';
export { engineNames } from './candidates.js';
export type { KernelsBackend } from './kernels-backend/backend.js';
export { kernelsBackend } from './kernels-backend/current.js';
export { openEngine, type Engine, type EngineOptions } from './open-engine.js';
export type { Precision } from './requested-options.js';
export { tf } from './tf.js';
