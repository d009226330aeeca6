export { Bf16Matrix, type Weight } from './bf16-matrix.js';
export { linear, linearReference } from './linear.js';
export { gelu, geluReference, geluTanh, geluTanhReference, relu, type Activation } from './activations.js';
export {
  embedding,
  embeddingReference,
  embeddingWithPositions,
  embeddingWithPositionsReference,
} from './embedding.js';
export { addLayerNorm, addLayerNormReference, layerNorm, layerNormReference } from './layer-norm.js';
export { addRmsNorm, addRmsNormReference, rmsNorm, rmsNormReference } from './rms-norm.js';
export { attention, attentionPacked, type AttentionOptions, type AttentionResult } from './attention.js';
export {
  appendToCache,
  cachedAttention,
  cachedAttentionReference,
  cacheOfRows,
  type CachedAttentionOptions,
} from './cached-attention.js';
export { attentionReference } from './attention-reference.js';
export { crossEntropy, crossEntropyReference, type CrossEntropyOptions } from './cross-entropy.js';
export {
  linearCrossEntropy,
  linearCrossEntropyReference,
  type LinearCrossEntropyOptions,
} from './linear-cross-entropy.js';
export { dropout, type DropoutMask } from './dropout.js';
export { residual, residualReference } from './residual.js';
export { stackRows, stackRowsReference } from './stack-rows.js';
export { dispatchToExperts, dispatchToExpertsReference, type Expert } from './experts.js';
export {
  adamStep,
  adamWStep,
  createAdamState,
  createSgdState,
  sgdStep,
  type AdamOptions,
  type AdamState,
  type Gradients,
  type SgdOptions,
  type SgdState,
} from './optimizers.js';
export { addGradients } from './add-gradients.js';
export { clipByGlobalNorm, type Clip } from './clip.js';
export { differentiable, type Gradient, type GradientOf, type Save } from './differentiable.js';
export { rnn, rnnReference, type RnnOptions } from './rnn.js';
export { gru, gruReference, type GruGates, type GruOptions, type GruResult } from './gru.js';
export type { RecurrentResult, RecurrentWeights } from './recurrent.js';
