// Gradient clipping by global norm.
import type { tf } from '@lilformer/engine';
import { dispatch, memoryOf } from '../support/kernels.js';
import type { Gradients } from './optimizers.js';

/** The global norm of gradients before clipping, and the factor for each of them. */
export interface Clip {
  norm: number;
  /** min(1, maxNorm / (norm + 1e-6)); NaN if the norm is not a number. */
  scale: number;
}

/**
 * Computes the global 2-norm of gradients and the factor that limits it to `maxNorm` (Pascanu et al., arXiv:1211.5063).
 *
 * Unlike PyTorch's `clip_grad_norm_` it leaves the gradients unchanged: pass `scale` to the optimizer's step as
 * `gradientScale`, which saves a pass over them.
 *
 * @throws Error unless maxNorm is above 0 (Infinity measures without clipping).
 */
export function clipByGlobalNorm(gradients: Gradients, maxNorm: number): Clip {
  if (!(maxNorm > 0)) throw new Error(`clipByGlobalNorm: maxNorm ${maxNorm}, expected a number above 0`);
  const present = gradients.filter((gradient): gradient is tf.Tensor => Boolean(gradient));
  const norm = Math.sqrt(sumOfSquares(present));
  return { norm, scale: Math.min(1, maxNorm / (norm + 1e-6)) };
}

function sumOfSquares(tensors: readonly tf.Tensor[]): number {
  return dispatch(
    (kernels) => kernels.sumOfSquares({ arrays: tensors.map(memoryOf) }),
    () => {
      let squares = 0;
      for (const tensor of tensors) for (const value of tensor.dataSync()) squares += value * value;
      return squares;
    },
  );
}
