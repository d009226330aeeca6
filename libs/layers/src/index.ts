export { Parameter, ConstantBuffer, withoutWeights } from './parameter.js';
export { Module } from './module.js';
export { fromFileOrder, storedShape } from './state-dict.js';
export type { TreeForm } from './tree.js';
export { Linear, type LinearOptions } from './linear.js';
export { Conv1D } from './conv1d.js';
export { keepAsBf16 } from './keep-as-bf16.js';
export { GELUActivation, NewGELUActivation, PytorchGELUTanh, Tanh } from './activation.js';
export { Embedding, embedWithPositions, positions, type EmbeddingOptions } from './embedding.js';
export { LayerNorm, RMSNorm } from './norms.js';
export {
  attend,
  attendTo,
  CausalSelfAttention,
  PackedSelfAttention,
  type AttendOptions,
} from './attention.js';
export { relativeBias, relativeBucket, type RelativePositions } from './relative-positions.js';
export { applyLayers, residual, type Layer } from './apply-layers.js';
export { FeedForward } from './feed-forward.js';
export { MixtureOfExperts } from './mixture-of-experts.js';
export { GELU, ReLU, Sequential } from './sequential.js';
export { Dropout } from './dropout.js';
export { futureMask, sinusoids, visibleMask } from './constants.js';
export { checkSize } from './sizes.js';
export { Cache } from './cache.js';
export { KeyValueCache, type CrossTokens } from './key-value-cache.js';
export { RecurrentState } from './recurrent-state.js';
export { GRUCell, type GRUStep } from './gru-cell.js';
export { Capture, type CapturedValue } from './capture.js';
export type { ForwardOptions, LayerOptions } from './forward-options.js';
export { RNN } from './rnn.js';
export { GRU } from './gru.js';
export {
  Recurrent,
  type RecurrentForwardOptions,
  type RecurrentOptions,
  type RecurrentOutput,
} from './recurrent.js';
